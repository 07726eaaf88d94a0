internal import FastCGI
internal import S3Authorization

/// The URLs of the upload desk, below its mount.
enum Route: Equatable {
    case sign
    case fileUploaded
    case events
    case uploadURI
    /// `file`, and `file/UUID`.
    case file
    case emptyPage
    case prefix
    case presign
    /// Uppy's, `s3/params` and `s3/presign`.
    case uppyParameters, uppySigning
    case session
    /// Rails' ActiveStorage's.
    case directUploads
    case evaporate
    case health
    case ready
    case metrics
    case time
    /// `s3/multipart` and what lies below it; aside, so that every other route is one word.
    indirect case multipart(MultipartRoute)
    case sts

    private static let all: [(StaticString, Route)] = [
        ("/sign", .sign), ("/file_uploaded", .fileUploaded), ("/upload_uri", .uploadURI), ("/file", .file),
        ("/empty_html", .emptyPage), ("/prefix", .prefix), ("/health", .health), ("/s3/sts", .sts),
        ("/presign", .presign), ("/s3/params", .uppyParameters), ("/s3/presign", .uppySigning), ("/session", .session),
        ("/direct_uploads", .directUploads), ("/evaporate", .evaporate), ("/events", .events),
        ("/ready", .ready), ("/metrics", .metrics), ("/time", .time),
    ]

    /// All that have a name of their own.
    static var listed: [Route] { all.map(\.1) }

    /// What a log calls it.
    var name: StaticString {
        switch self {
        case .sign: "sign"
        case .fileUploaded: "file_uploaded"
        case .events: "events"
        case .uploadURI: "upload_uri"
        case .file: "file"
        case .emptyPage: "empty_html"
        case .prefix: "prefix"
        case .presign: "presign"
        case .uppyParameters: "s3/params"
        case .uppySigning: "s3/presign"
        case .session: "session"
        case .directUploads: "direct_uploads"
        case .evaporate: "evaporate"
        case .health: "health"
        case .ready: "ready"
        case .metrics: "metrics"
        case .time: "time"
        case .multipart(let route): route.name
        case .sts: "s3/sts"
        }
    }

    /// The methods that a client may use, OPTIONS left out: it is answered everywhere.
    var methods: [Inquiry.Method] {
        switch self {
        case .sign, .uploadURI, .events, .uppySigning, .directUploads: [.post]
        case .presign: [.get, .post]
        case .uppyParameters, .session, .evaporate: [.get]
        case .file: [.post, .delete]
        case .fileUploaded: [.post, .put, .patch]
        case .emptyPage, .prefix, .health, .ready, .metrics, .time: [.get, .head]
        case .multipart(let route): route.methods
        case .sts: [.get]
        }
    }

    /// Whether a GET here is as good as a POST, so that pages of other sites may not send it either.
    var givesLeave: Bool {
        switch self {
        case .presign, .uppyParameters, .session, .evaporate, .sts: true
        case .sign, .fileUploaded, .events, .uploadURI, .file, .emptyPage, .prefix, .health, .uppySigning,
            .directUploads, .multipart, .ready, .metrics, .time:
            false
        }
    }

    /// Servers put the path into different parameters, whole or in two halves; the first that lies under the mount is it.
    ///
    /// RFC 3875, sections 4.1.5 and 4.1.13, <https://www.rfc-editor.org/rfc/rfc3875#section-4.1.5>.
    init?(_ parameters: Parameters, mount: ByteString) {
        let script = parameters["SCRIPT_NAME"] ?? []
        let info = parameters["PATH_INFO"] ?? []
        // Some servers' samples put the whole path into both.
        if let route = Self.below(mount, info.isEmpty || info == script ? script : script + info) {
            self.init(route)
        } else if let route = Self.below(mount, parameters["DOCUMENT_URI"] ?? []) {
            self.init(route)
        } else if let route = Self.below(mount, (parameters["REQUEST_URI"] ?? []).prefix { $0 != UInt8(ascii: "?") }) {
            self.init(route)
        } else {
            self.init(ByteString(info))
        }
    }

    private init?(_ path: ByteString) {
        // Uppy strips no slash from the end of the URL that it is given.
        let path = path.begins(with: "//s3/") ? path.dropFirst(1) : path
        for (known, route) in Self.all where path.is(known) {
            self = route
            return
        }
        if path.begins(with: "/s3/multipart") {
            guard let route = MultipartRoute(path.dropFirst(13)) else { return nil }
            self = .multipart(route)
            return
        }
        guard path.begins(with: "/file/"), path.count > 6, !path.bytes.dropFirst(6).contains(UInt8(ascii: "/")) else {
            return nil
        }
        self = .file
    }

    /// What follows the mount, from a slash on; nil where the path does not lie below it.
    private static func below(_ mount: ByteString, _ path: ArraySlice<UInt8>) -> ByteString? {
        let path = ByteString(path)
        guard path.hasPrefix(mount) else { return nil }
        let rest = path.dropFirst(mount.count)
        return rest.bytes.first == UInt8(ascii: "/") ? rest : nil
    }
}
