import COpenSSL

/// A key for HMAC-SHA-256, its two blocks already hashed: https://www.rfc-editor.org/rfc/rfc2104#section-2
package struct HMACSHA256Key: Sendable, Redacted {
    /// The number of bytes in an authentication code.
    package static let byteCount = SHA256.byteCount

    private let state: countersign_hmac_sha256_key

    package init(_ secret: Span<UInt8>) {
        state = unsafe secret.withUnsafeBufferPointer { input in
            unsafe countersign_hmac_sha256_key_make(input.baseAddress, input.count)
        }
    }

    package init(_ secret: [UInt8]) {
        self.init(secret.span)
    }

    /// The key for messages that all begin with `start`: what it is given then is what follows.
    func after(_ start: [UInt8]) -> HMACSHA256Key {
        unsafe withUnsafePointer(to: state) { state in
            unsafe start.withUnsafeBufferPointer { start in
                unsafe HMACSHA256Key(
                    state: countersign_hmac_sha256_key_after(state, start.baseAddress, start.count))
            }
        }
    }

    private init(state: countersign_hmac_sha256_key) {
        self.state = state
    }

    /// The code without an array for it.
    func code(for message: Span<UInt8>) -> InlineArray<32, UInt8> {
        var code = InlineArray<32, UInt8>(repeating: 0)
        var output = code.mutableSpan
        unsafe withUnsafePointer(to: state) { state in
            unsafe message.withUnsafeBufferPointer { input in
                unsafe output.withUnsafeMutableBufferPointer { output in
                    unsafe countersign_hmac_sha256(state, input.baseAddress, input.count, output.baseAddress)
                }
            }
        }
        return code
    }

    package func authenticationCode(for message: Span<UInt8>) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: Self.byteCount) { output, count in
            unsafe withUnsafePointer(to: state) { state in
                unsafe message.withUnsafeBufferPointer { input in
                    unsafe countersign_hmac_sha256(state, input.baseAddress, input.count, output.baseAddress)
                }
            }
            count = Self.byteCount
        }
    }

    package func authenticationCode(for message: [UInt8]) -> [UInt8] {
        authenticationCode(for: message.span)
    }

    package func authenticationCode(for message: ByteString) -> [UInt8] {
        authenticationCode(for: message.bytes.span)
    }
}
