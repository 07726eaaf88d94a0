extension Response {
    /// The bytes of the response as CGI has it; `head` leaves the body out and keeps its length.
    ///
    /// A status outside 200 to 599, a name that is no token or a value with a control byte turns the whole response into an
    /// empty 500: it is never split. RFC 3875, section 6.2, <https://www.rfc-editor.org/rfc/rfc3875#section-6.2>.
    package func encoded(head: Bool = false) -> [UInt8] {
        var bytes: [UInt8] = []
        append(to: &bytes, head: head)
        return bytes
    }

    func append(to bytes: inout [UInt8], head: Bool) {
        let start = bytes.count
        bytes.reserveCapacity(start + 256 + headers.count * 64 + body.count)
        guard (200...599).contains(status), appendFields(to: &bytes) else {
            bytes.removeSubrange(start...)
            Response(status: 500).append(to: &bytes, head: head)
            return
        }
        guard status != 204, status != 304 else {
            bytes.append("\r\n")
            return
        }
        bytes.append("Content-Length: ")
        bytes.append(decimal: body.count)
        bytes.append("\r\n\r\n")
        if !head { bytes.append(contentsOf: body) }
    }

    private func appendFields(to bytes: inout [UInt8]) -> Bool {
        bytes.append("Status: ")
        bytes.append(decimal: status)
        bytes.append(" ")
        bytes.append(Self.reason(status))
        bytes.append("\r\n")
        for header in headers {
            guard let line = header.line else { return false }
            bytes += line
        }
        return true
    }

    /// RFC 9110, section 15, <https://www.rfc-editor.org/rfc/rfc9110#section-15>.
    private static func reason(_ status: Int) -> StaticString {
        switch status {
        case 200: "OK"
        case 201: "Created"
        case 204: "No Content"
        case 303: "See Other"
        case 304: "Not Modified"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 411: "Length Required"
        case 413: "Content Too Large"
        case 415: "Unsupported Media Type"
        case 422: "Unprocessable Content"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        default: "Status"
        }
    }
}

extension Response.Header {
    /// Made with the header, so that one which every answer has is looked at once.
    static func line(_ name: String, _ value: String) -> [UInt8]? {
        if isOurs(name) { return [] }
        guard !name.isEmpty, name.utf8.allSatisfy(\.isTokenByte),
            value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f })
        else { return nil }
        return Array("\(name): \(value)\r\n".utf8)
    }

    /// Status and Content-Length are written from the response itself, once.
    private static func isOurs(_ name: String) -> Bool {
        switch name.utf8.count {
        case 14: name.utf8.elementsEqual("content-length".utf8) { $0 | 0x20 == $1 | 0x20 }
        case 6: name.utf8.elementsEqual("status".utf8) { $0 | 0x20 == $1 | 0x20 }
        default: false
        }
    }
}

extension UInt8 {
    /// A byte of a token: RFC 9110, section 5.6.2, <https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2>.
    var isTokenByte: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"),
            UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
            true
        default: false
        }
    }
}

extension [UInt8] {
    mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { bytes in unsafe append(contentsOf: bytes) }
    }

    mutating func append(decimal number: Int) {
        var power = 1
        while number / power >= 10 { power *= 10 }
        while power > 0 {
            append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / power % 10))
            power /= 10
        }
    }
}
