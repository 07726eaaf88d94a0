/// The headers that are signed: names in lower case and in order, each once, values trimmed and joined with commas,
/// every run of white space in them one space.
///
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#create-canonical-request
package struct CanonicalHeaders: Sendable, Equatable {
    /// `host;x-amz-date`
    package let names: ByteString
    /// `host:…`, one line a header, each with its line feed.
    package let lines: ByteString

    package init(_ headers: [HeaderField]) {
        let sorted = headers.enumerated()
            .map { (index: $0.offset, name: $0.element.lowercasedName, value: $0.element.value) }
            .sorted { $0.name == $1.name ? $0.index < $1.index : $0.name.precedes($1.name) }
        var names: [UInt8] = []
        var lines: [UInt8] = []
        var last: ByteString?
        for header in sorted {
            if header.name == last {
                lines.removeLast()
                lines.append(UInt8(ascii: ","))
            } else {
                if last != nil { names.append(UInt8(ascii: ";")) }
                names.append(contentsOf: header.name.bytes)
                lines.append(contentsOf: header.name.bytes)
                lines.append(UInt8(ascii: ":"))
            }
            Self.append(value: header.value, to: &lines)
            lines.append(UInt8(ascii: "\n"))
            last = header.name
        }
        self.names = ByteString(names)
        self.lines = ByteString(lines)
    }

    private static func append(value: ByteString, to output: inout [UInt8]) {
        var pendingSpace = false
        for byte in value.trimmed.bytes {
            if ByteString.isWhiteSpace(byte) {
                pendingSpace = true
            } else {
                if pendingSpace { output.append(UInt8(ascii: " ")) }
                pendingSpace = false
                output.append(byte)
            }
        }
    }
}
