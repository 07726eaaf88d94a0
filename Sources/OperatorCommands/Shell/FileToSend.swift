internal import Glibc
internal import S3Authorization
internal import UploadService

/// What is known of a file before it is sent.
package struct FileToSend: Sendable, Equatable {
    package var name: String
    package var type: String?
    /// Bytes.
    package var size: Int64?
    /// Of S3's answer to a form: 204 has no body.
    package var status: Int?

    package init(name: String, type: String? = nil, size: Int64? = nil) {
        self.name = name
        self.type = type
        self.size = size
    }

    /// Why a file cannot be sent.
    package enum Failure: Error, Sendable, Equatable, CustomStringConvertible {
        case unreadable(Int32)
        case notAFile

        package var description: String {
            switch self {
            case .unreadable(ENOENT): "there is no such file"
            case .unreadable(EACCES): "no permission to read it"
            case .unreadable(let code): "it cannot be read (errno \(code))"
            case .notAFile: "it is no regular file"
            }
        }
    }

    /// Takes the name from the path, the type from the name's ending, else from what libmagic sees in the file.
    package init(path: String) throws(Failure) {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .unreadable(errno) }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw .unreadable(errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile }
        name = String(path.utf8.split(separator: UInt8(ascii: "/")).last ?? path.utf8[...]) ?? path
        size = Int64(status.st_size)
        let type = FileNameType.contentType(of: ByteString(name)) ?? Self.contentType(descriptor)
        self.type = type.map { "\($0.type)/\($0.subtype)" } ?? "application/octet-stream"
    }

    private static func contentType(_ descriptor: Int32) -> ContentType? {
        var bytes = [UInt8](repeating: 0, count: Inspector.length)
        let count = unsafe read(descriptor, &bytes, bytes.count)
        guard count > 0 else { return nil }
        return try? Inspector().contentType(of: Array(bytes.prefix(count)))
    }

    /// The query of `GET presign`.
    var query: String {
        var pairs = [("filename", name)]
        if let type { pairs.append(("type", type)) }
        if let size { pairs.append(("size", "\(size)")) }
        if let status { pairs.append(("success_action_status", "\(status)")) }
        return pairs.map { "\($0.0)=\(PercentEncoding.encode(ByteString($0.1)))" }.joined(separator: "&")
    }
}
