package import S3Authorization

extension HTTPURL {
    /// A URL of the configuration. The message never quotes the text: a URL may hold a password.
    init(parsing text: String) throws(WrongValue) {
        let bytes = Array(text.utf8)
        let lowercased = ByteString(bytes.map(\.lowercased))
        guard lowercased.hasPrefix("https://") || lowercased.hasPrefix("http://") else {
            throw WrongValue("must be an absolute URL that begins with https:// or http://")
        }
        guard bytes.allSatisfy({ $0.isVisibleASCII && !"\"<>\\^`{|}".utf8.contains($0) }) else {
            throw WrongValue("holds a character that no URL has; percent-encode it (a host name in xn-- form)")
        }
        guard !bytes.contains(UInt8(ascii: "#")) else { throw WrongValue("must not have a fragment (#…)") }
        let authority = bytes.drop { $0 != UInt8(ascii: "/") }.dropFirst(2)
            .prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
        guard !authority.contains(UInt8(ascii: "@")) else {
            throw WrongValue("must not hold a user name or password")
        }
        guard HTTPURL(scheme: .https, authority: ByteString(authority)) != nil else {
            throw WrongValue("has no valid host, or a port that is not a number from 1 to 65535")
        }
        guard let url = HTTPURL(ByteString(text)) else {
            throw WrongValue("has a path that is not plain, or a character that must be percent-encoded")
        }
        self = url
    }

    /// Whether only this machine answers there.
    package var isLoopback: Bool {
        let host = host.description
        return host == "localhost" || host.hasSuffix(".localhost") || host == "[::1]"
            || (isAddress && host.hasPrefix("127."))
    }

    /// Whether the host is an IP address and not a name.
    package var isAddress: Bool {
        host.bytes.contains(UInt8(ascii: ":")) || host.bytes.allSatisfy { $0.isDigit || $0 == UInt8(ascii: ".") }
    }
}
