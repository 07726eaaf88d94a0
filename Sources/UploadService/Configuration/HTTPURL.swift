/// An absolute `http` or `https` URL, in its one normal spelling.
///
/// Scheme and host are lower case, a default port is left out. There is never a user, a password or a fragment.
/// https://url.spec.whatwg.org/#concept-url
package struct HTTPURL: Hashable, Sendable, CustomStringConvertible {
    package enum Scheme: String, Sendable {
        case http, https
    }

    package let scheme: Scheme
    /// Without brackets where it is an IPv6 address.
    package let host: String
    /// Nil for the scheme's own port.
    package let port: Int?
    /// Empty, or beginning with a slash.
    package let path: String
    package let query: String?

    /// `host` or `host:port`, as in a Host header.
    package var authority: String {
        let host = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        return port.map { "\(host):\($0)" } ?? host
    }

    /// `scheme://host[:port]`, as a browser writes it in an Origin header.
    package var origin: String { "\(scheme.rawValue)://\(authority)" }

    package var description: String { origin + path + (query.map { "?\($0)" } ?? "") }

    /// Whether only this machine answers there.
    package var isLoopback: Bool {
        host == "localhost" || host.hasSuffix(".localhost") || host == "::1" || (isAddress && host.hasPrefix("127."))
    }

    /// Whether the host is an IP address and not a name.
    package var isAddress: Bool {
        host.utf8.contains(UInt8(ascii: ":")) || host.utf8.allSatisfy { $0.isDigit || $0 == UInt8(ascii: ".") }
    }
}

extension HTTPURL {
    /// The message never quotes the text: a URL may hold a password.
    init(parsing text: String) throws(WrongValue) {
        let bytes = Array(text.utf8)
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), bytes[colon...].starts(with: "://".utf8),
            let scheme = Scheme(rawValue: String(decoding: bytes[..<colon].map(\.lowercased), as: UTF8.self))
        else {
            throw WrongValue("must be an absolute URL that begins with https:// or http://")
        }
        guard bytes.allSatisfy({ $0.isVisibleASCII && !"\"<>\\^`{|}".utf8.contains($0) }) else {
            throw WrongValue("holds a character that no URL has; percent-encode it (a host name in xn-- form)")
        }
        guard !bytes.contains(UInt8(ascii: "#")) else { throw WrongValue("must not have a fragment (#…)") }
        let rest = bytes[(colon + 3)...]
        let authority = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
        guard !authority.contains(UInt8(ascii: "@")) else {
            throw WrongValue("must not hold a user name or password")
        }
        let target = rest[authority.endIndex...]
        let path = target.prefix { $0 != UInt8(ascii: "?") }
        let query = target[path.endIndex...].dropFirst()
        (host, port) = try Self.hostAndPort(authority, scheme)
        self.scheme = scheme
        self.path = String(decoding: path, as: UTF8.self)
        self.query = path.endIndex == target.endIndex ? nil : String(decoding: query, as: UTF8.self)
    }

    private static func hostAndPort(
        _ authority: ArraySlice<UInt8>, _ scheme: Scheme
    ) throws(WrongValue) -> (String, Int?) {
        var host = authority
        var port: ArraySlice<UInt8>?
        if host.first == UInt8(ascii: "["), let close = host.firstIndex(of: UInt8(ascii: "]")) {
            let after = host[(close + 1)...]
            guard after.isEmpty || after.first == UInt8(ascii: ":") else { throw WrongValue("has no valid host") }
            port = after.isEmpty ? nil : after.dropFirst()
            host = host[..<close].dropFirst()
            guard host.count >= 2, host.contains(UInt8(ascii: ":")), host.allSatisfy({ isHexadecimal($0) }) else {
                throw WrongValue("has no valid host")
            }
        } else if let colon = host.firstIndex(of: UInt8(ascii: ":")) {
            port = host[(colon + 1)...]
            host = host[..<colon]
        }
        let name = String(decoding: host.map(\.lowercased), as: UTF8.self)
        guard !host.isEmpty, host.contains(UInt8(ascii: ":")) || isName(host) else {
            throw WrongValue("has no valid host")
        }
        guard let port else { return (name, nil) }
        guard port.allSatisfy(\.isDigit), let number = Int(String(decoding: port, as: UTF8.self)),
            (1...65535).contains(number)
        else { throw WrongValue("has a port that is not a number from 1 to 65535") }
        return (name, number == (scheme == .https ? 443 : 80) ? nil : number)
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        byte.isDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte.lowercased)
            || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
    }

    private static func isName(_ host: ArraySlice<UInt8>) -> Bool {
        let labels = host.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return host.count <= 253
            && labels.allSatisfy { label in
                !label.isEmpty && label.count <= 63 && label.first != UInt8(ascii: "-")
                    && label.allSatisfy {
                        $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
                    }
            }
    }
}
