package import S3Authorization

/// Some bytes of an object, from `first` on.
package struct ByteRange: Sendable, Hashable {
    package let first: Int64
    /// At least 1.
    package let count: Int64

    package init(first: Int64, count: Int64) {
        self.first = max(0, first)
        self.count = max(1, count)
    }

    /// As https://www.rfc-editor.org/rfc/rfc9110#section-14.1.2 writes it: `bytes=0-4095`.
    var text: ByteString {
        let (last, overflow) = first.addingReportingOverflow(count - 1)
        return ByteString("bytes=\(first)-\(overflow ? .max : last)")
    }
}

/// What was read of an object.
package struct ObjectBytes: Sendable, Equatable {
    package var bytes: [UInt8]
    /// Nil only for the first bytes of an object that has none.
    package var etag: ETag?
    package var contentType: ByteString?
    package var metadata: [HeaderField]
    package var versionID: ByteString?
}

extension S3Client {
    /// Reads an object or a range of it, at most `limit` bytes: one that is larger is `answerTooLarge`.
    ///
    /// The first bytes of an empty object are none. https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    package func get(
        _ object: ObjectLocation, range: ByteRange? = nil, ifMatch etag: ETag? = nil, limit: Int,
        until deadline: Deadline
    ) throws(S3Error) -> ObjectBytes {
        var call = Call(operation: .getObject, method: "GET", location: object)
        if let range { call.headers.append(HeaderField("Range", range.text)) }
        if let etag { call.headers.append(HeaderField("If-Match", etag.text)) }
        // What refuses must be readable even where nothing else is wanted.
        call.limit = max(limit, 16_384)
        do {
            return try perform(call, until: deadline) { answer throws(S3Error) in
                guard answer.header("content-length") != nil || answer.header("transfer-encoding") != nil else {
                    throw .badAnswer("no length")
                }
                guard answer.status == (range == nil ? 200 : 206) || answer.status == 200 else {
                    throw .badAnswer("status \(answer.status)")
                }
                guard answer.body.count <= limit else { throw .answerTooLarge }
                guard let etag = answer.header("etag").flatMap(ETag.init(parsing:)) else { throw .badAnswer("no ETag") }
                return ObjectBytes(
                    bytes: answer.body, etag: etag, contentType: answer.header("content-type"),
                    metadata: answer.metadata, versionID: answer.header("x-amz-version-id"))
            }
        } catch {
            if case .refused(let refusal) = error, refusal.status == 416, range?.first == 0 {
                return ObjectBytes(bytes: [], etag: nil, contentType: nil, metadata: [], versionID: nil)
            }
            throw error
        }
    }
}
