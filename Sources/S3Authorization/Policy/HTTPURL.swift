/// An absolute http or https URL, taken apart strictly: what two readers could understand differently is no URL here.
///
/// RFC 3986, <https://www.rfc-editor.org/rfc/rfc3986#section-3>; no user information, no fragment, no dot segments,
/// no backslash, no character that would have to be percent-encoded.
public struct HTTPURL: Hashable, Sendable {
    /// The two schemes that a page can have: RFC 9110, section 4.2, <https://www.rfc-editor.org/rfc/rfc9110#section-4.2>.
    public enum Scheme: Sendable { case http, https }

    /// Read in any case: RFC 3986, section 3.1, <https://www.rfc-editor.org/rfc/rfc3986#section-3.1>.
    public let scheme: Scheme
    /// Lower-case; an IPv6 address with its brackets.
    public let host: ByteString
    /// As written, else the scheme's own: 80 or 443.
    public let port: UInt16
    /// Begins with a slash.
    public let path: ByteString
    /// What follows the question mark.
    public let query: ByteString?

    /// Takes a URL apart; nil where it is not absolute, not http or https, or could be understood in two ways.
    public init?(_ text: ByteString) {
        var rest = text.bytes
        if ByteString(rest.prefix(8)).isInAnyCase("https://") {
            (scheme, rest) = (.https, rest.dropFirst(8))
        } else if ByteString(rest.prefix(7)).isInAnyCase("http://") {
            (scheme, rest) = (.http, rest.dropFirst(7))
        } else {
            return nil
        }
        let authority = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
        guard let (host, port) = Self.hostAndPort(authority, default: Self.defaultPort(scheme)) else { return nil }
        (self.host, self.port) = (host, port)
        rest = rest[authority.endIndex...]
        let path = rest.prefix { $0 != UInt8(ascii: "?") }
        guard path.allSatisfy(Self.isPathByte) else { return nil }
        self.path = path.isEmpty ? "/" : ByteString(path)
        guard !Self.hasDotSegment(path) else { return nil }
        guard path.endIndex < rest.endIndex else {
            query = nil
            return
        }
        let query = rest[(path.endIndex + 1)...]
        guard query.allSatisfy({ Self.isPathByte($0) || $0 == UInt8(ascii: "?") }) else { return nil }
        self.query = ByteString(query)
    }

    /// The root of a host and, if it has one, a port, as a `Host` header spells them.
    package init?(scheme: Scheme, authority: ByteString) {
        guard let (host, port) = Self.hostAndPort(authority.bytes, default: Self.defaultPort(scheme)) else {
            return nil
        }
        (self.scheme, self.host, self.port, path, query) = (scheme, host, port, "/", nil)
    }

    private static func defaultPort(_ scheme: Scheme) -> UInt16 {
        scheme == .https ? 443 : 80
    }

    /// Same scheme, host and port: RFC 6454, section 5, <https://www.rfc-editor.org/rfc/rfc6454#section-5>.
    public func hasSameOrigin(as other: HTTPURL) -> Bool {
        scheme == other.scheme && hasSameHost(as: other)
    }

    package func hasSameHost(as other: HTTPURL) -> Bool {
        host == other.host && port == other.port
    }

    /// Whether this URL is `other`, or lies below it by whole path segments, at the same origin.
    public func isAtOrBelow(_ other: HTTPURL) -> Bool {
        guard hasSameOrigin(as: other), path.hasPrefix(other.path) else { return false }
        return path.count == other.path.count || other.path.bytes.last == UInt8(ascii: "/")
            || path.dropFirst(other.path.count).bytes.first == UInt8(ascii: "/")
    }

    private static func hostAndPort(_ authority: ArraySlice<UInt8>, default port: UInt16) -> (ByteString, UInt16)? {
        var host = authority
        var digits: ArraySlice<UInt8>?
        let end = authority.lastIndex(of: UInt8(ascii: "]")) ?? authority.startIndex
        if let colon = authority[end...].firstIndex(of: UInt8(ascii: ":")) {
            host = authority[..<colon]
            digits = authority[(colon + 1)...]
        }
        guard isHost(host) else { return nil }
        let name = ByteString(host).lowercasedASCII
        guard let digits else { return (name, port) }
        guard let number = DecimalDigits.value(of: ByteString(digits)), (1...65535).contains(number) else { return nil }
        return (name, UInt16(number))
    }

    private static func isHost(_ host: ArraySlice<UInt8>) -> Bool {
        if host.first == UInt8(ascii: "["), host.last == UInt8(ascii: "]") {
            return host.count > 3
                && host.dropFirst().dropLast().allSatisfy { byte in
                    Hexadecimal.value(byte) != nil || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
                }
        }
        return host.count <= 253
            && host.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
                (1...63).contains(label.count) && label.first != UInt8(ascii: "-")
                    && label.allSatisfy { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") || isAlphanumeric($0) }
            }
    }

    private static func isPathByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "!"),
            UInt8(ascii: "$"), UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "("), UInt8(ascii: ")"),
            UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "="),
            UInt8(ascii: ":"), UInt8(ascii: "@"), UInt8(ascii: "/"), UInt8(ascii: "%"):
            true
        default: isAlphanumeric(byte)
        }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }

    /// `%2e` counts as a dot, as it does in browsers: <https://url.spec.whatwg.org/#double-dot-path-segment>
    private static func hasDotSegment(_ path: ArraySlice<UInt8>) -> Bool {
        path.split(separator: UInt8(ascii: "/")).contains { segment in
            segment.count <= 6 && dotSegments.contains(ByteString(segment).lowercasedASCII)
        }
    }

    private static let dotSegments: Set<ByteString> = [".", "%2e", "..", ".%2e", "%2e.", "%2e%2e"]
}

extension HTTPURL: CustomStringConvertible {
    /// `scheme://host`, and the port where it is not the scheme's own: as browsers spell an Origin header.
    public var origin: String {
        let name = scheme == .https ? "https" : "http"
        return port == Self.defaultPort(scheme) ? "\(name)://\(host)" : "\(name)://\(host):\(port)"
    }

    /// The root has no slash at its end.
    public var description: String {
        origin + (path.is("/") && query == nil ? "" : path.description) + (query.map { "?\($0)" } ?? "")
    }
}
