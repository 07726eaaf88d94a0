internal import FastCGI
internal import S3Authorization
internal import S3Client

/// Why a request is refused, for whoever sent it: never holds a secret.
struct RequestError: Error, Equatable {
    struct Detail: Equatable {
        let place: ByteString
        let message: String
    }

    let status: Int
    /// Stable, for programs.
    let code: StaticString
    /// For people.
    let message: String
    /// What is wrong with which field, where that can be said.
    var details: [Detail] = []
    var headers: [Response.Header] = []
    /// What lies behind it, in words that are not for clients: for the log.
    var cause: String?

    static func == (left: RequestError, right: RequestError) -> Bool {
        left.status == right.status && left.message == right.message && left.details == right.details
    }
}

extension RequestError {
    static var loginRequired: RequestError {
        RequestError(status: 403, code: "login_required", message: "Log in before uploading")
    }

    static var notFound: RequestError {
        RequestError(status: 404, code: "not_found", message: "There is nothing at this URL")
    }

    static func methodNotAllowed(allowed: String) -> RequestError {
        RequestError(
            status: 405, code: "method_not_allowed", message: "This URL takes \(allowed)",
            headers: [.init("Allow", allowed)])
    }

    static var foreignOrigin: RequestError {
        RequestError(status: 403, code: "foreign_origin", message: "Pages of another site may not do this")
    }

    static var unsupportedMediaType: RequestError {
        RequestError(
            status: 415, code: "unsupported_media_type",
            message: "The request should have Content-Type: application/json")
    }

    static func bodyTooLarge(limit: Int) -> RequestError {
        RequestError(
            status: 413, code: "body_too_large", message: "The request body should have at most \(limit) bytes")
    }

    /// What is good JSON, and no object, is not told of by its first byte.
    static func malformedJSON(_ error: JSONError, in body: [UInt8]) -> RequestError {
        RequestError(
            status: 400, code: "malformed_json",
            message: JSONReader.isValue(body) ? "The body should be a JSON object" : "Malformed JSON: \(error)")
    }

    static func unusableUserName(_ reason: KeyPrefix.Invalid) -> RequestError {
        let problem =
            switch reason {
            case .empty: "is empty"
            case .dotSegment: "is a dot segment"
            case .controlCharacter: "has a control character"
            case .notUTF8: "is not UTF-8"
            case .tooLong: "has more than 256 bytes"
            }
        let message = "This user name can't have uploads of its own: it \(problem)"
        return RequestError(status: 403, code: "unusable_user_name", message: message)
    }

    static func unknownProfile(_ name: ByteString) -> RequestError {
        RequestError(
            status: 500, code: "unknown_profile",
            message:
                "The web server asks for the profile '\(ByteString(name.bytes.prefix(80)))', which is not configured")
    }

    /// Nothing can be signed now, but may be soon.
    static func noCredentials(_ error: CredentialsError) -> RequestError {
        RequestError(
            status: 503, code: "no_credentials",
            message: "This site has no key to sign uploads with at the moment; its log says why",
            headers: [.init("Retry-After", "5")], cause: "no credentials: \(error)")
    }

    /// `member` is that of the document which the violations are about.
    static func refused(
        _ violations: PolicyViolations, member: ByteString = "conditions", code: StaticString = "invalid_policy"
    ) -> RequestError {
        let details = violations.all.map { violation in
            let place: ByteString =
                switch violation.place {
                case .conditions: member
                case .expiration: "expiration"
                case .condition(let element): ByteString(member.bytes + [UInt8(ascii: ".")] + element.bytes)
                }
            return Detail(place: place, message: violation.message)
        }
        let isPermission = violations.areAllOfPermission
        return RequestError(
            status: isPermission ? 403 : 400, code: isPermission ? "not_permitted" : code,
            message: summary(violations.all, details), details: details)
    }

    /// One violation speaks for itself; of several, each is named with its field, four at most.
    private static func summary(_ violations: [PolicyViolation], _ details: [Detail]) -> String {
        guard let first = violations.first, violations.count > 1 else { return violations.first?.message ?? "" }
        if violations.allSatisfy({ $0.message == first.message }) && violations.allSatisfy({ $0.place == first.place })
        {
            return first.message
        }
        let shown = details.prefix(4).map { "\($0.place): \($0.message)" }.joined(separator: "; ")
        return details.count > 4 ? "\(shown); and \(details.count - 4) more" : shown
    }
}
