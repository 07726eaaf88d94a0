package import S3Authorization

/// What S3 knows of an object without its bytes.
package struct ObjectHead: Sendable, Equatable {
    package var size: Int64
    package var etag: ETag
    package var contentType: ByteString?
    /// The `x-amz-meta-…` headers: names in lower case, without that prefix.
    package var metadata: [HeaderField]
    /// Nil where it is missing or unreadable.
    package var lastModified: SigningTime?
    package var versionID: ByteString?
    /// `x-amz-server-side-encryption`; with a key of KMS the tag is no MD5.
    package var encryption: ByteString?
}

extension S3Client {
    /// Asks for an object's size, type, tag and metadata.
    ///
    /// HEAD's failures have no body. Where one says too little, a GET of one byte is asked for the reason, unless
    /// `explains` is false. https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
    package func head(
        _ object: ObjectLocation, explains: Bool = true, until deadline: Deadline
    ) throws(S3Error) -> ObjectHead {
        do {
            return try plainHead(object, until: deadline)
        } catch {
            guard explains, error.isSilent else { throw error }
            if let reason = explain(error, of: object, until: deadline) { throw reason }
            // GET may read it, so what refused the HEAD is mended by now: credentials or the clock.
            return try plainHead(object, until: deadline)
        }
    }

    /// The reason for a HEAD's failure, as a GET of one byte tells it; nil where that GET succeeds.
    package func explain(_ failure: S3Error, of object: ObjectLocation, until deadline: Deadline) -> S3Error? {
        do {
            _ = try get(object, range: ByteRange(first: 0, count: 1), limit: 65_536, until: deadline)
            return nil
        } catch {
            switch error {
            // About the GET itself, not about the object.
            case .unreachable, .timedOut, .badAnswer, .answerTooLarge, .unsendable: return failure
            default: return error
            }
        }
    }

    private func plainHead(_ object: ObjectLocation, until deadline: Deadline) throws(S3Error) -> ObjectHead {
        let call = Call(operation: .headObject, method: "HEAD", location: object)
        return try perform(call, until: deadline) { answer throws(S3Error) in
            guard let length = answer.header("content-length").flatMap(DecimalDigits.value),
                let size = Int64(exactly: length)
            else { throw .badAnswer("no Content-Length") }
            guard let etag = answer.header("etag").flatMap(ETag.init(parsing:)) else { throw .badAnswer("no ETag") }
            return ObjectHead(
                size: size, etag: etag, contentType: answer.header("content-type"), metadata: answer.metadata,
                lastModified: answer.header("last-modified").flatMap { try? SigningTime(parsing: $0, as: .http) },
                versionID: answer.header("x-amz-version-id"), encryption: answer.header("x-amz-server-side-encryption"))
        }
    }
}

extension S3Error {
    /// A failure as HEAD has it, with a status and no code.
    fileprivate var isSilent: Bool {
        switch self {
        case .refused(let refusal): refusal.code.isEmpty && (400...499).contains(refusal.status)
        case .notFound(let code): code.isEmpty
        case .redirected: true
        default: false
        }
    }
}

extension HTTPAnswer {
    var metadata: [HeaderField] {
        headers.filter { $0.name.begins(with: "x-amz-meta-") }.map { HeaderField($0.name.dropFirst(11), $0.value) }
    }
}
