/// Why a request is answered without its handler.
package enum Refusal: Error, Equatable, Sendable {
    case malformed(Malformation)
    case bodyTooLarge(limit: Int)
    case parametersTooLarge(limit: Int)
    case lengthRequired
    case timedOut

    /// The status that RFC 9110, section 15.5, gives to it, <https://www.rfc-editor.org/rfc/rfc9110#section-15.5>.
    package var status: Int {
        switch self {
        case .malformed: 400
        case .timedOut: 408
        case .lengthRequired: 411
        case .bodyTooLarge: 413
        case .parametersTooLarge: 431
        }
    }
}

/// What is wrong with a request that came whole.
package enum Malformation: Error, Equatable, Sendable {
    case parameterName
    case nulInParameter
    case unreadableParameters
    case noMethod
    case methodNotToken
    case contradiction(String)
    case contentLength
    case bodyShorter(declared: Int, received: Int)
    case bodyLonger(declared: Int, received: Int)
}

/// What happened to a connection that got no answer, or to a worker; for the log.
package enum Event: Equatable, Sendable {
    /// Not a FastCGI record where one must begin.
    case notFastCGI
    /// A record out of place, of a wrong length, or of a type that only a responder sends.
    case brokenRecord
    /// A role other than responder, told so.
    case unsupportedRole(Int)
    /// The peer ended the connection, or the request, before the request was whole.
    case cutOff
    /// The request was not whole at its deadline, and not enough of it was there to answer.
    case timedOut
    /// More management records than a web server would send.
    case managementFlood
    /// The answer could not be written in time, or the peer had gone.
    case answerLost
    /// A new connection could not be taken, for want of descriptors.
    case exhausted
    /// A handler has not come back for so many seconds.
    case workerHung(Int)
}
