internal import S3Authorization

extension Checks {
    /// `http:`, `https:`, `unix:/path` or `unix:/path:/http/path`; empty: none.
    static func hook(_ value: ConfigurationValue) throws(WrongValue) -> Configuration.Hook.Target? {
        let text = try value.string()
        if text.isEmpty { return nil }
        guard text.utf8.starts(with: "unix:".utf8) else { return .http(try HTTPURL(parsing: text)) }
        let parts = text.utf8.dropFirst("unix:".utf8.count)
            .split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
            .map { String(Substring($0)) }
        let path = parts.first ?? ""
        // sun_path holds 108 bytes, the zero at the end included.
        guard path.utf8.first == UInt8(ascii: "/"), path.utf8.count < 108 else {
            throw WrongValue("must name a socket by its absolute path of at most 107 bytes: \"unix:/run/site.sock\"")
        }
        let request = parts.count > 1 ? parts[1] : "/"
        guard request.utf8.first == UInt8(ascii: "/") else {
            throw WrongValue("must have a path after the socket's: \"unix:/run/site.sock:/uploads/done\"")
        }
        return .unix(path, try HTTPURL(parsing: "http://localhost\(request)"))
    }

    /// A program and its arguments; an empty list: none.
    static func command(_ value: ConfigurationValue) throws(WrongValue) -> [String]? {
        let words = try value.list { item throws(WrongValue) in try item.string() }
        guard let program = words.first else { return nil }
        guard program.utf8.first == UInt8(ascii: "/") else {
            throw WrongValue("must begin with a program's absolute path: [\"/usr/local/bin/on-upload\"]")
        }
        return words
    }

    /// A folder, by its absolute path without a slash at its end; empty: none.
    static func spool(_ value: ConfigurationValue) throws(WrongValue) -> String? {
        var path = try value.string()
        if path.isEmpty { return nil }
        while path.utf8.count > 1, path.utf8.last == UInt8(ascii: "/") { path.removeLast() }
        guard path.utf8.first == UInt8(ascii: "/"), (2...3800).contains(path.utf8.count) else {
            throw WrongValue("must be the absolute path of a folder: \"/var/spool/countersign\"")
        }
        return path
    }

    /// Headers that we write ourselves, that belong to the connection, or that CGI programs would take for settings.
    private static let ownHeaders = [
        "host", "content-type", "content-length", "content-encoding", "transfer-encoding", "te", "trailer", "upgrade",
        "connection", "keep-alive", "proxy", "proxy-connection", "proxy-authorization", "expect", "accept",
        "accept-encoding", "user-agent", "date", "range", "http2-settings",
    ]

    /// https://www.rfc-editor.org/rfc/rfc9110#section-5.1, without `_`, which CGI takes for `-`.
    static func forwardedHeader(_ value: ConfigurationValue) throws(WrongValue) -> ByteString {
        let name = try value.string()
        guard isToken(name, and: "-", 1...64) else {
            throw WrongValue(
                "\(quoted(name)) is not the name of a header (letters, digits, \"-\"); write for example \"X-Request-Id\""
            )
        }
        let lowercased = name.lowercasedASCII
        guard !ownHeaders.contains(lowercased), !lowercased.hasPrefix("webhook-") else {
            throw WrongValue("\(quoted(name)) is not a client's to choose in a call to the hook")
        }
        return ByteString(name)
    }
}
