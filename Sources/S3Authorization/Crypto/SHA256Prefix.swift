import COpenSSL

/// The start of many messages, hashed once for all of them.
struct SHA256Prefix: Sendable {
    private let state: SHA256_CTX

    init(_ start: [UInt8]) {
        state = unsafe start.withUnsafeBufferPointer { unsafe countersign_sha256_start($0.baseAddress, $0.count) }
    }

    /// The digest of the message that goes on with both.
    func digest(goingOnWith next: Span<UInt8>, _ last: Span<UInt8>) -> InlineArray<32, UInt8> {
        var digest = InlineArray<32, UInt8>(repeating: 0)
        var output = digest.mutableSpan
        unsafe withUnsafePointer(to: state) { state in
            unsafe next.withUnsafeBufferPointer { next in
                unsafe last.withUnsafeBufferPointer { last in
                    unsafe output.withUnsafeMutableBufferPointer { output in
                        unsafe countersign_sha256_end(
                            state, next.baseAddress, next.count, last.baseAddress, last.count, output.baseAddress)
                    }
                }
            }
        }
        return digest
    }
}
