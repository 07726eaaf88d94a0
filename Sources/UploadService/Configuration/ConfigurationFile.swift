import Glibc

/// The bytes of a file that the configuration is read from.
package struct ConfigurationFile: Sendable {
    package let bytes: [UInt8]
    /// Whether every user of the machine may read it.
    package let isWorldReadable: Bool

    package init(bytes: [UInt8], isWorldReadable: Bool = false) {
        self.bytes = bytes
        self.isWorldReadable = isWorldReadable
    }

    package enum Failure: Error, Equatable {
        case missing
        case denied
        case tooLarge
        /// An `errno` other than these.
        case failed(Int32)
    }

    /// Bytes; nobody's configuration or secret is longer.
    static let limit = 1 << 20

    /// Reads a file whole, for `Configuration.load`.
    package static func read(_ path: String) -> Result<ConfigurationFile, Failure> {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return .failure(Failure(errno)) }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { return .failure(Failure(errno)) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return .failure(Failure(errno)) }
            if count == 0 { break }
            bytes += buffer[..<count]
            guard bytes.count <= limit else { return .failure(.tooLarge) }
        }
        return .success(ConfigurationFile(bytes: bytes, isWorldReadable: status.st_mode & S_IROTH != 0))
    }
}

extension ConfigurationFile.Failure: CustomStringConvertible {
    init(_ code: Int32) {
        switch code {
        case ENOENT, ENOTDIR: self = .missing
        case EACCES, EPERM: self = .denied
        default: self = .failed(code)
        }
    }

    package var description: String {
        switch self {
        case .missing: "there is no such file"
        case .denied: "no permission to read it"
        case .tooLarge: "it is larger than \(ByteSize.text(ConfigurationFile.limit))"
        case .failed(EISDIR): "it is a directory"
        case .failed(let code): "it cannot be read (errno \(code))"
        }
    }
}
