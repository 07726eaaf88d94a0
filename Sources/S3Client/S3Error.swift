package import S3Authorization

/// Why a call to S3 did not do what it should: for the log and for decisions, never as it is for a client.
package enum S3Error: Error, Sendable, Equatable {
    /// S3 said no, and no other case says it better.
    case refused(Refusal)
    case unreachable(Unreachable)
    /// One try's limit or the whole deadline; what was asked may have happened all the same.
    case timedOut
    /// An answer that is not what S3 says, whole: after a write, what was asked may have happened all the same.
    case badAnswer(String)
    case answerTooLarge
    /// Never followed; with the bucket's region where S3 names it.
    case redirected(region: ByteString?)
    /// `If-Match`, `If-None-Match` or a copy's condition does not hold.
    ///
    /// After a try whose end is not known this may be the work of that very try: read the object to find out.
    case preconditionFailed
    /// `NoSuchKey`, `NoSuchBucket`, `NoSuchUpload`; empty where S3 did not say, as for HEAD.
    case notFound(code: ByteString)
    /// Another write of the same key was under way, and still is after all tries.
    case conflict
    case credentials(CredentialsError)
    /// What the caller asked for cannot be a request: an empty bucket, a control byte in a header.
    case unsendable(S3Request.Invalid)

    package struct Refusal: Sendable, Equatable {
        package var status: Int
        /// Empty where S3 did not say, as for HEAD.
        package var code: ByteString
        /// At most 256 bytes, printable.
        package var message: ByteString
        package var requestID: ByteString
        /// The region that S3 expected, where it says so.
        package var region: ByteString?

        package init(
            status: Int, code: ByteString = "", message: ByteString = "", requestID: ByteString = "",
            region: ByteString? = nil
        ) {
            self.status = status
            self.code = code
            self.message = message
            self.requestID = requestID
            self.region = region
        }
    }

    package enum Unreachable: Sendable, Equatable {
        /// libcurl is missing.
        case library(String)
        /// No such host, or nobody listens there.
        case connection(String)
        /// TLS failed or the certificate is not trusted.
        case certificate(String)
        /// The connection broke: what was asked may have happened all the same.
        case interrupted(String)
    }
}

extension S3Error {
    init(_ error: TransportError) {
        switch error {
        case .library(let text): self = .unreachable(.library(text))
        case .unreachable(let text): self = .unreachable(.connection(text))
        case .untrusted(let text): self = .unreachable(.certificate(text))
        case .interrupted(let text): self = .unreachable(.interrupted(text))
        case .timedOut: self = .timedOut
        case .badAnswer(let text): self = .badAnswer(text)
        case .answerTooLarge: self = .answerTooLarge
        }
    }

    /// Whether the same call may well succeed a moment later.
    package var isTransient: Bool {
        switch self {
        case .refused(let refusal):
            [429, 500, 502, 503, 504].contains(refusal.status) || Self.transientCodes.contains(refusal.code)
        case .unreachable(.connection), .unreachable(.interrupted), .timedOut, .badAnswer, .conflict: true
        default: false
        }
    }

    /// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList
    private static let transientCodes: Set<ByteString> = [
        "InternalError", "SlowDown", "ServiceUnavailable", "RequestTimeout", "Throttling", "ThrottlingException",
        "TooManyRequests", "Busy",
    ]
}

extension S3Error: CustomStringConvertible {
    /// One line for the log.
    package var description: String { text(of: "S3") }

    /// The same of another service, by its name.
    package func text(of service: String) -> String {
        switch self {
        case .refused(let refusal):
            "\(service) answers \(refusal.status) \(refusal.code.isEmpty ? "without a code" : refusal.code.description)"
                + (refusal.message.isEmpty ? "" : ": \(refusal.message)")
                + (refusal.region.map { ", it expects region \($0)" } ?? "")
                + (refusal.requestID.isEmpty ? "" : " (request \(refusal.requestID))")
        case .unreachable(.library(let text)): "libcurl: \(text)"
        case .unreachable(.connection(let text)): "\(service) cannot be reached: \(text)"
        case .unreachable(.certificate(let text)): "\(service) is not trusted: \(text)"
        case .unreachable(.interrupted(let text)): "the connection to \(service) broke: \(text)"
        case .timedOut: "\(service) does not answer in time"
        case .badAnswer(let text): "\(service)'s answer is none: \(text)"
        case .answerTooLarge: "\(service)'s answer is too large"
        case .redirected(let region):
            "\(service) redirects elsewhere" + (region.map { ": the bucket is in region \($0)" } ?? "")
        case .preconditionFailed: "the object is not as the condition wants it"
        case .notFound(let code): "\(service) has no such thing" + (code.isEmpty ? "" : ": \(code)")
        case .conflict: "another write of the same key is under way"
        case .credentials(let error): "no credentials: \(error)"
        case .unsendable(let error): "the request cannot be sent: \(error)"
        }
    }
}
