internal import FastCGI
internal import S3Authorization

/// The URLs of the upload desk, below its mount.
enum Route {
    case sign
    case emptyPage
    case prefix
    case health

    private static let all: [(StaticString, Route)] = [
        ("/sign", .sign), ("/empty_html", .emptyPage), ("/prefix", .prefix), ("/health", .health),
    ]

    /// What a log calls it.
    var name: StaticString {
        switch self {
        case .sign: "sign"
        case .emptyPage: "empty_html"
        case .prefix: "prefix"
        case .health: "health"
        }
    }

    /// The methods that a client may use, OPTIONS left out: it is answered everywhere.
    var methods: [Inquiry.Method] {
        switch self {
        case .sign: [.post]
        case .emptyPage, .prefix, .health: [.get, .head]
        }
    }

    /// Servers put the path into different parameters, whole or in two halves; the first that lies under the mount is it.
    ///
    /// RFC 3875, sections 4.1.5 and 4.1.13, <https://www.rfc-editor.org/rfc/rfc3875#section-4.1.5>.
    init?(_ parameters: Parameters, mount: ByteString) {
        let script = parameters["SCRIPT_NAME"] ?? []
        let info = parameters["PATH_INFO"] ?? []
        let paths = [
            // Some servers' samples put the whole path into both.
            info.isEmpty || info == script ? script : script + info,
            parameters["DOCUMENT_URI"] ?? [],
            (parameters["REQUEST_URI"] ?? []).prefix { $0 != UInt8(ascii: "?") },
        ]
        for path in paths {
            guard let route = Self.below(mount, ByteString(path)) else { continue }
            guard let known = Self.all.first(where: { route.is($0.0) })?.1 else { return nil }
            self = known
            return
        }
        guard let known = Self.all.first(where: { ByteString(info).is($0.0) })?.1 else { return nil }
        self = known
    }

    private static func below(_ mount: ByteString, _ path: ByteString) -> ByteString? {
        guard path.hasPrefix(mount) else { return nil }
        let rest = path.dropFirst(mount.count)
        return rest.bytes.first == UInt8(ascii: "/") ? rest : nil
    }
}
