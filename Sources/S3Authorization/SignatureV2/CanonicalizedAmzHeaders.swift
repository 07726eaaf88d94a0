extension SignatureV2 {
    /// The `x-amz-…` headers, one line each: names in lower case and in order, values trimmed and joined with commas.
    ///
    /// Unlike version 4, spaces within a value stay; a folded line becomes one space.
    /// https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html#RESTAuthenticationConstructingCanonicalizedAmzHeaders
    struct CanonicalizedAmzHeaders: Sendable, Equatable {
        let text: ByteString

        init(_ headers: [HeaderField]) {
            let sorted = headers.enumerated()
                .map { (index: $0.offset, name: $0.element.lowercasedName, value: $0.element.value) }
                .filter { $0.name.hasPrefix("x-amz-") }
                .sorted { $0.name == $1.name ? $0.index < $1.index : $0.name.precedes($1.name) }
            var output: [UInt8] = []
            var last: ByteString?
            for header in sorted {
                if header.name == last {
                    output.removeLast()
                    output.append(UInt8(ascii: ","))
                } else {
                    output.append(contentsOf: header.name.bytes)
                    output.append(UInt8(ascii: ":"))
                }
                Self.append(value: header.value, to: &output)
                output.append(UInt8(ascii: "\n"))
                last = header.name
            }
            text = ByteString(output)
        }

        private static func append(value: ByteString, to output: inout [UInt8]) {
            var isFolded = false
            for byte in value.trimmed.bytes {
                let isLineEnd = byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
                if isLineEnd {
                    isFolded = true
                } else if !isFolded || !ByteString.isWhiteSpace(byte) {
                    if isFolded { output.append(UInt8(ascii: " ")) }
                    isFolded = false
                    output.append(byte)
                }
            }
        }
    }
}
