/// Carries one request out and its answer back, once: no retry, no redirect, no proxy.
package protocol Transport: Sendable {
    func exchange(_ request: HTTPRequest, until deadline: Deadline) throws(TransportError) -> HTTPAnswer
}

/// Why there is no whole answer; the texts are libcurl's, for the log.
package enum TransportError: Error, Sendable, Equatable {
    /// libcurl cannot be loaded or refused an option.
    case library(String)
    /// No such host, or nobody listens there.
    case unreachable(String)
    /// The other side's certificate is not what it must be, or TLS failed otherwise.
    case untrusted(String)
    /// The connection broke before the answer's head was there: whether the request took effect is not known.
    case interrupted(String)
    case timedOut
    /// Not HTTP, or cut short.
    case badAnswer(String)
    /// A head over 64 KiB or a body over the request's limit.
    case answerTooLarge
}
