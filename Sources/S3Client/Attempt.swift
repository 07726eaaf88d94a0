package import S3Authorization

/// One try of one call, for the log and the metrics: nothing of it may reach a client.
package struct Attempt: Sendable, Equatable {
    package let operation: Operation
    /// From 1.
    package let number: Int
    /// Microseconds that it took.
    package let duration: Int64
    /// Nil where no answer came.
    package let status: Int?
    package let requestID: ByteString?
    /// Nil where it succeeded.
    package let failure: S3Error?
}

/// The calls that we make, by S3's names.
package enum Operation: String, Sendable, CaseIterable {
    case headObject = "HeadObject"
    case getObject = "GetObject"
    case putObject = "PutObject"
    case copyObject = "CopyObject"
    case deleteObject = "DeleteObject"
    case listObjects = "ListObjectsV2"
    case createMultipartUpload = "CreateMultipartUpload"
    case uploadPartCopy = "UploadPartCopy"
    case listParts = "ListParts"
    case listMultipartUploads = "ListMultipartUploads"
    case completeMultipartUpload = "CompleteMultipartUpload"
    case abortMultipartUpload = "AbortMultipartUpload"
    case getBucketCORS = "GetBucketCors"
    case putBucketCORS = "PutBucketCors"
    case getBucketLifecycle = "GetBucketLifecycleConfiguration"
    case putBucketLifecycle = "PutBucketLifecycleConfiguration"
    /// STS's.
    case assumeRole = "AssumeRole"
}
