extension Endpoint {
    /// Why a text is no endpoint.
    public enum Invalid: Error, Equatable {
        /// Not `http://` or `https://`.
        case scheme
        /// Empty, or with a byte that no host has; `@` among them, for a user name has no place here.
        case host
        /// Not 1 to 65535 in digits.
        case port
        /// A byte that no path has, a bad escape, an empty part, `.` or `..`; also a query or a fragment.
        case path
    }

    /// The endpoint that `url` names; one slash at the end is allowed and dropped.
    public init(parsing url: ByteString) throws(Invalid) {
        let scheme: Scheme
        var rest = url.bytes
        if url.hasPrefix("https://") {
            scheme = .https
            rest = rest.dropFirst(8)
        } else if url.hasPrefix("http://") {
            scheme = .http
            rest = rest.dropFirst(7)
        } else {
            throw .scheme
        }
        let slash = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
        let basePath = try Self.basePath(rest[slash...])
        let authority = rest[..<slash]
        guard !authority.contains(UInt8(ascii: "@")) else { throw .host }
        let hostEnd = Self.hostEnd(authority)
        let host = try Self.host(authority[..<hostEnd])
        let port = try Self.port(authority[hostEnd...])
        self.init(scheme: scheme, host: host, port: port, basePath: basePath)
    }

    private static func hostEnd(_ authority: ArraySlice<UInt8>) -> Int {
        if authority.first == UInt8(ascii: "["), let bracket = authority.firstIndex(of: UInt8(ascii: "]")) {
            return bracket + 1
        }
        return authority.firstIndex(of: UInt8(ascii: ":")) ?? authority.endIndex
    }

    private static func host(_ host: ArraySlice<UInt8>) throws(Invalid) -> ByteString {
        let lowercased = HeaderField(ByteString(host), "").lowercasedName
        if host.first == UInt8(ascii: "[") {
            let address = lowercased.bytes.dropFirst().dropLast()
            let isAddress = address.contains(UInt8(ascii: ":")) && address.allSatisfy(Self.isAddress)
            guard host.last == UInt8(ascii: "]"), isAddress else { throw .host }
            return lowercased
        }
        let labels = lowercased.bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        for label in labels {
            let isLabel = label.count <= 63 && label.allSatisfy { Self.isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
            guard isLabel, let first = label.first, let last = label.last, Self.isAlphanumeric(first),
                Self.isAlphanumeric(last)
            else { throw .host }
        }
        guard lowercased.count <= 253 else { throw .host }
        return lowercased
    }

    private static func port(_ text: ArraySlice<UInt8>) throws(Invalid) -> UInt16? {
        guard let colon = text.first else { return nil }
        guard colon == UInt8(ascii: ":") else { throw .host }
        let digits = text.dropFirst()
        guard (1...5).contains(digits.count), digits.first != UInt8(ascii: "0"), digits.allSatisfy(Self.isDigit) else {
            throw .port
        }
        let number = digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        guard let port = UInt16(exactly: number) else { throw .port }
        return port
    }

    private static func basePath(_ path: ArraySlice<UInt8>) throws(Invalid) -> ByteString {
        let path = path.last == UInt8(ascii: "/") ? path.dropLast() : path
        for part in path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).dropFirst() {
            guard !part.isEmpty, part.allSatisfy(Self.isPath) else { throw .path }
            guard let decoded = try? PercentEncoding.decode(ByteString(part)), decoded != ".", decoded != ".." else {
                throw .path
            }
        }
        return ByteString(path)
    }

    static func isDigit(_ byte: UInt8) -> Bool {
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
    }

    /// For hosts in lower case.
    static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isDigit(byte) || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte
    }

    private static func isAddress(_ byte: UInt8) -> Bool {
        isDigit(byte) || UInt8(ascii: "a")...UInt8(ascii: "f") ~= byte || byte == UInt8(ascii: ":")
            || byte == UInt8(ascii: ".")
    }

    private static func isPath(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte | 0x20) && byte & 0x40 != 0 || isDigit(byte) || "-._~%!$&'()*+,;=:@".utf8.contains(byte)
    }
}
