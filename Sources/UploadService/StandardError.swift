internal import Glibc

/// Where log lines go.
package enum StandardError {
    /// Whether it is the journal's, by device and inode. <https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#%24JOURNAL_STREAM>
    package static var isJournal: Bool {
        guard let stream = unsafe getenv("JOURNAL_STREAM").map({ unsafe String(cString: $0) }) else { return false }
        var status = stat()
        return unsafe fstat(2, &status) == 0 && stream == "\(status.st_dev):\(status.st_ino)"
    }

    /// Writes one line in one call, so that the lines of many threads never mix.
    package static func write(_ line: [UInt8]) {
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: line.count + 1) { bytes in
            let end = unsafe bytes.initialize(fromContentsOf: line)
            unsafe bytes.initializeElement(at: end, to: 0x0a)
            _ = unsafe Glibc.write(2, bytes.baseAddress, bytes.count)
        }
    }
}
