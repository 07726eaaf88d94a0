/// Which characters an object key may have after its prefix.
public enum KeyCharacters: Sendable {
    /// drf-to-s3's: `A–Z a–z 0–9 - . _ ~ : / ? # [ ] @ ! $ & ' ( ) * + , ; =`
    case strict
    /// Those, the space, and what file names have outside ASCII: letters, marks, digits, punctuation, symbols.
    /// Never invisible or bidirectional characters, nor look-alikes of `/ \ . %`.
    case unicode
}

/// Checks an object key against its owner's prefix, as bytes and by whole segments.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html>
struct KeyRules {
    static let maximumLength = 1024

    let characters: KeyCharacters
    let prefix: KeyPrefix

    func violation(of key: ByteString) -> (message: String, kind: PolicyViolation.Kind)? {
        guard key.count <= Self.maximumLength else { return ("Key too long", .invalid) }
        guard key.hasPrefix(prefix.text) else { return ("Key should start with '\(prefix.text)'", .notPermitted) }
        let name = key.dropFirst(prefix.text.count)
        guard !name.contains("${filename}") else {
            return ("Key should not use ${filename}: what is signed is one key", .invalid)
        }
        guard hasOnlyAllowedCharacters(name) else { return ("Invalid character in key", .invalid) }
        guard hasOnlyPlainSegments(name) else {
            return ("Key should not have an empty, '.' or '..' segment", .invalid)
        }
        return nil
    }

    private func hasOnlyAllowedCharacters(_ name: ByteString) -> Bool {
        let allowsMore = characters == .unicode
        let low = allowsMore ? Self.allowedLow | 1 << 0x20 : Self.allowedLow
        return unsafe name.bytes.withUnsafeBufferPointer { bytes in
            for index in bytes.indices {
                let byte = unsafe bytes[index]
                if byte >= 0x80 { return allowsMore && hasOnlyAllowedCharactersBeyondASCII(name) }
                guard (byte < 64 ? low : Self.allowedHigh) >> UInt64(byte & 63) & 1 == 1 else { return false }
            }
            return true
        }
    }

    /// `! # $ & ' ( ) * + , - . / 0–9 : ; = ?`
    private static let allowedLow: UInt64 = 0xafff_ffda_0000_0000
    /// `@ A–Z [ ] _ a–z ~`
    private static let allowedHigh: UInt64 = 0x47ff_fffe_afff_ffff

    /// Of a name that may have the space.
    private func hasOnlyAllowedCharactersBeyondASCII(_ name: ByteString) -> Bool {
        guard let scalars = name.string?.unicodeScalars else { return false }
        var startsSegment = true
        for scalar in scalars {
            if scalar.isASCII {
                let bits = scalar.value < 64 ? Self.allowedLow | 1 << 0x20 : Self.allowedHigh
                guard bits >> UInt64(scalar.value & 63) & 1 == 1 else { return false }
            } else {
                guard Self.isAllowed(scalar, startsSegment) else { return false }
            }
            startsSegment = scalar == "/"
        }
        return true
    }

    private static func isAllowed(_ scalar: Unicode.Scalar, _ startsSegment: Bool) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        case .nonspacingMark, .spacingMark, .enclosingMark: !startsSegment && !isInvisible(scalar)
        default: !isInvisible(scalar) && !lookAlikes.contains(scalar.value)
        }
    }

    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isDefaultIgnorableCodePoint && scalar.properties.generalCategory != .nonspacingMark
            || scalar.value == 0x034f || scalar.value == 0x2800
    }

    /// What shows as, or is compatible to, a slash, a backslash, a full stop or a percent sign.
    private static let lookAlikes: Set<UInt32> = [
        0x2024, 0x2025, 0x2044, 0x2100, 0x2101, 0x2105, 0x2106, 0x2215, 0x2216, 0x27cb, 0x27cd, 0x29f5, 0x29f8,
        0x29f9, 0xfe30, 0xfe52, 0xfe68, 0xfe6a, 0xff05, 0xff0e, 0xff0f, 0xff3c, 0x066a, 0x2571, 0x2572,
    ]

    private func hasOnlyPlainSegments(_ name: ByteString) -> Bool {
        var start = name.bytes.startIndex
        while let slash = name.bytes[start...].firstIndex(of: UInt8(ascii: "/")) {
            guard Self.isPlainSegment(name.bytes[start..<slash]) else { return false }
            start = slash + 1
        }
        return Self.isPlainSegment(name.bytes[start...])
    }

    private static func isPlainSegment(_ segment: ArraySlice<UInt8>) -> Bool {
        let segment = ByteString(segment)
        return !segment.isEmpty && !segment.is(".") && !segment.is("..")
    }
}

extension UploadRules {
    /// Why a key is none of the owner's, or not allowed at all; nil where it is fine.
    package func violation(
        ofKey key: ByteString, prefix: KeyPrefix
    ) -> (message: String, kind: PolicyViolation.Kind)? {
        KeyRules(characters: keyCharacters, prefix: prefix).violation(of: key)
    }
}
