internal import Glibc
package import UploadService

/// What an operator gives us to read.
package enum InputFile {
    /// The whole file, or standard input for nil and `-`; at most 1 MiB.
    package static func read(_ path: String?) throws(ConfigurationFile.Failure) -> [UInt8] {
        let path = path == nil || path == "-" ? "/dev/stdin" : path ?? ""
        switch ConfigurationFile.read(path) {
        case .success(let file): return file.bytes
        case .failure(let failure): throw failure
        }
    }
}

/// Where a command's own words go.
package enum StandardOutput {
    /// Writes them with a line feed at the end.
    package static func write(_ text: [UInt8]) {
        var rest = (text + (text.last == 0x0a ? [] : [0x0a]))[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { bytes in unsafe Glibc.write(1, bytes.baseAddress, bytes.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
