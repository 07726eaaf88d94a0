/// A request of a multipart upload in types, every one of its values checked; its text is written from them alone.
struct MultipartRequest: Sendable {
    enum Version: Sendable {
        /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html#ConstructingTheAuthenticationHeader>
        case v2(bucket: ByteString, contentType: ByteString)
        /// <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html#canonical-request>
        case v4(CredentialScope, payloadHash: ByteString)
    }

    let operation: MultipartOperation
    let key: ByteString
    let spelling: KeySpelling
    /// The time of `x-amz-date`.
    let time: SigningTime
    /// All that are signed, names in lower case and in order, each once, values without needless white space.
    let headers: [HeaderField]
    let version: Version

    /// The text as a client sends it here: version 2's string to sign; version 4's, with the canonical request in place
    /// of its hash.
    var text: MultipartText {
        var output: [UInt8] = []
        output.reserveCapacity(1024)
        switch version {
        case .v2(let bucket, let contentType):
            Self.append(operation.method, to: &output)
            output.append(contentsOf: "\n\n".utf8)
            output.append(contentsOf: contentType.bytes)
            output.append(contentsOf: "\n\n".utf8)
            appendHeaders(to: &output)
            output.append(UInt8(ascii: "/"))
            output.append(contentsOf: bucket.bytes)
            output.append(UInt8(ascii: "/"))
            spelling.append(key, to: &output)
            output.append(UInt8(ascii: "?"))
            operation.append(to: &output, version: .v2)
            return MultipartText(bytes: output, canonicalStart: 0)
        case .v4(let scope, let payloadHash):
            output.append(contentsOf: StringToSign.algorithm.bytes)
            output.append(UInt8(ascii: "\n"))
            time.append(.basic, to: &output)
            output.append(UInt8(ascii: "\n"))
            scope.append(to: &output)
            output.append(UInt8(ascii: "\n"))
            let start = output.count
            Self.append(operation.method, to: &output)
            output.append(contentsOf: "\n/".utf8)
            spelling.append(key, to: &output)
            output.append(UInt8(ascii: "\n"))
            operation.append(to: &output, version: .v4)
            output.append(UInt8(ascii: "\n"))
            appendHeaders(to: &output)
            output.append(UInt8(ascii: "\n"))
            appendNames(to: &output)
            output.append(UInt8(ascii: "\n"))
            output.append(contentsOf: payloadHash.bytes)
            return MultipartText(bytes: output, canonicalStart: start)
        }
    }

    private static func append(_ literal: StaticString, to output: inout [UInt8]) {
        unsafe output.append(
            contentsOf: UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }

    private func appendHeaders(to output: inout [UInt8]) {
        for header in headers {
            output.append(contentsOf: header.name.bytes)
            output.append(UInt8(ascii: ":"))
            output.append(contentsOf: header.value.bytes)
            output.append(UInt8(ascii: "\n"))
        }
    }

    private func appendNames(to output: inout [UInt8]) {
        for (index, header) in headers.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ";")) }
            output.append(contentsOf: header.name.bytes)
        }
    }
}

/// The text of a request, written once.
struct MultipartText: Sendable {
    let bytes: [UInt8]
    /// Where what S3 rebuilds begins; version 4 has three lines before it.
    let canonicalStart: Int

    var whole: ByteString { ByteString(bytes) }
    var canonical: ByteString { ByteString(bytes[canonicalStart...]) }
}
