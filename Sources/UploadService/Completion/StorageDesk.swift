package import S3Authorization
package import S3Client

/// The trusted side: where completed uploads go, under which names, and who is told.
package struct StorageDesk: Sendable {
    /// Reads the uploads bucket, and reads and writes the storage bucket.
    package var client: S3Client
    package var uploads: ByteString
    package var bucket: ByteString
    package var template: StorageKeyTemplate
    /// The prefix of the claim objects, with its slash.
    package var claims: ByteString
    /// What every stored object gets beside its type, name and metadata: ACL, storage class, encryption.
    package var headers: [HeaderField] = []
    /// From this size on an object is copied in parts; in bytes.
    package var partCopyThreshold: Int64 = 256 << 20
    package var hook: SiteHook?
    /// Signs receipts; nil where none are given.
    package var receipt: Receipt?
    /// Looks into uploads; nil where no profile wants it.
    package var inspector: Inspector?
    /// Milliseconds for one request, all calls to S3 and the hook included.
    package var deadline: Int64 = 50_000
    package var permits: Permits
    package let conditionalWrites = ConditionalWrites()

    package init(
        client: S3Client, uploads: ByteString, bucket: ByteString, template: StorageKeyTemplate, claims: ByteString,
        permits: Permits
    ) {
        self.client = client
        self.uploads = uploads
        self.bucket = bucket
        self.template = template
        self.claims = claims
        self.permits = permits
    }
}
