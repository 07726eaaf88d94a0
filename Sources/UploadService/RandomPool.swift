internal import Glibc
internal import Synchronization

/// The kernel's random bytes, fetched many at a time: a request takes a few, and a system call for each would show.
final class RandomPool: Sendable {
    private let bytes = Mutex<[UInt8]>([])

    /// Bytes that nobody had before and nobody will have again.
    func take(_ count: Int) -> [UInt8] {
        bytes.withLock { bytes in
            while bytes.count < count { Self.fill(&bytes) }
            let left = bytes.count - count
            let taken = unsafe bytes.withUnsafeMutableBytes { bytes in
                let last = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[left...])
                defer { unsafe last.initializeMemory(as: UInt8.self, repeating: 0) }
                return unsafe Array(last)
            }
            bytes.removeLast(count)
            return taken
        }
    }

    /// <https://man7.org/linux/man-pages/man3/getentropy.3.html>, 256 bytes at most
    private static func fill(_ bytes: inout [UInt8]) {
        var chunk = [UInt8](repeating: 0, count: 256)
        let isFilled = unsafe chunk.withUnsafeMutableBytes { chunk in
            unsafe getentropy(chunk.baseAddress, chunk.count) == 0
        }
        precondition(isFilled, "the kernel has no random bytes")
        bytes.reserveCapacity(512)
        bytes += chunk
    }
}
