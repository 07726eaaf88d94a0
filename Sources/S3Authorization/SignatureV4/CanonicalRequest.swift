/// A request in the one spelling that client and S3 both arrive at.
///
/// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html#canonical-request
struct CanonicalRequest: Sendable, Equatable {
    let text: ByteString

    init(
        method: ByteString, path: CanonicalPath, query: CanonicalQuery, headers: CanonicalHeaders,
        payloadHash: PayloadHash
    ) {
        var output: [UInt8] = []
        output.reserveCapacity(512)
        for line in [method, path.text, query.text, headers.lines, headers.names] {
            output.append(contentsOf: line.bytes)
            output.append(UInt8(ascii: "\n"))
        }
        output.append(contentsOf: payloadHash.text.bytes)
        text = ByteString(output)
    }
}
