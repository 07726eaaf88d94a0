internal import S3Authorization

/// A media type by the name that it is compared under: lower case, one spelling where several are in use.
///
/// IANA's names, <https://www.iana.org/assignments/media-types/media-types.xhtml>, and what browsers and libmagic say
/// instead.
struct MediaType: Hashable {
    let name: String

    init(_ type: ContentType) {
        let name = "\(type.type)/\(type.subtype)".lowercasedASCII
        self.name = Self.aliases[name] ?? name
    }

    init(_ name: String) {
        self.name = name
    }

    /// Nothing is known of such a file; the empty one is anything.
    var isUnknown: Bool {
        ["application/octet-stream", "binary/octet-stream", "application/x-empty", "inode/x-empty"].contains(name)
    }

    var isText: Bool { name.hasPrefix("text/") }
    var isXML: Bool { name == "application/xml" || name.hasSuffix("+xml") }

    /// Whether people read it in an editor, whatever its first half says.
    var isTextual: Bool {
        isText || isXML || name.hasSuffix("+json") || Self.textual.contains(name)
    }

    private static let textual: Set<String> = [
        "application/json", "application/x-ndjson", "application/yaml", "application/toml", "application/sql",
        "application/x-sh", "application/x-tex", "application/x-latex", "application/rtf", "application/x-subrip",
        "application/postscript", "application/pgp-keys", "application/pgp-signature", "application/x-pem-file",
        "application/x-x509-ca-cert", "application/graphql", "application/x-httpd-php", "application/x-perl",
        "application/vnd.apple.mpegurl", "application/x-bibtex", "application/gpx+xml", "message/rfc822",
    ]

    private static let aliases: [String: String] = [
        "image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg", "image/x-png": "image/png",
        "image/x-ms-bmp": "image/bmp", "image/x-bmp": "image/bmp", "image/x-windows-bmp": "image/bmp",
        "image/x-icon": "image/vnd.microsoft.icon", "image/ico": "image/vnd.microsoft.icon",
        "image/tif": "image/tiff", "image/svg": "image/svg+xml", "image/x-webp": "image/webp",
        "image/x-photoshop": "image/vnd.adobe.photoshop", "application/photoshop": "image/vnd.adobe.photoshop",
        "audio/x-wav": "audio/wav", "audio/wave": "audio/wav", "audio/vnd.wave": "audio/wav",
        "audio/mp3": "audio/mpeg", "audio/x-mpeg": "audio/mpeg", "audio/x-mp3": "audio/mpeg",
        "audio/x-flac": "audio/flac", "audio/x-aiff": "audio/aiff", "audio/x-aac": "audio/aac",
        "audio/x-hx-aac-adts": "audio/aac", "audio/x-midi": "audio/midi", "audio/mid": "audio/midi",
        "video/avi": "video/x-msvideo", "video/msvideo": "video/x-msvideo", "video/vnd.avi": "video/x-msvideo",
        "text/xml": "application/xml", "text/json": "application/json", "text/yaml": "application/yaml",
        "application/x-yaml": "application/yaml", "text/x-yaml": "application/yaml",
        "application/javascript": "text/javascript", "application/x-javascript": "text/javascript",
        "text/x-javascript": "text/javascript", "application/ecmascript": "text/javascript",
        "application/x-pdf": "application/pdf", "text/rtf": "application/rtf", "text/x-markdown": "text/markdown",
        "application/csv": "text/csv", "text/x-csv": "text/csv", "text/comma-separated-values": "text/csv",
        "application/x-zip-compressed": "application/zip", "application/x-zip": "application/zip",
        "application/x-gzip": "application/gzip", "application/x-gunzip": "application/gzip",
        "application/x-bzip2": "application/bzip2", "application/x-bzip": "application/bzip2",
        "application/x-rar": "application/vnd.rar", "application/x-rar-compressed": "application/vnd.rar",
        "application/x-zstd": "application/zstd", "application/x-7z": "application/x-7z-compressed",
        "application/x-gtar": "application/x-tar", "application/x-ole-storage": "application/x-cdf",
        "application/cdfv2": "application/x-cdf", "application/vnd.ms-office": "application/x-cdf",
        "application/font-woff": "font/woff", "application/x-font-ttf": "font/ttf", "font/sfnt": "font/ttf",
        "application/vnd.ms-opentype": "font/otf", "application/x-sqlite3": "application/vnd.sqlite3",
    ]
}
