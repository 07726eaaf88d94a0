internal import S3Authorization

/// The answer as libcurl hands it over, line by line and piece by piece, each bounded.
final class CurlAnswer {
    static let maximumHead = 65_536

    private(set) var status = 0
    private(set) var headers: [HeaderField] = []
    private(set) var body: [UInt8] = []
    private(set) var isTooLarge = false
    private(set) var isHeadComplete = false
    private var headCount = 0
    private let limit: Int
    /// Whether the deadline of the first byte has passed.
    let isLate: () -> Bool

    init(limit: Int, isLate: @escaping () -> Bool) {
        self.limit = limit
        self.isLate = isLate
    }

    /// One line of the head with its end; false to give up.
    func takeHeader(_ line: ArraySlice<UInt8>) -> Bool {
        headCount += line.count
        guard headCount <= Self.maximumHead else {
            isTooLarge = true
            return false
        }
        // What follows the head is a trailer, which nobody signed up for.
        guard !isHeadComplete else { return true }
        let line = ByteString(line).trimmed
        if line.isEmpty {
            isHeadComplete = status >= 200
        } else if line.begins(with: "HTTP/") {
            headers = []
            let code = line.bytes.drop { $0 != UInt8(ascii: " ") }.dropFirst().prefix { $0 != UInt8(ascii: " ") }
            status = DecimalDigits.value(of: ByteString(code)).map { Int(clamping: $0) } ?? 0
        } else if let colon = line.bytes.firstIndex(of: UInt8(ascii: ":")) {
            let name = ByteString(line.bytes[..<colon]).lowercasedASCII
            headers.append(HeaderField(name, ByteString(line.bytes[(colon + 1)...]).trimmed))
        }
        return true
    }

    func takeBody(_ piece: UnsafeRawBufferPointer) -> Bool {
        guard piece.count <= limit - body.count else {
            isTooLarge = true
            return false
        }
        unsafe body.append(contentsOf: piece)
        return true
    }
}
