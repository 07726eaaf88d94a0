import Testing

@testable import S3Authorization

/// Test cases 13 to 16 of the mode's own specification, those with 256-bit keys and 96-bit nonces:
/// https://csrc.nist.gov/groups/ST/toolkit/BCM/documents/proposedmodes/gcm/gcm-spec.pdf
struct AES256GCMTests {
    struct Vector: Sendable {
        var key, nonce, plain, context, cipher, tag: String
    }

    static let zeros = String(repeating: "0", count: 64)
    static let key = String(repeating: "feffe9928665731c6d6a8f9467308308", count: 2)
    static let plain =
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255"
    static let cipher =
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad"

    static let vectors = [
        Vector(
            key: zeros, nonce: String(zeros.prefix(24)), plain: "", context: "", cipher: "",
            tag: "530f8afbc74536b9a963b4f1c4cb738b"),
        Vector(
            key: zeros, nonce: String(zeros.prefix(24)), plain: String(zeros.prefix(32)), context: "",
            cipher: "cea7403d4d606b6e074ec5d3baf39d18", tag: "d0d1c8a799996bf0265b98b5d48ab919"),
        Vector(
            key: key, nonce: "cafebabefacedbaddecaf888", plain: plain, context: "", cipher: cipher,
            tag: "b094dac5d93471bdec1a502270e3cc6c"),
        Vector(
            key: key, nonce: "cafebabefacedbaddecaf888", plain: String(plain.prefix(120)),
            context: "feedfacedeadbeeffeedfacedeadbeefabaddad2", cipher: String(cipher.prefix(120)),
            tag: "76fc6ece0f4e1768cddf8853bb2d551b"),
    ]

    @Test(arguments: vectors)
    func published(vector: Vector) throws {
        let aes = try #require(AES256GCM(key: bytes(hexadecimal: vector.key)))
        let nonce = bytes(hexadecimal: vector.nonce)
        let context = bytes(hexadecimal: vector.context)
        let plain = bytes(hexadecimal: vector.plain)
        let sealed = bytes(hexadecimal: vector.cipher + vector.tag)
        #expect(aes.seal(plain, nonce: nonce, context: context) == sealed)
        #expect(aes.open(sealed[...], nonce: nonce, context: context) == plain)
    }

    @Test func everyOtherByteFails() throws {
        let vector = Self.vectors[3]
        let aes = try #require(AES256GCM(key: bytes(hexadecimal: vector.key)))
        let nonce = bytes(hexadecimal: vector.nonce)
        let context = bytes(hexadecimal: vector.context)
        let sealed = bytes(hexadecimal: vector.cipher + vector.tag)
        for index in sealed.indices {
            var other = sealed
            other[index] ^= 1
            #expect(aes.open(other[...], nonce: nonce, context: context) == nil)
        }
        #expect(aes.open(sealed.dropLast(), nonce: nonce, context: context) == nil)
        #expect(aes.open(sealed.prefix(15), nonce: nonce, context: context) == nil)
        #expect(aes.open(sealed[...], nonce: nonce, context: context + [0]) == nil)
        #expect(aes.open(sealed[...], nonce: nonce.map { $0 ^ 1 }, context: context) == nil)
        let zeros = try #require(AES256GCM(key: [UInt8](repeating: 0, count: 32)))
        #expect(zeros.open(sealed[...], nonce: nonce, context: context) == nil)
    }

    @Test func lengths() throws {
        #expect(AES256GCM(key: [UInt8](repeating: 0, count: 16)) == nil)
        let aes = try #require(AES256GCM(key: [UInt8](repeating: 0, count: 32)))
        #expect(aes.seal([], nonce: [1, 2, 3], context: []) == nil)
        #expect(aes.open([UInt8](repeating: 0, count: 16)[...], nonce: [1, 2, 3], context: []) == nil)
        #expect("\(aes)" == "<redacted>")
    }

    /// https://www.rfc-editor.org/rfc/rfc5869#appendix-A.1: the first 32 of its 42 bytes.
    @Test func hkdf() {
        let key = HKDF.key(
            secret: Secret([UInt8](repeating: 0x0b, count: 22)), salt: Array(0...12),
            info: ByteString(Array(0xf0...0xf9)))
        #expect(key == bytes(hexadecimal: "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"))
    }
}
