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

    /// Lends the code for as long as the call lasts.
    package func withAuthenticationCode<Result>(for message: Span<UInt8>, _ body: (Span<UInt8>) -> Result) -> Result {
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.byteCount) { output in
            unsafe withUnsafePointer(to: state) { state in
                unsafe message.withUnsafeBufferPointer { input in
                    unsafe countersign_hmac_sha256(state, input.baseAddress, input.count, output.baseAddress)
                }
            }
            return unsafe body(Span(_unsafeElements: UnsafeBufferPointer(output)))
        }
    }

    package func authenticationCode(for message: Span<UInt8>) -> [UInt8] {
        withAuthenticationCode(for: message) { code in
            unsafe code.withUnsafeBufferPointer { unsafe Array($0) }
        }
    }

    package func authenticationCode(for message: [UInt8]) -> [UInt8] {
        authenticationCode(for: message.span)
    }

    package func authenticationCode(for message: ByteString) -> [UInt8] {
        authenticationCode(for: message.bytes.span)
    }
}
