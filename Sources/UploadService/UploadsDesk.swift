package import S3Client

/// The untrusted side: what our own calls to the uploads bucket need, and how its keys are made.
package struct UploadsDesk: Sendable {
    /// Signs with the uploads key, and calls S3 where we, not browsers, reach it.
    package var client: S3Client
    /// Makes the keys that we choose; begins with `{user}/`.
    package var template: StorageKeyTemplate
    /// Seconds that a ticket is good.
    package var ticketLifetime: Int64 = 604_800
    /// Milliseconds for one request, all calls to S3 and the hook included.
    package var deadline: Int64 = 50_000
    /// The same as those of completion.
    package var permits: Permits

    package init(client: S3Client, template: StorageKeyTemplate, permits: Permits) {
        self.client = client
        self.template = template
        self.permits = permits
    }
}
