import COpenSSL

/// SHA-256: https://doi.org/10.6028/NIST.FIPS.180-4
package enum SHA256 {
    /// The number of bytes in a digest.
    package static let byteCount = 32

    package static func digest(of message: Span<UInt8>) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { output, count in
            unsafe message.withUnsafeBufferPointer { input in
                unsafe countersign_sha256(input.baseAddress, input.count, output.baseAddress)
            }
            count = byteCount
        }
    }

    package static func digest(of message: [UInt8]) -> [UInt8] {
        digest(of: message.span)
    }

    package static func digest(of message: ArraySlice<UInt8>) -> [UInt8] {
        digest(of: message.span)
    }

    package static func digest(of message: ByteString) -> [UInt8] {
        digest(of: message.bytes.span)
    }
}
