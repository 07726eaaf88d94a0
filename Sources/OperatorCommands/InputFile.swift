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

/// What comes on a descriptor, line by line: a million lines take no more memory than one.
package struct InputLines {
    /// Bytes of a line; of a longer one the rest is left out, which makes it none of ours.
    package static let limit = 4096

    private let descriptor: Int32
    private var buffer: ArraySlice<UInt8> = []

    package init(_ descriptor: Int32 = 0) {
        self.descriptor = descriptor
    }

    /// The next line that is not empty, without its end; nil after the last.
    package mutating func next() throws(ConfigurationFile.Failure) -> [UInt8]? {
        var line: [UInt8] = []
        while true {
            if buffer.isEmpty {
                buffer = try piece()
                guard !buffer.isEmpty else { return line.isEmpty ? nil : line }
            }
            let end = buffer.firstIndex(of: 0x0a)
            line += buffer[..<(end ?? buffer.endIndex)].prefix(Self.limit - line.count)
            buffer = end.map { buffer[($0 + 1)...] } ?? []
            if end != nil, !line.isEmpty { return line }
        }
    }

    private func piece() throws(ConfigurationFile.Failure) -> ArraySlice<UInt8> {
        var bytes = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = unsafe read(descriptor, &bytes, bytes.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .failed(errno) }
            return bytes[..<count]
        }
    }
}
