internal import FastCGI
internal import S3Authorization

/// A request of somebody's at the machine's own shell: no web server passed it on.
package struct ShellRequest: Sendable {
    package enum Method: String, Sendable { case get = "GET", post = "POST" }

    package var method: Method
    /// Below the mount, from its slash on.
    package var path: String
    package var query = ""
    /// JSON.
    package var body: [UInt8] = []
    /// Believed, as the web server is.
    package var user: String
    /// Nil: the default one.
    package var profile: String?

    package init(_ method: Method, _ path: String, user: String, profile: String? = nil) {
        self.method = method
        self.path = path
        self.user = user
        self.profile = profile
    }

    /// As the web server of that site would have passed it on.
    func request(to site: Site) -> Request {
        // The user first: no other parameter may stand for one.
        var parameters = [(site.identityParameter, user)]
        parameters += [
            ("REQUEST_METHOD", method.rawValue), ("SCRIPT_NAME", "\(site.mount)\(path)"), ("QUERY_STRING", query),
            ("CONTENT_LENGTH", "\(body.count)"),
        ]
        if method == .post { parameters.append(("CONTENT_TYPE", "application/json")) }
        if let profile { parameters.append(("COUNTERSIGN_PROFILE", profile)) }
        return Request(parameters: Parameters(parameters), body: body)
    }
}

/// The answer to it, for one who may know more than a client.
package struct ShellAnswer: Sendable, Equatable {
    package let status: Int
    /// JSON.
    package let body: [UInt8]
    /// What is wrong, in a client's words; nil where nothing is.
    package let problem: String?
    /// What lies behind it, which is for the log and for operators.
    package let cause: String?
    /// Whether the same request may be granted in a moment.
    package let mayBeRepeated: Bool

    package var isGood: Bool { problem == nil }

    init(_ response: Response, _ account: Account) {
        status = response.status
        body = response.body
        problem = account.reason?.message
        cause = account.cause ?? account.reason?.cause
        mayBeRepeated = response.headers.contains { $0.name == "Retry-After" }
    }
}
