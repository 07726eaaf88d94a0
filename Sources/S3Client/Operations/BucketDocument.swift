package import S3Authorization

/// A setting of a bucket that S3 keeps as one XML document.
package enum BucketDocument: Sendable, Hashable {
    /// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketCors.html
    case cors
    /// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLifecycleConfiguration.html
    case lifecycle

    fileprivate var parameter: QueryParameter {
        switch self {
        case .cors: QueryParameter("cors")
        case .lifecycle: QueryParameter("lifecycle")
        }
    }
}

extension S3Client {
    /// Reads a bucket's document; nil where it has none.
    package func get(
        _ document: BucketDocument, of bucket: ByteString, until deadline: Deadline
    ) throws(S3Error) -> XMLElement? {
        let operation: Operation = document == .cors ? .getBucketCORS : .getBucketLifecycle
        let location = ObjectLocation(bucket: bucket, key: "")
        var call = Call(operation: operation, method: "GET", location: location)
        call.query = [document.parameter]
        call.limit = 1 << 20
        do {
            return try perform(call, until: deadline) { answer throws(S3Error) in
                try answer.root(document == .cors ? "CORSConfiguration" : "LifecycleConfiguration")
            }
        } catch {
            guard case .notFound(let code) = error, !code.is("NoSuchBucket") else { throw error }
            return nil
        }
    }

    /// Replaces a bucket's document by this XML.
    package func put(
        _ document: BucketDocument, _ xml: [UInt8], of bucket: ByteString, until deadline: Deadline
    ) throws(S3Error) {
        let operation: Operation = document == .cors ? .putBucketCORS : .putBucketLifecycle
        let location = ObjectLocation(bucket: bucket, key: "")
        var call = Call(operation: operation, method: "PUT", location: location)
        call.query = [document.parameter]
        call.headers = [
            HeaderField("Content-Type", "application/xml"),
            HeaderField("Content-MD5", Base64.encode(MD5.digest(of: xml))),
        ]
        call.body = xml
        try perform(call, until: deadline) { _ throws(S3Error) in }
    }
}
