/// The URLs that the parts of one upload may be PUT to: only the part's number differs, so all the rest is made once.
///
/// Each is to the byte what `OwnRequest` would presign. https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html
package struct PartURLs: Sendable {
    package enum Invalid: Error, Equatable {
        /// The bucket or the upload's id is empty.
        case upload
    }

    /// The canonical request up to the number, hashed, and what follows the upload's id in it.
    private let request: (start: SHA256Prefix, end: [UInt8])
    /// The URL up to the number, and after it up to the signature.
    private let url: (start: [UInt8], end: [UInt8])
    private let key: HMACSHA256Key

    /// With `length`, a part of that many bytes is signed, and no other is accepted.
    package init(
        bucket: ByteString, key: ByteString, uploadID: ByteString, length: UInt64? = nil, endpoint: Endpoint,
        addressing: Addressing, signer: Signer, time: SigningTime, lifetime: PresignedQuery.Lifetime
    ) throws(Invalid) {
        guard !bucket.isEmpty, !key.isEmpty, !uploadID.isEmpty else { throw .upload }
        var fields = [HeaderField("host", endpoint.host(bucket: bucket, addressing: addressing))]
        if let length { fields.append(HeaderField("content-length", ByteString("\(length)"))) }
        let headers = CanonicalHeaders(fields)
        // In the order of bytes every X-Amz-… stands before partNumber, and that before uploadId.
        let query = CanonicalQuery(
            PresignedQuery.parameters(signedHeaders: headers.names, signer: signer, time: time, lifetime: lifetime))
        let path = CanonicalPath(endpoint.path(bucket: bucket, key: key, addressing: addressing))
        let number = query.text.bytes + Array("&partNumber=".utf8)
        request.start = SHA256Prefix(Array("PUT\n".utf8) + path.text.bytes + Array("\n".utf8) + number)
        request.end =
            Array("\n".utf8) + headers.lines.bytes + Array("\n".utf8) + headers.names.bytes
            + Array("\n".utf8) + PayloadHash.unsigned.text.bytes
        let object = endpoint.url(bucket: bucket, key: key, addressing: addressing)
        url.start = Array(object.bytes) + Array("?".utf8) + number
        url.end = Array("&uploadId=".utf8) + Array(PercentEncoding.encode(uploadID).bytes)
        self.key = signer.key(at: time).key(time: time)
    }

    /// The URL of a part, whose number is 1 to 10,000.
    package func url(ofPart number: Int) -> ByteString {
        var output: [UInt8] = []
        output.reserveCapacity(url.start.count + 5 + url.end.count + Self.signature.utf8CodeUnitCount + 64)
        output += url.start
        Self.append(number, to: &output)
        output += url.end
        // What follows the start of the URL is in the canonical request too.
        let digest = request.start.digest(
            goingOnWith: output.span.extracting(droppingFirst: url.start.count), request.end.span)
        let code = key.code(for: Hexadecimal.digits(of: digest).span)
        unsafe output.append(
            contentsOf: UnsafeBufferPointer(
                start: Self.signature.utf8Start, count: Self.signature.utf8CodeUnitCount))
        unsafe Hexadecimal.digits(of: code).span.withUnsafeBufferPointer { unsafe output.append(contentsOf: $0) }
        return ByteString(output)
    }

    private static let signature: StaticString = "&X-Amz-Signature="

    private static func append(_ number: Int, to output: inout [UInt8]) {
        if number >= 10 { append(number / 10, to: &output) }
        output.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number % 10))
    }
}
