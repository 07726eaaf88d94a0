internal import S3Authorization
internal import S3Client
internal import UploadService

/// The site itself, as a browser reaches it through nginx or Apache.
struct SiteExamination {
    let visit: Visit
    /// With its mount, without a slash at its end.
    let url: String
    let choices: Doctor.Choices

    init(visit: Visit, url: String, choices: Doctor.Choices) {
        self.visit = visit
        self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
        self.choices = choices
    }

    func run() {
        visit.doing("visiting \(url)")
        guard health() else { return }
        encryption()
        routing()
        strangers()
        bodyLimit()
        proxyHeader()
        if !login.isEmpty { LoggedInExamination(site: self).run() }
    }

    /// The headers that log in.
    var login: [HeaderField] {
        var headers: [HeaderField] = []
        if let user = choices.user {
            let pair = Array("\(user):\(choices.password ?? "")".utf8)
            headers.append(HeaderField("Authorization", ByteString(Array("Basic ".utf8) + Base64.encode(pair).bytes)))
        }
        if let cookie = choices.cookie { headers.append(HeaderField("Cookie", ByteString(cookie))) }
        for header in choices.headers {
            let colon = header.firstIndex(of: ":") ?? header.endIndex
            headers.append(
                HeaderField(
                    ByteString(String(header[..<colon])), ByteString(String(header[colon...].dropFirst())).trimmed))
        }
        return headers
    }

    func ask(
        _ method: ByteString, _ path: String, _ headers: [HeaderField] = [], body: [UInt8]? = nil
    ) -> Result<HTTPAnswer, TransportError> {
        visit.send(HTTPRequest(method: method, url: ByteString(url + path), headers: headers, body: body))
    }

    private func health() -> Bool {
        switch ask("GET", "/health") {
        case .failure(let error):
            let (message, mending) = ClockExamination.meaning(of: error, "--url")
            visit.fail("site", message, mending: mending)
        case .success(let answer) where answer.status == 200 && Self.text("status", in: answer) == "ok":
            visit.ok("site", "\(url) is answered by Countersign")
            return true
        case .success(let answer):
            visit.fail(
                "site",
                "\(url)/health answers "
                    + "\(answer.status)", mending: Self.mending(answer))
        }
        return false
    }

    private static func mending(_ answer: HTTPAnswer) -> String {
        switch answer.status {
        case 401, 403: "Let health through without a login, as the web server's snippet does."
        case 404: "Make the location, server.mount and --url the same path, and pass PATH_INFO or REQUEST_URI on."
        case 502...504: "Start `countersign serve`, and let the web server's user reach its socket."
        case 200:
            "Let the web server hand \(answer.header("server").map { "(\($0)) " } ?? "")this path over to "
                + "Countersign."
        default: "Look at the web server's error log."
        }
    }

    private func encryption() {
        guard let parsed = HTTPURL(ByteString(url)), parsed.scheme == .http else { return }
        let loopback = parsed.host.begins(with: "127.") || parsed.host.is("localhost") || parsed.host.is("[::1]")
        if !loopback {
            visit.warn(
                "site_https", "the site is not encrypted",
                mending: "Serve it over https: whoever listens "
                    + "can upload.")
        }
    }

    /// Every route must reach us by its own path, also with something behind it.
    private func routing() {
        let paths = ["/prefix", "/sign", "/file/3f1b7a52-0000-4000-8000-000000000000"]
        for path in paths {
            guard case .success(let answer) = ask(path == "/prefix" ? "GET" : "POST", path) else { continue }
            if Self.text("code", in: answer) == nil && Self.text("prefix", in: answer) == nil && answer.status != 401 {
                return visit.fail(
                    "site_routes", "\(path) is not answered by Countersign (\(answer.status))",
                    mending: "Let the location cover everything below the mount, and pass SCRIPT_NAME, PATH_INFO "
                        + "and REQUEST_URI.")
            }
            if answer.status == 404 {
                return visit.fail(
                    "site_routes", "Countersign does not recognise \(path)",
                    mending: "Make server.mount the location's path, and pass PATH_INFO or REQUEST_URI on.")
            }
        }
        visit.ok("site_routes", "the web server passes paths on")
    }

    /// Nobody may name a user by a header alone.
    private func strangers() {
        let name = "countersign-doctor-forged"
        let pair = Base64.encode(Array("\(name):\(Hexadecimal.encode(visit.desk.surroundings.random(8)))".utf8))
        var forgeries: [(String, HeaderField)] = [
            ("a Basic header that nobody checked", HeaderField("Authorization", ByteString("Basic \(pair)")))
        ]
        let parameter = visit.desk.configuration.identity.parameter
        var names = ["Remote-User", "Remote_User", "X-Remote-User", "X-Forwarded-User"]
        if parameter.hasPrefix("HTTP_") {
            names.append(String(parameter.dropFirst(5).map { $0 == "_" ? "-" : $0 }))
        }
        forgeries += names.map { ("the header \($0)", HeaderField(ByteString($0), ByteString(name))) }
        for (what, header) in forgeries {
            guard case .success(let answer) = ask("GET", "/prefix", [header]),
                Self.text("prefix", in: answer)?.hasPrefix(name) == true
            else { continue }
            return visit.fail(
                "site_user", "anybody can upload as anybody, by \(what)",
                mending: "Set the user only where the web server has checked a login: nginx fills $remote_user from "
                    + "any header.")
        }
        if case .success(let answer) = ask("GET", "/prefix"), let prefix = Self.text("prefix", in: answer) {
            guard visit.desk.configuration.identity.anonymous, prefix.hasPrefix("~") else {
                return visit.fail(
                    "site_user", "whoever does not log in is \(Printable.quoted(ByteString(prefix)))",
                    mending: "Ask for a login at this location, and pass the user that it found.")
            }
        }
        visit.ok("site_user", "nobody can name a user by a header")
    }

    private func bodyLimit() {
        let size = max(visit.desk.configuration.bodyLimit, 1 << 20) + 65_536
        let body = [UInt8](repeating: UInt8(ascii: " "), count: size)
        let headers = [HeaderField("Content-Type", "application/json")] + login
        guard case .success(let answer) = ask("POST", "/sign", headers, body: body) else {
            return visit.ok("site_body", "a body of \(size) bytes is cut off")
        }
        switch answer.status {
        case 413: visit.ok("site_body", "a body of \(size) bytes is refused")
        case 401, 403: visit.ok("site_body", "a large body is not taken without a login")
        default:
            visit.fail(
                "site_body", "a body of \(size) bytes is answered \(answer.status), not 413",
                mending: "Limit bodies in the web server (nginx: client_max_body_size 1m).")
        }
    }

    /// https://httpoxy.org/
    private func proxyHeader() {
        guard case .success(let answer) = ask("GET", "/health", [HeaderField("Proxy", "http://127.0.0.1:9/")]) else {
            return
        }
        if answer.status == 200 {
            visit.ok("site_proxy", "a Proxy header changes nothing")
        } else {
            visit.fail(
                "site_proxy", "a Proxy header breaks the site (\(answer.status))",
                mending: "Empty HTTP_PROXY in the web server, as its snippet does.")
        }
    }

    /// The text of a member of a JSON answer.
    static func text(_ name: ByteString, in answer: HTTPAnswer) -> String? {
        var reader = JSONReader(answer.body)
        guard var object = try? reader.beginObject() else { return nil }
        while let member = try? reader.nextMember(in: &object) {
            if member == name, (try? reader.peek()) == .string { return try? reader.readString().string }
            guard (try? reader.readValue()) != nil else { return nil }
        }
        return nil
    }
}
