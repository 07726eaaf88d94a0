import COpenSSL

/// Comparing without telling, by the time it takes, where two values first differ.
package enum ConstantTime {
    /// Whether both hold the same bytes; only their lengths may show in the time it takes.
    package static func areEqual(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        guard left.count > 0 else { return true }
        return unsafe left.withUnsafeBufferPointer { left in
            unsafe right.withUnsafeBufferPointer { right in
                unsafe CRYPTO_memcmp(left.baseAddress, right.baseAddress, left.count) == 0
            }
        }
    }

    package static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        areEqual(left.span, right.span)
    }

    package static func areEqual(_ left: ByteString, _ right: ByteString) -> Bool {
        areEqual(left.bytes.span, right.bytes.span)
    }
}
