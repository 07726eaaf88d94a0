internal import Glibc

/// Where log lines go.
package enum StandardError {
    /// Writes one line in one call, so that the lines of many threads never mix.
    package static func write(_ line: [UInt8]) {
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: line.count + 1) { bytes in
            let end = unsafe bytes.initialize(fromContentsOf: line)
            unsafe bytes.initializeElement(at: end, to: 0x0a)
            _ = unsafe Glibc.write(2, bytes.baseAddress, bytes.count)
        }
    }
}
