/// The URLs that the parts of one upload may be PUT to: only the part's number differs, so all the rest is made once.
///
/// Each is to the byte what `OwnRequest` would presign. https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html
package struct PartURLs: Sendable {
    package enum Invalid: Error, Equatable {
        /// The bucket or the upload's id is empty.
        case upload
    }

    /// What stands before the number, and after it, in the canonical request.
    private let canonical: (head: [UInt8], tail: [UInt8])
    /// What stands before the number, and after it, in the URL, up to the signature.
    private let url: (head: [UInt8], tail: [UInt8])
    private let key: SigningKey
    private let time: SigningTime
    private let scope: CredentialScope

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
        let head = Array(query.text.bytes) + Array("&partNumber=".utf8)
        let tail = Array("&uploadId=".utf8) + Array(PercentEncoding.encode(uploadID).bytes)
        canonical.head = Array("PUT\n".utf8) + path.text.bytes + Array("\n".utf8) + head
        canonical.tail =
            tail + Array("\n".utf8) + headers.lines.bytes + Array("\n".utf8) + headers.names.bytes
            + Array("\n".utf8) + PayloadHash.unsigned.text.bytes
        let object = endpoint.url(bucket: bucket, key: key, addressing: addressing)
        url.head = Array(object.bytes) + Array("?".utf8) + head
        url.tail = tail + Array("&X-Amz-Signature=".utf8)
        self.key = signer.key(at: time)
        self.time = time
        scope = signer.scope(at: time)
    }

    /// The URL of a part, whose number is 1 to 10,000.
    package func url(ofPart number: Int) -> ByteString {
        let digits = Array(String(number).utf8)
        var request: [UInt8] = []
        request.reserveCapacity(canonical.head.count + digits.count + canonical.tail.count)
        request += canonical.head
        request += digits
        request += canonical.tail
        let signature = key.signature(
            of: StringToSign(canonicalRequest: ByteString(request), time: time, scope: scope))
        var output: [UInt8] = []
        output.reserveCapacity(url.head.count + digits.count + url.tail.count + signature.count)
        output += url.head
        output += digits
        output += url.tail
        output += signature.bytes
        return ByteString(output)
    }
}
