package import S3Authorization

/// What a hook's answer before signing or copying narrows, and the metadata that it sets.
package struct HookTerms: Sendable {
    /// Why an answer's terms cannot be kept; nothing is to be signed or copied under them.
    package enum Invalid: Error, Sendable, Equatable, CustomStringConvertible {
        /// A member that is not what it must be.
        case member(String)
        /// A member whose name is nearly one of ours: left out, it would narrow nothing.
        case misspelled(String, for: String)

        package var description: String {
            switch self {
            case .member("maxSize"): "the hook's maxSize is no whole number of bytes"
            case .member("types"): "the hook's types are no list of media types such as \"image/*\""
            case .member(let name): "the hook's \(name) is no object of names (a-z, 0-9, -) and texts, 2 KiB in all"
            case .misspelled(let name, let right): "the hook's member \(quoted(name)) must be spelled \(right)"
            }
        }
    }

    /// Bytes; nil: as configured.
    package private(set) var maximumSize: UInt64?
    /// Nil: as configured. An empty list lets nothing through.
    package private(set) var types: [ContentTypePattern]?
    /// Names in lower case, to be sent as `x-amz-meta-…`; values are UTF-8 without control characters.
    package private(set) var metadata: [(name: ByteString, value: ByteString)] = []

    private static let names = ["maxSize", "types", "metadata"]
    /// https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html#UserMetadata
    private static let metadataLimit = 2048

    package init() {}

    /// Reads `maxSize`, `types` and `metadata`; other members are the site's own affair.
    package init(_ members: [JSONMember]) throws(Invalid) {
        for member in members {
            var reader = JSONReader(Array(member.json.bytes))
            switch member.name.description {
            case "maxSize": maximumSize = try Self.size(&reader)
            case "types": types = try Self.types(&reader)
            case "metadata": metadata = try Self.metadata(&reader)
            case let name:
                let folded = name.utf8.filter { $0.isLetter }.map(\.lowercased)
                if let right = Self.names.first(where: { $0.lowercasedASCII.utf8.elementsEqual(folded) }) {
                    throw .misspelled(name, for: right)
                }
            }
        }
    }

    /// The smaller of two sizes.
    package func size(within maximum: UInt64) -> UInt64 {
        min(maximum, maximumSize ?? maximum)
    }

    /// Whether the type is among `types`, if there are any; what is configured is for the rules to say.
    package func allows(_ type: ContentType) -> Bool {
        types.map { $0.contains { $0.matches(type) } } ?? true
    }

    private static func size(_ reader: inout JSONReader) throws(Invalid) -> UInt64 {
        guard let digits = try? reader.readNumber(), let size = DecimalDigits.value(of: digits) else {
            throw .member("maxSize")
        }
        return size
    }

    private static func types(_ reader: inout JSONReader) throws(Invalid) -> [ContentTypePattern] {
        do {
            var types: [ContentTypePattern] = []
            var array = try reader.beginArray()
            while try reader.nextElement(in: &array) {
                guard let pattern = try reader.readString().string.flatMap(ContentTypePattern.init) else {
                    throw Invalid.member("types")
                }
                types.append(pattern)
            }
            return types
        } catch {
            throw .member("types")
        }
    }

    private static func metadata(_ reader: inout JSONReader) throws(Invalid) -> [(name: ByteString, value: ByteString)]
    {
        do {
            var metadata: [(name: ByteString, value: ByteString)] = []
            var object = try reader.beginObject()
            while let name = try reader.nextMember(in: &object) {
                let value = try reader.readString()
                let total = metadata.reduce(name.count + value.count) { $0 + $1.name.count + $1.value.count }
                guard isName(name), total <= metadataLimit, value.bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
                    throw Invalid.member("metadata")
                }
                metadata.append((name, value))
            }
            return metadata
        } catch {
            throw .member("metadata")
        }
    }

    private static func isName(_ name: ByteString) -> Bool {
        (1...64).contains(name.count)
            && name.bytes.allSatisfy { $0.isLowercase || $0.isDigit || $0 == UInt8(ascii: "-") }
    }
}
