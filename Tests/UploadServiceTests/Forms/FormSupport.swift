import FastCGI
import Foundation
import S3Authorization
import S3Client
import Testing

@testable import UploadService

/// A generator that gives the same numbers on every run: SplitMix64.
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// Text with whatever makes trouble in forms.
    mutating func text(_ length: ClosedRange<Int>) -> String {
        let alphabet = Array("abz019 +%&=;[]\"\\/.\u{1}é€😀\u{301}")
        return String(
            (0..<Int.random(in: length, using: &self)).map { _ in
                alphabet.randomElement(using: &self) ?? "x"
            })
    }
}

/// The encoder of the standard, written apart from ours: <https://url.spec.whatwg.org/#urlencoded-serializing>.
func urlencoded(_ pairs: [(String, String)]) -> [UInt8] {
    func encode(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case 0x20: "+"
            case 0x2a, 0x2d, 0x2e, 0x5f, 0x30...0x39, 0x41...0x5a, 0x61...0x7a:
                String(UnicodeScalar(byte))
            default: String(format: "%%%02X", byte)
            }
        }.joined()
    }
    return Array(pairs.map { "\(encode($0.0))=\(encode($0.1))" }.joined(separator: "&").utf8)
}

/// JSON as Foundation reads it; nil where it is none.
func parsed(_ json: some Sequence<UInt8>) -> NSObject? {
    try? JSONSerialization.jsonObject(with: Data(json), options: .fragmentsAllowed) as? NSObject
}

extension CompletionPost {
    /// The custom parameters as Foundation reads them.
    var custom: NSDictionary {
        var all: [String: Any] = [:]
        for member in parameters { all[member.name.description] = parsed(member.json.bytes) }
        return all as NSDictionary
    }
}

/// What a completion is refused with; nil where it is taken.
func refusal(_ read: () throws(RequestError) -> CompletionPost) -> RequestError? {
    do throws(RequestError) {
        _ = try read()
        return nil
    } catch {
        return error
    }
}

extension RequestError {
    /// The fields that it is about, each with its first message.
    var fields: [String: String] {
        Dictionary(details.map { ($0.place.description, $0.message) }) { first, _ in first }
    }
}
