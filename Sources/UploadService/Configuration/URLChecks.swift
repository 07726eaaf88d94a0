internal import S3Authorization

extension Checks {
    /// Where S3 answers: a path is allowed, its last slash is dropped.
    static func endpoint(_ value: ConfigurationValue) throws(WrongValue) -> HTTPURL {
        let url = try HTTPURL(parsing: try value.string())
        guard url.query == nil else { throw WrongValue("must not have a query (?…)") }
        guard (try? Endpoint(parsing: ByteString(url.description))) != nil else {
            throw WrongValue("must have a plain path, without \"//\" and \"..\"")
        }
        guard url.path.bytes.last == UInt8(ascii: "/"), url.path.count > 1 else { return url }
        return try HTTPURL(parsing: String(url.description.dropLast()))
    }

    /// `scheme://host[:port]` and nothing else.
    static func origin(_ value: ConfigurationValue) throws(WrongValue) -> HTTPURL {
        let text = try value.string()
        guard !text.utf8.contains(UInt8(ascii: "*")) else {
            throw WrongValue(
                "\(quoted(text)): no \"*\" here; name every origin, for example \"https://www.example.org\"")
        }
        let url = try HTTPURL(parsing: text)
        guard text.utf8.last != UInt8(ascii: "/"), url.path.is("/"), url.query == nil else {
            throw WrongValue("must be scheme and host only; write \"\(url.origin)\"")
        }
        return url
    }

    static func redirect(_ value: ConfigurationValue) throws(WrongValue) -> HTTPURL {
        try HTTPURL(parsing: try value.string())
    }

    private static let placeholders = ["{user}", "{uuid}", "{ext}", "{name}", "{date}", "{date:%Y/%m/%d}"]

    /// The template of a stored key.
    static func keyTemplate(_ value: ConfigurationValue) throws(WrongValue) -> String {
        let template = try value.string()
        guard StorageKeyTemplate(template + "{uuid}") != nil else {
            throw WrongValue(
                "\(quoted(template)) holds a brace that begins none of \(placeholders.joined(separator: " "))")
        }
        guard Array(template.utf8).holds("{uuid}") else {
            throw WrongValue("\(quoted(template)) must hold {uuid}, else one upload could replace another")
        }
        try plainKey(template)
        return template
    }

    /// The template of an upload's key, which begins with its user and holds nothing that a key may not.
    static func uploadKeyTemplate(_ value: ConfigurationValue) throws(WrongValue) -> String {
        let template = try keyTemplate(value)
        let rest = template.hasPrefix("{user}/") ? String(template.dropFirst(7)) : ""
        guard !rest.isEmpty, !Array(rest.utf8).holds("{user}") else {
            throw WrongValue(
                "\(quoted(template)) must begin with {user}/ and name {user} nowhere else; write for example \"{user}/{uuid}/{name}\""
            )
        }
        guard isToken(rest, and: "-_.~/{}:%", 1...512) else {
            throw WrongValue("\(quoted(template)) may hold letters, digits and -_.~ between its placeholders")
        }
        return template
    }

    /// The prefix of the claim objects.
    static func claims(_ value: ConfigurationValue) throws(WrongValue) -> String {
        let prefix = try value.string()
        guard prefix.utf8.count > 1, prefix.utf8.last == UInt8(ascii: "/") else {
            throw WrongValue("\(quoted(prefix)) must end with a slash; write for example \".countersign/claims/\"")
        }
        try plainKey(String(prefix.dropLast()))
        return prefix
    }

    private static func plainKey(_ key: String) throws(WrongValue) {
        let path = Array("/\(key)/".utf8)
        guard key.utf8.count <= 512, !["//", "/./", "/../"].contains(where: { path.holds($0) }),
            key.utf8.allSatisfy({ $0.isVisibleASCII && $0 != UInt8(ascii: "\\") })
        else {
            throw WrongValue(
                "\(quoted(key)) must be a plain key: printable ASCII, no spaces, no segment empty, \".\" or \"..\"")
        }
    }
}

extension [UInt8] {
    /// Whether the bytes of the text stand somewhere in it.
    func holds(_ text: String) -> Bool {
        indices.contains { self[$0...].starts(with: text.utf8) }
    }
}
