import COpenSSL

/// AES-256 in Galois/Counter Mode: what it seals nobody reads, and nobody changes, without the key.
///
/// NIST SP 800-38D, section 7, <https://doi.org/10.6028/NIST.SP.800-38D>. One nonce never seals two texts under one key.
package struct AES256GCM: Sendable, Redacted {
    package static let keyByteCount = 32
    package static let nonceByteCount = 12
    package static let tagByteCount = 16

    private let key: Secret

    /// Nil where the key has not 32 bytes.
    package init?(key: [UInt8]) {
        guard key.count == Self.keyByteCount else { return nil }
        self.key = Secret(key)
    }

    /// The sealed text with its tag behind it; nil where the nonce has not 12 bytes or OpenSSL fails.
    package func seal(_ plain: [UInt8], nonce: [UInt8], context: [UInt8]) -> [UInt8]? {
        guard nonce.count == Self.nonceByteCount else { return nil }
        var output = [UInt8](repeating: 0, count: plain.count + Self.tagByteCount)
        let isDone = key.withBytes { key in
            unsafe output.withUnsafeMutableBufferPointer { output in
                unsafe key.withUnsafeBufferPointer { key in
                    unsafe countersign_aes_256_gcm_seal(
                        key.baseAddress, nonce, context, context.count, plain, plain.count, output.baseAddress,
                        output.baseAddress.map { unsafe $0 + plain.count })
                }
            }
        }
        return isDone == 1 ? output : nil
    }

    /// The text that was sealed with this key, nonce and context; nil for anything else.
    package func open(_ sealed: ArraySlice<UInt8>, nonce: [UInt8], context: [UInt8]) -> [UInt8]? {
        guard nonce.count == Self.nonceByteCount, sealed.count >= Self.tagByteCount else { return nil }
        let cipher = Array(sealed.dropLast(Self.tagByteCount))
        let tag = Array(sealed.suffix(Self.tagByteCount))
        var plain = [UInt8](repeating: 0, count: cipher.count)
        let isDone = key.withBytes { key in
            unsafe plain.withUnsafeMutableBufferPointer { plain in
                unsafe key.withUnsafeBufferPointer { key in
                    unsafe countersign_aes_256_gcm_open(
                        key.baseAddress, nonce, context, context.count, cipher, cipher.count, tag, plain.baseAddress)
                }
            }
        }
        return isDone == 1 ? plain : nil
    }
}
