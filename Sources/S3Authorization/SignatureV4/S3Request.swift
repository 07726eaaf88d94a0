/// A request to S3 before it is signed: plain data, which gives no right to a signature.
package struct S3Request: Sendable, Equatable {
    package enum Invalid: Error, Equatable {
        /// A method that is not upper-case letters.
        case method
        /// The bucket's name is empty.
        case bucket
        /// No header has such a name, or the signature itself brings this one.
        case headerName(ByteString)
        /// A control byte in the value of the header named.
        case headerValue(ByteString)
        /// The signature itself brings this query parameter.
        case query(ByteString)
    }

    package let method: ByteString
    package let endpoint: Endpoint
    package let addressing: Addressing
    package let bucket: ByteString
    /// As it is, not encoded; empty for the bucket itself.
    package let key: ByteString
    package let query: [QueryParameter]
    /// All headers that are to be signed, without `Host` and those that the signature brings.
    package let headers: [HeaderField]

    package init(
        method: ByteString, endpoint: Endpoint, addressing: Addressing, bucket: ByteString, key: ByteString,
        query: [QueryParameter] = [], headers: [HeaderField] = []
    ) throws(Invalid) {
        guard !method.isEmpty, method.bytes.allSatisfy({ UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 }) else {
            throw .method
        }
        guard !bucket.isEmpty else { throw .bucket }
        for header in headers {
            let name = header.lowercasedName
            guard Self.isToken(name), !Self.reservedHeaders.contains(name) else { throw .headerName(header.name) }
            guard header.value.bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }) else {
                throw .headerValue(header.name)
            }
        }
        for parameter in query where Self.reservedParameters.contains(parameter.name) {
            throw .query(parameter.name)
        }
        self.method = method
        self.endpoint = endpoint
        self.addressing = addressing
        self.bucket = bucket
        self.key = key
        self.query = query
        self.headers = headers
    }

    /// The value of the `Host` header.
    package var host: ByteString { endpoint.host(bucket: bucket, addressing: addressing) }

    /// The encoded path of the request line.
    package var path: ByteString { endpoint.path(bucket: bucket, key: key, addressing: addressing) }

    /// The URL with `query`, which is already encoded.
    func url(query: ByteString) -> ByteString {
        var output = Array(endpoint.url(bucket: bucket, key: key, addressing: addressing).bytes)
        if !query.isEmpty {
            output.append(UInt8(ascii: "?"))
            output.append(contentsOf: query.bytes)
        }
        return ByteString(output)
    }

    private static let reservedHeaders: Set<ByteString> = [
        "host", "authorization", "date", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token",
    ]

    private static let reservedParameters: Set<ByteString> = [
        "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders",
        "X-Amz-Security-Token", "X-Amz-Signature", "AWSAccessKeyId", "Expires", "Signature",
    ]

    /// https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2, for names in lower case
    private static func isToken(_ name: ByteString) -> Bool {
        !name.isEmpty && name.bytes.allSatisfy { Endpoint.isAlphanumeric($0) || "!#$%&'*+-.^_`|~".utf8.contains($0) }
    }
}
