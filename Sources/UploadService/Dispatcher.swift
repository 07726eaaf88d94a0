package import FastCGI
internal import S3Authorization

/// Takes each request to the handler of its URL, and every error back to the client in one shape.
package struct Dispatcher: Sendable {
    private let current: CurrentSite
    private let surroundings: Surroundings
    private let operations: OperationsDesk

    package init(site: Site, surroundings: Surroundings, operations: OperationsDesk = OperationsDesk()) {
        current = CurrentSite(site)
        self.surroundings = surroundings
        self.operations = operations
    }

    var site: Site { current.now.site }

    /// For all requests from now on.
    func replace(_ site: Site) { current.replace(site) }

    func noteReload(isGood: Bool) { operations.reloads.note(surroundings.now(), isGood: isGood) }

    package func respond(to request: Request) -> Response {
        var account = Account()
        return respond(to: request, refusal: nil, at: .site, &account)
    }

    /// The answer to a question of an operator's, by a socket that only operators can reach.
    package func respond(toOperator request: Request) -> Response {
        var account = Account()
        return respond(to: request, refusal: nil, at: .operators, &account)
    }

    /// The answer to a request that was made up here, by the very steps of one that came.
    package func respond(toShell request: ShellRequest) -> ShellAnswer {
        var account = Account()
        let response = respond(to: request.request(to: site), refusal: nil, at: .site, &account)
        return ShellAnswer(response, account)
    }

    /// The answer to a request that did not come whole.
    package func respond(to refusal: Refusal, _ parameters: Parameters?) -> Response {
        var account = Account()
        return respond(to: Request(parameters: parameters ?? Parameters([])), refusal: refusal, at: .site, &account)
    }

    /// A line about what is no request.
    package func log(_ event: String, _ severity: Severity = .info) {
        surroundings.note(severity) { $0.add("event", event) }
    }

    /// What happened to a connection or a worker.
    package func note(_ event: Event) {
        surroundings.metrics.events.add(event.name)
        log("\(event)", event.severity)
    }

    private func respond(
        to request: Request, refusal: Refusal?, at door: Door, _ account: inout Account
    ) -> Response {
        let start = surroundings.stopwatch()
        let shared = current.now
        let inquiry = Inquiry(request, at: shared)
        let origin = inquiry.origin
        var response: Response
        do throws(RequestError) {
            if let refusal { throw .refused(refusal) }
            if let route = inquiry.route, !shared.site.shows(route, at: door) { throw .notFound }
            response = try answer(inquiry, shared, from: origin, &account)
        } catch {
            account.reason = error
            response = Answers.error(error, status: inquiry.hidesStatus ? 200 : error.status)
        }
        if !inquiry.site.origins.isEmpty { response.headers += CrossOrigin.headers(for: origin, at: inquiry.site) }
        if inquiry.method == .head { response.body = [] }
        let duration = surroundings.stopwatch() - start
        surroundings.metrics.count(inquiry.route, account, status: response.status, microseconds: duration)
        log(inquiry, account, response.status, duration)
        return response
    }

    private func answer(
        _ inquiry: Inquiry, _ shared: SharedSite, from origin: RequestOrigin, _ account: inout Account
    ) throws(RequestError) -> Response {
        guard let route = inquiry.route else { throw .notFound }
        guard let method = inquiry.method, method == .options || route.methods.contains(method) else {
            throw .methodNotAllowed(allowed: CrossOrigin.allow(route))
        }
        if method == .options {
            return CrossOrigin.preflight(route, requested: inquiry.parameter("HTTP_ACCESS_CONTROL_REQUEST_HEADERS"))
        }
        if !method.isSafe || route.givesLeave || inquiry.asksForCredentials, case .foreign = origin {
            throw .foreignOrigin
        }
        switch route {
        case .sign: return try SigningHandler(inquiry, surroundings).respond(&account)
        case .emptyPage: return EmptyPageHandler.response
        case .fileUploaded: return try CompletionHandler(inquiry, surroundings).respond(&account)
        case .events: return try EventsHandler(inquiry, surroundings).respond(&account)
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
        case .time: return TimeHandler.response(surroundings)
        case .ready, .metrics:
            guard !operations.isAlone else { throw .answersOneRequest }
            guard route == .metrics else {
                return ReadinessPage(desk: operations, shared: shared, surroundings: surroundings).response()
            }
            return MetricsPage(metrics: surroundings.metrics, desk: operations, site: shared.site)
                .response(MetricsText.Format(accept: inquiry.parameter("HTTP_ACCEPT")))
        case .multipart(let route): return try MultipartHandler(inquiry, surroundings).respond(to: route, &account)
        case .sts: return try TemporaryCredentialsHandler(inquiry, surroundings).respond(&account)
        }
    }

    private func log(_ inquiry: Inquiry, _ account: Account, _ status: Int, _ microseconds: Int64) {
        let isOurFault = (account.reason?.status ?? status) >= 500
        // Whoever asks every few seconds whether all is well is not news.
        let severity: Severity = inquiry.route?.operatorsPage != nil ? .debug : isOurFault ? .error : .info
        surroundings.note(severity) { line in
            if let id = inquiry.parameter("REQUEST_ID") {
                line.add("id", id)
            } else {
                line.add("id", hexadecimal: surroundings.random(8))
            }
            line.add("action", word: inquiry.route.logName)
            if let operation = account.operation { line.add("operation", word: operation) }
            line.add("status", status)
            if let user = account.user { line.add("user", user) }
            if let profile = account.profile { line.add("profile", profile) }
            if let key = account.key { line.add("key", key) }
            if let storageKey = account.storageKey { line.add("storage_key", storageKey) }
            if let key = account.lentKey { line.add("lent_key", key) }
            if let cause = account.cause ?? account.reason?.cause { line.add("cause", cause) }
            if let reason = account.reason {
                line.add("reason", word: reason.code)
                line.add("message", reason.message)
            }
            if let shadow = account.shadow { line.add(shadow) }
            line.add("ms", microseconds: microseconds)
        }
    }
}

/// What a request turned out to be about; for the log.
struct Account {
    var user: ByteString?
    var profile: ByteString?
    var key: ByteString?
    /// Which request of a chunked upload, or `credentials`.
    var operation: StaticString?
    /// The id of the key that a browser was given.
    var lentKey: ByteString?
    var reason: RequestError?
    var storageKey: ByteString?
    /// Bytes of the upload that this very request completed.
    var completed: Int64?
    /// What lies behind an error, in words that are not for clients.
    var cause: String?
    /// What rules on trial would have refused.
    var shadow: ShadowRefusal?
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

extension RequestError {
    /// A CGI process knows of its own request only, and would ask S3 about each.
    fileprivate static var answersOneRequest: RequestError {
        RequestError(
            status: 404, code: "one_request_only",
            message: "As a CGI program Countersign answers one request and ends; run it as a FastCGI responder for this"
        )
    }
}

extension Event {
    /// A name of a closed set, for counting.
    var name: StaticString {
        switch self {
        case .notFastCGI: "not_fastcgi"
        case .brokenRecord: "broken_record"
        case .unsupportedRole: "unsupported_role"
        case .cutOff: "cut_off"
        case .timedOut: "timed_out"
        case .managementFlood: "management_flood"
        case .answerLost: "answer_lost"
        case .exhausted: "exhausted"
        case .workerHung: "worker_hung"
        }
    }

    var severity: Severity {
        switch self {
        case .workerHung: .error
        case .exhausted: .warning
        default: .info
        }
    }
}
