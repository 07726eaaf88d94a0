package import FastCGI
internal import S3Authorization

/// Takes each request to the handler of its URL, and every error back to the client in one shape.
package struct Dispatcher: Sendable {
    private let shared: SharedSite
    private let surroundings: Surroundings

    package init(site: Site, surroundings: Surroundings) {
        shared = SharedSite(site)
        self.surroundings = surroundings
    }

    package func respond(to request: Request) -> Response {
        respond(to: request, refusal: nil)
    }

    /// The answer to a request that did not come whole.
    package func respond(to refusal: Refusal, _ parameters: Parameters?) -> Response {
        respond(to: Request(parameters: parameters ?? Parameters([])), refusal: refusal)
    }

    /// A line about what is no request.
    package func log(_ event: String) {
        var line = LogLine()
        line.add("event", event)
        surroundings.log(line.bytes)
    }

    private func respond(to request: Request, refusal: Refusal?) -> Response {
        let start = surroundings.stopwatch()
        let inquiry = Inquiry(request, at: shared)
        let origin = inquiry.origin
        var account = Account()
        var response: Response
        do throws(RequestError) {
            if let refusal { throw .refused(refusal) }
            response = try answer(inquiry, from: origin, &account)
        } catch {
            account.reason = error
            response = Answers.error(error, status: inquiry.hidesStatus ? 200 : error.status)
        }
        if !inquiry.site.origins.isEmpty { response.headers += CrossOrigin.headers(for: origin, at: inquiry.site) }
        if inquiry.method == .head { response.body = [] }
        log(inquiry, account, response.status, since: start)
        return response
    }

    private func answer(
        _ inquiry: Inquiry, from origin: RequestOrigin, _ account: inout Account
    ) throws(RequestError) -> Response {
        guard let route = inquiry.route else { throw .notFound }
        guard let method = inquiry.method, method == .options || route.methods.contains(method) else {
            throw .methodNotAllowed(allowed: CrossOrigin.allow(route))
        }
        if method == .options {
            return CrossOrigin.preflight(route, requested: inquiry.parameter("HTTP_ACCESS_CONTROL_REQUEST_HEADERS"))
        }
        if !method.isSafe || route.givesLeave, case .foreign = origin { throw .foreignOrigin }
        switch route {
        case .sign: return try SigningHandler(inquiry, surroundings).respond(&account)
        case .emptyPage: return EmptyPageHandler.response
        case .fileUploaded: return try CompletionHandler(inquiry, surroundings).respond(&account)
        case .uploadURI: return try UploadURIHandler(inquiry, surroundings).respond(&account)
        case .file:
            guard let desk = inquiry.site.storage else { throw .completionIsNotConfigured }
            return try DeletionHandler(inquiry, .init(desk)).respond(&account)
        case .prefix: return try PrefixHandler(inquiry, surroundings).respond(&account)
        case .presign: return try PresignHandler(inquiry, surroundings).respond(&account)
        case .uppyParameters: return try PresignHandler(inquiry, surroundings).respondToUppy(&account)
        case .uppySigning: return try SignRequestHandler(inquiry, surroundings).respond(&account)
        case .session: return try SessionHandler(inquiry, surroundings).respond(&account)
        case .evaporate: return try EvaporateHandler(inquiry, surroundings).respond(&account)
        case .directUploads: return try DirectUploadsHandler(inquiry, surroundings).respond(&account)
        case .health: return HealthHandler.response
        case .multipart(let route): return try MultipartHandler(inquiry, surroundings).respond(to: route, &account)
        case .sts: throw .noTemporaryCredentials
        }
    }

    private func log(_ inquiry: Inquiry, _ account: Account, _ status: Int, since start: Int64) {
        var line = LogLine()
        line.add("id", inquiry.parameter("REQUEST_ID") ?? Hexadecimal.encode(surroundings.random(8)))
        line.add("action", word: inquiry.route?.name ?? "none")
        if let operation = account.operation { line.add("operation", word: operation) }
        line.add("status", status)
        if let user = account.user { line.add("user", user) }
        if let profile = account.profile { line.add("profile", profile) }
        if let key = account.key { line.add("key", key) }
        if let storageKey = account.storageKey { line.add("storage_key", storageKey) }
        if let cause = account.cause ?? account.reason?.cause { line.add("cause", cause) }
        if let reason = account.reason {
            line.add("reason", word: reason.code)
            line.add("message", reason.message)
        }
        line.add("ms", microseconds: surroundings.stopwatch() - start)
        surroundings.log(line.bytes)
    }
}

/// What a request turned out to be about; for the log.
struct Account {
    var user: ByteString?
    var profile: ByteString?
    var key: ByteString?
    /// Which request of a chunked upload.
    var operation: StaticString?
    var reason: RequestError?
    var storageKey: ByteString?
    /// What lies behind an error, in words that are not for clients.
    var cause: String?
}

extension RequestError {
    /// What the FastCGI side refused before any handler ran.
    static func refused(_ refusal: Refusal) -> RequestError {
        switch refusal {
        case .bodyTooLarge(let limit): .bodyTooLarge(limit: limit)
        case .timedOut:
            RequestError(status: refusal.status, code: "request_timeout", message: "The request did not come in time")
        case .lengthRequired, .malformed, .parametersTooLarge:
            RequestError(status: refusal.status, code: "bad_request", message: "The request did not come whole")
        }
    }
}
