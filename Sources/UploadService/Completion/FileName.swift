internal import S3Authorization

/// A file's name as its owner wrote it, made harmless for keys and headers.
enum FileName {
    /// `.jpg`; empty where the name has no extension of 1 to 10 letters and digits, which come out small.
    static func dottedExtension(of name: ByteString) -> ByteString {
        guard let dot = name.bytes.lastIndex(of: UInt8(ascii: ".")), dot > name.bytes.startIndex else { return "" }
        let ext = ByteString(name.bytes[(dot + 1)...]).lowercasedASCII
        guard (1...10).contains(ext.count), ext.bytes.allSatisfy(isSmallAlphanumeric) else { return "" }
        return ByteString([UInt8(ascii: ".")] + ext.bytes)
    }

    private static func isSmallAlphanumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    /// At most 100 of `A–Z a–z 0–9 . _ -`, each run of others one hyphen, no full stop or hyphen in front.
    static func plain(_ name: ByteString) -> ByteString {
        var plain: [UInt8] = []
        for byte in name.bytes {
            if isSmallAlphanumeric(byte | 0x20) && (byte >= 0x41 || byte < 0x3a) || byte == UInt8(ascii: "_") {
                plain.append(byte)
            } else if plain.isEmpty {
                continue
            } else if byte == UInt8(ascii: ".") {
                plain.append(byte)
            } else if plain.last != UInt8(ascii: "-") {
                plain.append(UInt8(ascii: "-"))
            }
        }
        return plain.isEmpty ? "file" : ByteString(Array(plain.suffix(100)))
    }

    /// The name percent-encoded for metadata and headers, cut to at most 300 bytes of UTF-8 at a character's edge.
    static func encoded(_ name: ByteString) -> ByteString {
        var cut = name.bytes.prefix(300)
        while cut.endIndex < name.bytes.endIndex, name.bytes[cut.endIndex] & 0xc0 == 0x80, !cut.isEmpty {
            cut = cut.dropLast()
        }
        return PercentEncoding.encode(ByteString(cut))
    }

    /// Always a download, under its own name: RFC 6266, section 4, <https://www.rfc-editor.org/rfc/rfc6266#section-4>.
    static func contentDisposition(_ name: ByteString) -> ByteString {
        ByteString("attachment; filename=\"\(plain(name))\"; filename*=UTF-8''\(encoded(name))")
    }
}
