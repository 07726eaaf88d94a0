import Foundation
import Testing

@testable import S3Authorization

/// xorshift64*: the same bytes on every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed | 1
    }

    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_f491_4f6c_dd1d
    }
}

/// Broken texts: the reader may refuse them or take them, but what it takes is JSON for others too.
struct JSONFuzzTests {
    static let policy = Array(
        #"""
        {"expiration":"2026-11-22T12:39:56.000Z","conditions":[{"acl":"private"},{"bucket":"uploads"},
        {"key":"frodo/é\u00e9\ud83d\ude00.png"},["eq","$success_action_status",200],
        ["content-length-range","0",-1.5e+3],{"x-amz-meta-qqfilename":"a%20b\n.png"},[true,false,null,{}]]}
        """#.utf8)

    private func examine(_ text: [UInt8]) {
        guard (try? POSTPolicy(parsing: text)) != nil else { return }
        #expect((try? JSONSerialization.jsonObject(with: Data(text), options: .fragmentsAllowed)) != nil)
    }

    @Test func theGoodOneIsTaken() throws {
        #expect(try POSTPolicy(parsing: Self.policy).conditions.count == 6)
    }

    @Test func everyPrefixIsRefused() {
        for length in 0..<Self.policy.count {
            #expect(throws: JSONError.self) { try POSTPolicy(parsing: Array(Self.policy[..<length])) }
        }
    }

    @Test func everyOneByteMutation() {
        let replacements: [UInt8] = Array("\"\\{}[],:0-.eu \u{0}".utf8) + [0x1f, 0x7f, 0x80, 0xc2, 0xed, 0xf4, 0xff]
        for index in Self.policy.indices {
            for byte in replacements + [Self.policy[index] ^ 1, Self.policy[index] ^ 0x20] {
                var text = Self.policy
                text[index] = byte
                examine(text)
            }
            var shorter = Self.policy
            shorter.remove(at: index)
            examine(shorter)
        }
    }

    @Test(arguments: 1...8) func seededNoise(seed: UInt64) {
        var generator = SeededGenerator(seed: seed &* 0x9e37_79b9_7f4a_7c15)
        for _ in 0..<400 {
            var text = Self.policy
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                let index = Int.random(in: 0..<text.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: text[index] = UInt8.random(in: 0...255, using: &generator)
                case 1: text.insert(UInt8.random(in: 0...255, using: &generator), at: index)
                case 2: text.removeSubrange(index..<min(text.count, index + Int.random(in: 1...9, using: &generator)))
                default: text.insert(contentsOf: text[index..<min(text.count, index + 20)], at: index)
                }
                if text.isEmpty { break }
            }
            examine(text)
        }
    }
}
