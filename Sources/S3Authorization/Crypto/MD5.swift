import COpenSSL

/// MD5, which S3 wants as `Content-MD5` of some requests, against accidents only.
/// https://www.rfc-editor.org/rfc/rfc1321
package enum MD5 {
    /// The number of bytes in a digest.
    package static let byteCount = 16

    package static func digest(of message: [UInt8]) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { output, count in
            unsafe message.span.withUnsafeBufferPointer { input in
                unsafe countersign_md5(input.baseAddress, input.count, output.baseAddress)
            }
            count = byteCount
        }
    }
}
