/// Why a text is not the JSON we read (RFC 8259 and I-JSON, <https://www.rfc-editor.org/rfc/rfc7493>).
///
/// `at` counts the bytes before the place, from the start of the text.
public enum JSONError: Error, Equatable, Sendable {
    case unexpectedEnd
    case unexpectedByte(at: Int)
    case badNumber(at: Int)
    case badEscape(at: Int)
    case loneSurrogate(at: Int)
    case controlCharacterInString(at: Int)
    case notUTF8(at: Int)
    case duplicateMember(at: Int)
    case tooDeep(at: Int)
    case tooManyMembers(at: Int)
    case trailingBytes(at: Int)
}

extension JSONError: CustomStringConvertible {
    /// The reason in words, for whoever sent the text; none of its bytes is quoted.
    public var description: String {
        switch self {
        case .unexpectedEnd: "the JSON text ends too early"
        case .unexpectedByte(let offset): "unexpected character in the JSON text at byte \(offset)"
        case .badNumber(let offset): "malformed number in the JSON text at byte \(offset)"
        case .badEscape(let offset): "unknown escape in a JSON string at byte \(offset)"
        case .loneSurrogate(let offset): "half a surrogate pair in a JSON string at byte \(offset)"
        case .controlCharacterInString(let offset): "unescaped control character in a JSON string at byte \(offset)"
        case .notUTF8(let offset): "the JSON text is not UTF-8 at byte \(offset)"
        case .duplicateMember(let offset): "a JSON object has the same member twice, at byte \(offset)"
        case .tooDeep(let offset):
            "the JSON text is nested more than \(JSONReader.maximumDepth) deep, at byte \(offset)"
        case .tooManyMembers(let offset):
            "a JSON object has more than \(JSONReader.maximumMembers) members, at byte \(offset)"
        case .trailingBytes(let offset): "there is something after the JSON value, at byte \(offset)"
        }
    }
}
