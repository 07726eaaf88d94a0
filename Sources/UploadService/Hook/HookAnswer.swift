internal import S3Authorization

/// What a hook's answer means, whichever way it came.
enum HookAnswer {
    /// Bytes of an answer that are read at most.
    static let limit = 65_536
    /// Bytes of the hook's error that the client is shown at most.
    static let errorLimit = 500
    static let defaultError = "The upload was refused"

    /// The verdict of a hook that says yes: nothing, or a JSON object.
    static func accepted(_ body: [UInt8]) -> HookVerdict {
        if isBlank(body) { return .accepted([]) }
        do {
            return .accepted(try JSONMembers(parsing: body).all)
        } catch {
            return .undecided("the hook accepted, but its answer is no JSON object: \(error)")
        }
    }

    /// The verdict of a hook that says no, with its `error` if that can be read.
    static func refused(_ body: [UInt8]) -> HookVerdict {
        .refused((try? JSONMembers(parsing: body).all).flatMap(error) ?? defaultError)
    }

    /// The verdict of an answer that is a no only where it says `"refuse": true`; nil where it does not.
    static func explicitlyRefused(_ body: [UInt8]) -> HookVerdict? {
        guard let members = try? JSONMembers(parsing: body).all,
            members.contains(where: { $0.name.is("refuse") && $0.json.is("true") })
        else { return nil }
        return .refused(error(members) ?? defaultError)
    }

    /// The text of `error`, without control characters and cut to whole characters.
    private static func error(_ members: [JSONMember]) -> String? {
        guard let json = members.first(where: { $0.name.is("error") })?.json else { return nil }
        var reader = JSONReader(Array(json.bytes))
        guard case .string? = try? reader.peek(), let text = try? reader.readString().string else { return nil }
        let clean = bounded(text)
        return clean.utf8.allSatisfy { $0 == 0x20 } ? nil : clean
    }

    /// C0 and C1 controls, and what turns the direction of text or breaks its lines, are left out.
    static func bounded(_ text: String) -> String {
        var clean = String.UnicodeScalarView()
        var count = 0
        for scalar in text.unicodeScalars where !isControl(scalar) {
            count += UTF8.width(scalar)
            guard count <= errorLimit else { break }
            clean.append(scalar)
        }
        return String(clean)
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7f..<0xa0, 0x2028...0x202e, 0x2066...0x2069, 0x200e, 0x200f, 0xfeff: true
        default: false
        }
    }

    private static func isBlank(_ body: [UInt8]) -> Bool {
        body.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0a || $0 == 0x0d }
    }
}
