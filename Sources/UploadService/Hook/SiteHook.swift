/// The site's hook, when it is called, and what calling it takes.
package struct SiteHook: Sendable {
    package var hook: any Hook
    /// Whether it is also asked before something is signed or copied.
    package var asksFirst = false
    /// The client's headers that it gets to see.
    package var forwardedHeaders = ForwardedHeaders([])
    /// Milliseconds for one request, this call included.
    package var deadline: Int64 = 50_000
    /// Those of the calls to S3: slow answers of either keep no sign waiting.
    package var permits: Permits
    /// Where calls wait for a site that is down; nil where the client is to repeat its request.
    package var outbox: Outbox?

    /// Whether nothing goes on without it.
    var isNeeded: Bool { asksFirst || outbox?.accepts != true }

    package init(_ hook: any Hook, permits: Permits) {
        self.hook = hook
        self.permits = permits
    }
}
