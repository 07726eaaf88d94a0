package import S3Authorization

/// What may stand in the way of a write.
package enum WriteCondition: Sendable, Hashable {
    case none
    /// `If-None-Match: *`: nothing has this key yet.
    case absent
    /// `If-Match`: the object is still this one.
    case unchanged(ETag)

    /// The tag goes without quotes: S3 takes both forms, Ceph RGW only this one.
    var headers: [HeaderField] {
        switch self {
        case .none: []
        case .absent: [HeaderField("If-None-Match", "*")]
        case .unchanged(let etag): [HeaderField("If-Match", etag.text)]
        }
    }
}

/// What S3 says of an object that it has written.
package struct WrittenObject: Sendable, Equatable {
    package var etag: ETag
    package var versionID: ByteString?
}

extension S3Client {
    /// Writes a small object whole.
    ///
    /// `preconditionFailed` may follow a try whose end is not known and that did write: then the object that is there is
    /// ours, and only reading it can tell. https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
    package func put(
        _ object: ObjectLocation, body: [UInt8], contentType: ByteString, condition: WriteCondition = .none,
        headers: [HeaderField] = [], until deadline: Deadline
    ) throws(S3Error) -> WrittenObject {
        var call = Call(operation: .putObject, method: "PUT", location: object)
        call.headers = [HeaderField("Content-Type", contentType)] + condition.headers + headers
        call.body = body
        return try perform(call, until: deadline) { answer throws(S3Error) in
            guard let etag = answer.header("etag").flatMap(ETag.init(parsing:)) else { throw .badAnswer("no ETag") }
            return WrittenObject(etag: etag, versionID: answer.header("x-amz-version-id"))
        }
    }

    /// Deletes an object; one that is not there counts as deleted.
    ///
    /// https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html
    package func delete(_ object: ObjectLocation, until deadline: Deadline) throws(S3Error) {
        do {
            try perform(
                Call(operation: .deleteObject, method: "DELETE", location: object), until: deadline
            ) { _ throws(S3Error) in }
        } catch {
            guard error == .notFound(code: "NoSuchKey") else { throw error }
        }
    }
}
