internal import FastCGI
internal import S3Authorization
internal import S3Client

/// One request as the upload desk sees it: which of our URLs it is for, and what the web server says about it.
/// A class, so that its handlers share it.
final class Inquiry {
    enum Method: String {
        case get = "GET"
        case head = "HEAD"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
        case options = "OPTIONS"

        /// RFC 9110, section 9.2.1, <https://www.rfc-editor.org/rfc/rfc9110#section-9.2.1>.
        var isSafe: Bool { self == .get || self == .head || self == .options }
    }

    let request: Request
    private let shared: SharedSite
    let method: Method?
    let route: Route?

    var site: Site { shared.site }

    init(_ request: Request, at shared: SharedSite) {
        self.request = request
        self.shared = shared
        method = Self.method(request.parameters["REQUEST_METHOD"])
        route = Route(request.parameters, mount: shared.site.mount)
    }

    private static func method(_ text: ArraySlice<UInt8>?) -> Method? {
        guard let text = text.map({ ByteString($0) }) else { return nil }
        if text.is("POST") { return .post }
        if text.is("GET") { return .get }
        if text.is("OPTIONS") { return .options }
        if text.is("HEAD") { return .head }
        if text.is("DELETE") { return .delete }
        if text.is("PUT") { return .put }
        return text.is("PATCH") ? .patch : nil
    }

    /// A parameter of the web server's; nil where it is missing or empty.
    func parameter(_ name: StaticString) -> ByteString? {
        guard let value = request.parameters[name], !value.isEmpty else { return nil }
        return ByteString(value)
    }

    /// Whether the browser came over https, as far as the web server knows.
    var isSecure: Bool {
        if let url = site.url { return url.scheme == .https }
        if let scheme = parameter("REQUEST_SCHEME") { return scheme.is("https") }
        guard let https = parameter("HTTPS") else { return false }
        return !https.isInAnyCase("off")
    }

    /// Where S3 may redirect this request's iframe.
    var returnPage: ReturnPage? {
        let path = shared.emptyPage
        if let url = site.url { return ReturnPage(site: url, path: path) }
        return parameter("HTTP_HOST").map { ReturnPage(host: $0, isPlainHTTPAllowed: !isSecure, path: path) }
    }

    /// What signs for browsers and API clients at this moment; whoever hands these out waits a few seconds at most.
    func uploadCredentials() throws(RequestError) -> Credentials {
        do throws(CredentialsError) {
            return try site.credentials.credentials(until: Deadline(microseconds: .max))
        } catch {
            throw .noCredentials(error)
        }
    }

    /// The set of rules that the web server chose for this location, which the log then names.
    func profile(_ account: inout Account) throws(RequestError) -> Site.Profile {
        try sharedProfile(&account).value
    }

    /// The same, for who needs no copy.
    func sharedProfile(_ account: inout Account) throws(RequestError) -> SharedProfile {
        let profile = try sharedProfile()
        account.profile = profile.value.name
        return profile
    }

    private func sharedProfile() throws(RequestError) -> SharedProfile {
        guard let name = parameter("COUNTERSIGN_PROFILE"), !name.is("default") else { return shared.rules }
        guard let profile = shared.profiles[name] else { throw .unknownProfile(name) }
        return profile
    }

    /// Throws where the body has more bytes than this.
    func checkBody(limit: Int) throws(RequestError) {
        guard request.body.count <= limit else { throw .bodyTooLarge(limit: limit) }
    }

    /// The value of a name in the query, undecoded; empty where the name stands alone, nil where it is not there.
    func queryValue(_ name: StaticString) -> ByteString? {
        guard var rest = parameter("QUERY_STRING")?.bytes else { return nil }
        while !rest.isEmpty {
            let pair = rest[..<(rest.firstIndex(of: UInt8(ascii: "&")) ?? rest.endIndex)]
            rest = rest[min(pair.endIndex + 1, rest.endIndex)...]
            let sign = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            if ByteString(pair[..<sign]).is(name) { return ByteString(pair[min(sign + 1, pair.endIndex)...]) }
        }
        return nil
    }
}
