/// A media type: RFC 9110, section 8.3.1, <https://www.rfc-editor.org/rfc/rfc9110#section-8.3.1>, its names as
/// RFC 6838, section 4.2, has them, <https://www.rfc-editor.org/rfc/rfc6838#section-4.2>.
package struct ContentType: Sendable {
    /// As it was written; its case means nothing.
    package let type: ByteString
    package let subtype: ByteString

    /// Reads `type/subtype`, and parameters such as `;charset=utf-8`, which are checked and left out.
    package init?(_ text: ByteString) {
        guard text.count <= 255 else { return nil }
        let bytes = text.bytes
        let end = bytes.firstIndex(of: UInt8(ascii: ";")) ?? bytes.endIndex
        guard let slash = bytes[..<end].firstIndex(of: UInt8(ascii: "/")), Self.isName(bytes[..<slash]) else {
            return nil
        }
        let subtype = bytes[(slash + 1)..<end].droppingLastSpaces
        guard Self.isName(subtype) else { return nil }
        if end < bytes.endIndex {
            let parameters = bytes[(end + 1)...].split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
            guard parameters.allSatisfy(Self.isParameter) else { return nil }
        }
        self.type = ByteString(bytes[..<slash])
        self.subtype = ByteString(subtype)
    }

    private static func isName(_ text: ArraySlice<UInt8>) -> Bool {
        (1...127).contains(text.count) && text.first.map(isAlphanumeric) == true && text.allSatisfy(isNameByte)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "&"), UInt8(ascii: "-"),
            UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "+"):
            true
        default: isAlphanumeric(byte)
        }
    }

    private static func isParameter(_ text: ArraySlice<UInt8>) -> Bool {
        let parts = text.drop { $0 == 0x20 }.droppingLastSpaces
            .split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, parts[0].allSatisfy(isTokenByte) else { return false }
        let value = parts[1]
        if value.count >= 2, value.first == UInt8(ascii: "\""), value.last == UInt8(ascii: "\"") {
            return value.dropFirst().dropLast().allSatisfy { isTokenByte($0) || " /:;,=@()?.".utf8.contains($0) }
        }
        // What a browser recorded has "codecs=vp8,opus", a comma without quotes. Nothing after it can be taken for a
        // second type, as <https://fetch.spec.whatwg.org/#concept-header-extract-mime-type> would: there is no slash.
        return !value.isEmpty && value.allSatisfy { isTokenByte($0) || $0 == UInt8(ascii: ",") }
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (0x61...0x7a).contains(byte | 0x20)
    }
}

extension ArraySlice<UInt8> {
    fileprivate var droppingLastSpaces: ArraySlice<UInt8> {
        var text = self
        while text.last == 0x20 { text = text.dropLast() }
        return text
    }
}

/// Which media types may be uploaded: `image/png`, `image/*` or `*/*`.
public struct ContentTypePattern: Equatable, Sendable, CustomStringConvertible {
    private let type: ByteString?
    private let subtype: ByteString?
    /// The pattern as it was written.
    public let description: String

    /// A pattern; nil where it is neither `*/*`, `type/*` nor one media type without parameters.
    public init?(_ text: String) {
        description = text
        guard text != "*/*" else {
            (type, subtype) = (nil, nil)
            return
        }
        guard !text.utf8.contains(UInt8(ascii: ";")) else { return nil }
        let isWhole = !text.hasSuffix("/*")
        guard let parsed = ContentType(ByteString(isWhole ? text : String(text.dropLast()) + "x")) else { return nil }
        type = parsed.type
        subtype = isWhole ? parsed.subtype : nil
    }

    package func matches(_ contentType: ContentType) -> Bool {
        (type.map(contentType.type.equalsIgnoringASCIICase) ?? true)
            && (subtype.map(contentType.subtype.equalsIgnoringASCIICase) ?? true)
    }
}
