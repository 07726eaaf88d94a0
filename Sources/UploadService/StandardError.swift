internal import Glibc
internal import S3Authorization

/// Where log lines go.
package enum StandardError {
    /// Whether it is the journal's, by device and inode. <https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#%24JOURNAL_STREAM>
    package static var isJournal: Bool {
        guard let stream = unsafe getenv("JOURNAL_STREAM").map({ unsafe String(cString: $0) }) else { return false }
        var status = stat()
        return unsafe fstat(2, &status) == 0 && stream == "\(status.st_dev):\(status.st_ino)"
    }

    package static func write(_ line: [UInt8]) {
        write(line.span)
    }

    /// Writes one line in one call, so that the lines of many threads never mix.
    package static func write(_ line: Span<UInt8>) {
        var text = ByteWriter(capacity: line.count + 1)
        text.append(line)
        text.append(0x0a)
        text.withBytes { text in
            _ = unsafe text.withUnsafeBytes { unsafe Glibc.write(2, $0.baseAddress, $0.count) }
        }
    }
}
