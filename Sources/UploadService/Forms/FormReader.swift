internal import S3Authorization

/// One name and its value, both decoded and UTF-8.
struct FormPair: Equatable {
    let name: ByteString
    let value: ByteString

    init(_ name: ByteString, _ value: ByteString) {
        self.name = name
        self.value = value
    }
}

/// Why a body is not the urlencoded form we read.
enum FormError: Error, Equatable {
    /// A `%` without two hexadecimal digits after it.
    case escape(pair: Int)
    case notUTF8(pair: Int)
    case tooManyPairs
    /// A name with more brackets than `NestedForm.maximumDepth`.
    case tooDeep(pair: Int)
    /// A name that is a value in one pair, and an object or an array in another.
    case contradiction(pair: Int)
}

extension FormError: CustomStringConvertible {
    var description: String {
        switch self {
        case .escape(let pair): "a % without two hexadecimal digits after it, in pair \(pair)"
        case .notUTF8(let pair): "pair \(pair) is not UTF-8"
        case .tooManyPairs: "there are more than \(FormReader.maximumPairs) pairs"
        case .tooDeep(let pair): "the name of pair \(pair) has more than \(NestedForm.maximumDepth) brackets"
        case .contradiction(let pair): "the name of pair \(pair) is a value here and holds others there"
        }
    }
}

/// Reads `application/x-www-form-urlencoded`, refusing what the standard would repair.
///
/// <https://url.spec.whatwg.org/#urlencoded-parsing>, section 5.1.
enum FormReader {
    static let maximumPairs = 1000

    /// The pairs in their order; empty ones, which Fine Uploader writes for empty objects, are left out.
    static func pairs(_ text: ByteString) throws(FormError) -> [FormPair] {
        var pairs: [FormPair] = []
        var rest = text.bytes
        while !rest.isEmpty {
            let piece = rest.prefix { $0 != UInt8(ascii: "&") }
            rest = rest[piece.endIndex...].dropFirst()
            if piece.isEmpty { continue }
            guard pairs.count < maximumPairs else { throw .tooManyPairs }
            let name = piece.prefix { $0 != UInt8(ascii: "=") }
            let value = piece[name.endIndex...].dropFirst()
            let number = pairs.count + 1
            pairs.append(FormPair(try decode(name, pair: number), try decode(value, pair: number)))
        }
        return pairs
    }

    private static func decode(_ text: ArraySlice<UInt8>, pair: Int) throws(FormError) -> ByteString {
        var decoded = ByteString(text)
        do throws(PercentEncoding.DecodingError) {
            if text.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) {
                decoded = try PercentEncoding.decodeForm(decoded)
            }
        } catch {
            throw .escape(pair: pair)
        }
        guard decoded.isUTF8 else { throw .notUTF8(pair: pair) }
        return decoded
    }
}

extension ByteString {
    /// Whether these bytes are well-formed UTF-8.
    var isUTF8: Bool { bytes.allSatisfy { $0 < 0x80 } || string != nil }

    /// Whether there is a C0 control character, DEL or, in UTF-8, a C1 one.
    var hasControlCharacter: Bool {
        zip(bytes, bytes.dropFirst() + [0x20]).contains { byte, next in
            byte < 0x20 || byte == 0x7f || byte == 0xc2 && (0x80...0x9f).contains(next)
        }
    }
}
