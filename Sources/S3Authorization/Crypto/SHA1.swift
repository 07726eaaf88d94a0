import COpenSSL

/// SHA-1, for the hashes that version 2 of S3's protocol is made of and nothing else.
/// https://doi.org/10.6028/NIST.FIPS.180-4
package enum SHA1 {
    /// The number of bytes in a digest.
    package static let byteCount = 20

    package static func digest(of message: [UInt8]) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { output, count in
            unsafe message.span.withUnsafeBufferPointer { input in
                unsafe countersign_sha1(input.baseAddress, input.count, output.baseAddress)
            }
            count = byteCount
        }
    }
}
