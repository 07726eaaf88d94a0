import Testing

@testable import S3Authorization

struct TicketTests {
    static let now = SigningTime.start
    static let nonce = Array(UInt8(0)..<12)

    static var ticket: Ticket {
        var ticket = Ticket(
            bucket: "uploads", key: "frodo/5c/ring.txt", owner: "frodo/", profile: "default", maximumSize: 5 << 30,
            expiry: seconds(100), name: "Der Eine Ring ○.txt")
        ticket.uploadID = "2~abc.DEF_ghi"
        return ticket
    }

    static var full: Ticket {
        var ticket = ticket
        (ticket.size, ticket.type, ticket.checksum) = (.max, "image/png", "XUFAKrxLKna5cZ2REBfFkg==")
        ticket.maximumSize = 0
        return ticket
    }

    static func seconds(_ count: Int64) -> SigningTime { (try? SigningTime(secondsSince1970: count)) ?? .start }

    static func keys(_ secrets: String...) throws -> TicketKeys {
        try #require(TicketKeys(secrets: secrets.map { Secret($0) }))
    }

    private func failure(
        _ keys: TicketKeys, _ text: ByteString, _ purpose: Ticket.Purpose = .multipartUpload,
        owner: ByteString = "frodo/", at time: SigningTime = now
    ) -> TicketError? {
        do {
            _ = try keys.open(text, for: purpose, owner: owner, at: time)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [ticket, full], Ticket.Purpose.allCases)
    func whatIsSealedComesBack(ticket: Ticket, purpose: Ticket.Purpose) throws {
        let keys = try Self.keys("secret")
        let text = try #require(keys.seal(ticket, for: purpose, nonce: Self.nonce))
        #expect(try keys.open(text, for: purpose, owner: "frodo/", at: Self.now) == ticket)
        #expect(text.bytes.allSatisfy { Base64URL.decode(ByteString([$0, $0, $0, $0])) != nil })
        #expect(!text.description.contains("frodo"))
    }

    @Test func theFormatStays() throws {
        let keys = try Self.keys("secret")
        let text = try #require(keys.seal(Self.ticket, for: .multipartUpload, nonce: Self.nonce))
        #expect(text == Self.golden)
    }

    /// Made once by `Vectors/ticket.py`, which has a cipher and a hash of its own.
    static let golden: ByteString =
        "AVXPLYAAAQIDBAUGBwgJCgv0R3dT3eVDQusbRrbj6lmA_NuAG4IJrE_H5gokUHlwmSInwWk1KBvOuGL5jtl1Kon-7_1wgkLKdguDEIDlY6NsRZJru5bZvP50LwiNImKYoOXCxZ9HZR0yNkzTGULRyD5nRgYCjV4"

    @Test func oneNonceMakesOneTicket() throws {
        let keys = try Self.keys("secret")
        let other = try #require(keys.seal(Self.ticket, for: .multipartUpload, nonce: Array(UInt8(1)...12)))
        #expect(other != Self.golden)
        #expect(keys.seal(Self.ticket, for: .multipartUpload, nonce: [1]) == nil)
    }

    @Test func everyOtherByteFails() throws {
        let keys = try Self.keys("secret")
        let bytes = try #require(Base64URL.decode(Self.golden))
        for index in bytes.indices {
            var other = bytes
            other[index] ^= 0x10
            let expected: TicketError = index == 0 ? .malformed : index < 5 ? .unknownKey : .forged
            #expect(failure(keys, Base64URL.encode(other)) == expected, "byte \(index)")
        }
    }

    @Test func everyOtherLengthFails() throws {
        let keys = try Self.keys("secret")
        let bytes = try #require(Base64URL.decode(Self.golden))
        for count in bytes.indices {
            #expect(failure(keys, Base64URL.encode(Array(bytes.prefix(count)))) != nil)
        }
        #expect(failure(keys, Base64URL.encode(bytes + [0])) == .forged)
    }

    @Test(arguments: ["", "=", "2~abc.DEF_ghi", "../../x", "AQAA+AAA", "AQ==", " ", "\u{0}"])
    func texts(text: String) throws {
        #expect(failure(try Self.keys("secret"), ByteString(text)) == .malformed)
        #expect(failure(try Self.keys("secret"), ByteString(Self.golden.bytes + text.utf8)) != nil || text.isEmpty)
    }

    @Test func longTextsAreNotLookedAt() throws {
        let keys = try Self.keys("secret")
        #expect(failure(keys, ByteString([UInt8](repeating: UInt8(ascii: "A"), count: 1 << 20))) == .malformed)
    }

    @Test func whoWhenAndWhatFor() throws {
        let keys = try Self.keys("secret")
        #expect(failure(keys, Self.golden) == nil)
        #expect(failure(keys, Self.golden, at: Self.seconds(99)) == nil)
        #expect(failure(keys, Self.golden, at: Self.seconds(100)) == .expired)
        #expect(failure(keys, Self.golden, owner: "frodo") == .foreign)
        #expect(failure(keys, Self.golden, owner: "frodo2/") == .foreign)
        #expect(failure(keys, Self.golden, owner: "", at: Self.seconds(100)) == .foreign)
        #expect(failure(keys, Self.golden, .directUpload) == .forged)
    }

    @Test func secretsAreChanged() throws {
        let both = try Self.keys("new secret", "secret")
        #expect(failure(both, Self.golden) == nil)
        let new = try #require(both.seal(Self.ticket, for: .multipartUpload, nonce: Self.nonce))
        #expect(failure(both, new) == nil)
        #expect(failure(try Self.keys("secret", "new secret"), new) == nil)
        #expect(failure(try Self.keys("new secret"), new) == nil)
        #expect(failure(try Self.keys("new secret"), Self.golden) == .unknownKey)
        #expect(failure(try Self.keys("secret"), new) == .unknownKey)
        #expect(TicketKeys(secrets: []) == nil)
        #expect("\(both)" == "<redacted>")
    }

    @Test func theBodyIsReadWhole() {
        let bytes = TicketBody.write(Self.full)
        #expect(TicketBody.read(bytes) == Self.full)
        for count in bytes.indices {
            #expect(TicketBody.read(Array(bytes.prefix(count))) == nil)
        }
        #expect(TicketBody.read(bytes + [0]) == nil)
        #expect(TicketBody.read([UInt8](repeating: 0xff, count: 64)) == nil)
    }
}
