import Testing

@testable import S3Authorization

struct HashTests {
    /// https://csrc.nist.gov/projects/cryptographic-standards-and-guidelines/example-values
    static let messages: [(String, String, String)] = [
        (
            "", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        ),
        (
            "abc", "a9993e364706816aba3e25717850c26c9cd0d89d",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        ),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            String(repeating: "a", count: 1_000_000), "34aa973cd4c4daa4f61eeb2bdbad27316534016f",
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        ),
    ]

    @Test(arguments: messages)
    func nist(message: String, sha1: String, sha256: String) {
        #expect(SHA1.digest(of: Array(message.utf8)) == bytes(hexadecimal: sha1))
        #expect(SHA256.digest(of: Array(message.utf8)) == bytes(hexadecimal: sha256))
        #expect(SHA256.digest(of: ByteString(message)) == bytes(hexadecimal: sha256))
        #expect(SHA256.digest(of: Array("-\(message)-".utf8).dropFirst().dropLast()) == bytes(hexadecimal: sha256))
    }

    /// https://www.rfc-editor.org/rfc/rfc1321#appendix-A.5
    @Test(arguments: [
        ("", "d41d8cd98f00b204e9800998ecf8427e"), ("abc", "900150983cd24fb0d6963f7d28e17f72"),
        ("abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"),
    ])
    func rfc1321(message: String, md5: String) {
        #expect(MD5.digest(of: Array(message.utf8)) == bytes(hexadecimal: md5))
    }

    /// https://www.rfc-editor.org/rfc/rfc4231#section-4; case 5 prints 16 bytes only.
    static let codesSHA256: [([UInt8], [UInt8], String)] = [
        (
            [UInt8](repeating: 0x0b, count: 20), Array("Hi There".utf8),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            [UInt8](repeating: 0xaa, count: 20), [UInt8](repeating: 0xdd, count: 50),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
        ),
        (
            Array(1...25), [UInt8](repeating: 0xcd, count: 50),
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
        ),
        (
            [UInt8](repeating: 0x0c, count: 20), Array("Test With Truncation".utf8), "a3b6167473100ee06e0c796c2955552b"
        ),
        (
            [UInt8](repeating: 0xaa, count: 131), Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
        (
            [UInt8](repeating: 0xaa, count: 131),
            Array(
                ("This is a test using a larger than block-size key and a larger than block-size data. "
                    + "The key needs to be hashed before being used by the HMAC algorithm.").utf8),
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
        ),
    ]

    @Test(arguments: codesSHA256)
    func hmacSHA256(key: [UInt8], message: [UInt8], code: String) {
        let expected = bytes(hexadecimal: code)
        let key = HMACSHA256Key(key)
        #expect(key.authenticationCode(for: message).prefix(expected.count).elementsEqual(expected))
        // A key signs more than once.
        #expect(key.authenticationCode(for: ByteString(message)).prefix(expected.count).elementsEqual(expected))
    }

    /// https://www.rfc-editor.org/rfc/rfc2202#section-3
    static let codesSHA1: [([UInt8], [UInt8], String)] = [
        ([UInt8](repeating: 0x0b, count: 20), Array("Hi There".utf8), "b617318655057264e28bc0b6fb378c8ef146be00"),
        (
            Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"
        ),
        (
            [UInt8](repeating: 0xaa, count: 20), [UInt8](repeating: 0xdd, count: 50),
            "125d7342b9ac11cd91a39af48aa17b4f63f175d3"
        ),
        (Array(1...25), [UInt8](repeating: 0xcd, count: 50), "4c9007f4026250c6bc8414f9bf50c86c2d7235da"),
        (
            [UInt8](repeating: 0x0c, count: 20), Array("Test With Truncation".utf8),
            "4c1a03424b55e07fe7f27be1d58bb9324a9a5a04"
        ),
        (
            [UInt8](repeating: 0xaa, count: 80), Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            "aa4ae5e15272d00e95705637ce8a3b55ed402112"
        ),
        (
            [UInt8](repeating: 0xaa, count: 80),
            Array("Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data".utf8),
            "e8e99d0f45237d786d6bbaa7965c7808bbff1a91"
        ),
    ]

    @Test(arguments: codesSHA1)
    func hmacSHA1(key: [UInt8], message: [UInt8], code: String) {
        let key = HMACSHA1Key(key)
        #expect(key.authenticationCode(for: message) == bytes(hexadecimal: code))
        #expect(key.authenticationCode(for: ByteString(message)) == bytes(hexadecimal: code))
    }

    /// Both sides of the block's 64 bytes, against the definition of HMAC written out.
    @Test(arguments: [0, 1, 63, 64, 65, 128]) func blockEdge(count: Int) {
        let secret = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        let message = Array("message".utf8)
        var block = count > 64 ? SHA256.digest(of: secret) : secret
        block += [UInt8](repeating: 0, count: 64 - block.count)
        let inner = SHA256.digest(of: block.map { $0 ^ 0x36 } + message)
        let expected = SHA256.digest(of: block.map { $0 ^ 0x5c } + inner)
        #expect(HMACSHA256Key(secret).authenticationCode(for: message) == expected)
    }

    /// A start that is hashed once must lead where the whole message leads, wherever the cuts are.
    @Test(arguments: [0, 1, 55, 63, 64, 65, 127, 128, 200]) func startedOnce(count: Int) {
        let message = (0..<200).map { UInt8(truncatingIfNeeded: $0) }
        let key = HMACSHA256Key(Array("secret".utf8))
        let prefix = SHA256Prefix(Array(message[..<count]))
        let longer = key.after(Array(message[..<count]))
        let expected = SHA256.digest(of: message)
        for cut in [count, (count + 200) / 2, 200] {
            let (next, last) = (Array(message[count..<cut]), Array(message[cut...]))
            let digest = prefix.digest(goingOnWith: next.span, last.span)
            #expect((0..<32).map { digest[$0] } == expected)
            let digits = Hexadecimal.digits(of: digest)
            #expect(ByteString((0..<64).map { digits[$0] }) == Hexadecimal.encode(expected))
        }
        let rest = Array(message[count...])
        for _ in 0..<2 {  // A start goes on more than once.
            let code = longer.code(for: rest.span)
            #expect((0..<32).map { code[$0] } == key.authenticationCode(for: message))
        }
    }
}
