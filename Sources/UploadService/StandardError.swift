internal import Glibc

/// Where log lines go.
package enum StandardError {
    /// Writes one line in one call, so that the lines of many threads never mix.
    package static func write(_ line: [UInt8]) {
        let line = line + [0x0a]
        unsafe line.withUnsafeBytes { bytes in
            _ = unsafe Glibc.write(2, bytes.baseAddress, bytes.count)
        }
    }
}
