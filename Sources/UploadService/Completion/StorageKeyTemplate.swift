internal import S3Authorization

/// How the key of a stored object is made: `{user}/{uuid}{ext}`.
///
/// `{user}` the owner's prefix without its slash; `{uuid}` a UUID of the upload, which every template has; `{ext}` a full stop
/// and the file name's extension, where it is 1 to 10 of `a–z 0–9`; `{name}` the file name in `A–Z a–z 0–9 . _ -`;
/// `{date}` the day, or `{date:%Y/%m/%d}` in other words, UTC.
package struct StorageKeyTemplate: Sendable, Equatable {
    private enum Piece: Sendable, Equatable {
        case text(ByteString)
        case user, uuid, ext, name
        case date(ByteString)
    }

    private let pieces: [Piece]

    /// Nil where a brace begins nothing that is known, or `{uuid}` is missing.
    package init?(_ text: String) {
        var pieces: [Piece] = []
        var rest = Array(text.utf8)[...]
        while let open = rest.firstIndex(of: UInt8(ascii: "{")) {
            if open > rest.startIndex { pieces.append(.text(ByteString(rest[..<open]))) }
            guard let close = rest[open...].firstIndex(of: UInt8(ascii: "}")),
                let piece = Self.placeholder(ByteString(rest[(open + 1)..<close]))
            else { return nil }
            pieces.append(piece)
            rest = rest[(close + 1)...]
        }
        guard !rest.contains(UInt8(ascii: "}")), pieces.contains(.uuid) else { return nil }
        if !rest.isEmpty { pieces.append(.text(ByteString(rest))) }
        self.pieces = pieces
    }

    private static func placeholder(_ name: ByteString) -> Piece? {
        if name.is("user") { return .user }
        if name.is("uuid") { return .uuid }
        if name.is("ext") { return .ext }
        if name.is("name") { return .name }
        if name.is("date") { return .date("%Y-%m-%d") }
        guard name.begins(with: "date:") else { return nil }
        let format = name.dropFirst(5)
        return isDateFormat(format) ? .date(format) : nil
    }

    /// `%Y`, `%m`, `%d` and `%H` between slashes, hyphens and underscores.
    private static func isDateFormat(_ format: ByteString) -> Bool {
        var bytes = format.bytes
        while let byte = bytes.popFirst() {
            switch byte {
            case UInt8(ascii: "/"), UInt8(ascii: "-"), UInt8(ascii: "_"): continue
            case UInt8(ascii: "%"):
                guard let letter = bytes.popFirst(), "YmdH".utf8.contains(letter) else { return false }
            default: return false
            }
        }
        return !format.isEmpty
    }

    /// - Parameters:
    ///   - upload: a digest of what was uploaded: its bucket, key and tag
    func key(prefix: KeyPrefix, fileName: ByteString, time: SigningTime, upload: [UInt8]) -> ByteString {
        key(prefix: prefix, fileName: fileName, time: time, uuid: UUIDText.version8(upload))
    }

    func key(prefix: KeyPrefix, fileName: ByteString, time: SigningTime, uuid: ByteString) -> ByteString {
        var key: [UInt8] = []
        for piece in pieces {
            switch piece {
            case .text(let text): key += text.bytes
            case .user: key += prefix.text.bytes.dropLast()
            case .uuid: key += uuid.bytes
            case .ext: key += FileName.dottedExtension(of: fileName).bytes
            case .name: key += FileName.plain(fileName).bytes
            case .date(let format): key += Self.date(time, format)
            }
        }
        return ByteString(key)
    }

    private static func date(_ time: SigningTime, _ format: ByteString) -> [UInt8] {
        let digits = Array(time.text(.basic).bytes)
        var text: [UInt8] = []
        var bytes = format.bytes
        while let byte = bytes.popFirst() {
            guard byte == UInt8(ascii: "%"), let letter = bytes.popFirst() else {
                text.append(byte)
                continue
            }
            switch letter {
            case UInt8(ascii: "Y"): text += digits[0..<4]
            case UInt8(ascii: "m"): text += digits[4..<6]
            case UInt8(ascii: "d"): text += digits[6..<8]
            default: text += digits[9..<11]
            }
        }
        return text
    }
}

enum UUIDText {
    /// A random one, of 16 random bytes: RFC 9562, section 5.4, <https://www.rfc-editor.org/rfc/rfc9562#section-5.4>.
    static func version4(_ random: [UInt8]) -> ByteString {
        text(random, version: 4)
    }

    /// That of a digest: the same upload has the same one, even where its claim was lost.
    ///
    /// RFC 9562, section 5.8, <https://www.rfc-editor.org/rfc/rfc9562#section-5.8>.
    static func version8(_ digest: [UInt8]) -> ByteString {
        text(Array(digest.prefix(16)), version: 8)
    }

    private static func text(_ bytes: [UInt8], version: UInt8) -> ByteString {
        var bytes = bytes
        bytes[6] = bytes[6] & 0x0f | version << 4
        bytes[8] = bytes[8] & 0x3f | 0x80
        let digits = Array(Hexadecimal.encode(bytes).bytes)
        let groups = [digits[0..<8], digits[8..<12], digits[12..<16], digits[16..<20], digits[20..<32]]
        return ByteString(Array(groups.joined(separator: [UInt8(ascii: "-")])))
    }
}
