/// How much, how long and how many: what one peer can cost the process.
package struct Limits: Sendable, Equatable {
    /// Bytes of a request's body.
    package var body = 64 * 1024
    /// Bytes of a request's name-value pairs, their lengths included.
    package var parameters = 64 * 1024
    /// From the first byte of a request to its last.
    package var request: Duration = .seconds(10)
    /// From the first byte of an answer to its last.
    package var answer: Duration = .seconds(30)
    /// How long a kept connection may lie idle.
    package var idle: Duration = .seconds(90)
    /// Connections open at once; less where the process may not open as many descriptors.
    package var connections = 1024
    /// How long a drain waits for what is in flight.
    package var grace: Duration = .seconds(30)
    /// From when on a handler that has not come back counts as hung.
    package var hang: Duration = .seconds(80)

    /// How long one request may hold up the others before another thread looks after them.
    package var lead: Duration = .milliseconds(2)

    package init() {}
}
