package import S3Authorization
internal import Synchronization

/// Why a file's type could not be found out.
package enum InspectionError: Error, Sendable, Equatable, CustomStringConvertible {
    /// libmagic or its database cannot be loaded.
    case library(String)
    /// libmagic failed on this file.
    case failed(String)

    package var description: String {
        switch self {
        case .library(let text): "libmagic is needed to inspect files (Debian's package libmagic1): \(text)"
        case .failed(let text): "the file's type cannot be told: \(text)"
        }
    }
}

/// Tells what a file is by its first bytes, with libmagic.
///
/// As many cookies exist as were ever in use at once, and at most `maximumIdle` of them wait for work.
package final class Inspector: Sendable {
    /// Bytes from the start of a file that are looked at.
    package static let length = 4096
    package static let maximumIdle = 8

    private let idle = Mutex<[MagicCookie]>([])

    /// Loads libmagic only when it is needed: a CGI that signs has no use for it.
    package init() {}

    /// Loads libmagic, or throws.
    package func load() throws(InspectionError) {
        putBack(try take())
    }

    /// The type, `application/octet-stream` where nothing is known of it; bytes after `length` are not looked at.
    package func contentType(of bytes: [UInt8]) throws(InspectionError) -> ContentType {
        let cookie = try take()
        defer { putBack(cookie) }
        let text = try cookie.type(of: bytes.prefix(Self.length))
        guard let type = ContentType(text) else { throw .failed("libmagic calls it \(quoted(text.description))") }
        return type
    }

    private func take() throws(InspectionError) -> MagicCookie {
        if let cookie = idle.withLock({ $0.popLast() }) { return cookie }
        return try MagicCookie()
    }

    private func putBack(_ cookie: MagicCookie) {
        idle.withLock { idle in
            if idle.count < Self.maximumIdle { idle.append(cookie) }
        }
    }
}
