package import S3Authorization

/// The media type that a file's name promises, for files that came without one.
///
/// IANA's names where there are any, <https://www.iana.org/assignments/media-types/media-types.xhtml>.
package enum FileNameType {
    /// By what follows the last dot; nil where that is not known.
    package static func contentType(of name: ByteString) -> ContentType? {
        let text = type(of: name)
        return text == unknown ? nil : ContentType(text)
    }

    /// The same as text; `application/octet-stream` where it is not known.
    package static func type(of name: ByteString) -> ByteString {
        let file = name.bytes.split { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }.last ?? []
        guard let dot = file.lastIndex(of: UInt8(ascii: ".")), dot > file.startIndex else { return unknown }
        let ending = file[(dot + 1)...].map(\.lowercased)
        guard (1...10).contains(ending.count), ending.allSatisfy({ $0.isLowercase || $0.isDigit }) else {
            return unknown
        }
        return types[String(decoding: ending, as: UTF8.self)].map { ByteString($0) } ?? unknown
    }

    private static let unknown: ByteString = "application/octet-stream"

    static let types: [String: String] = [
        // Pictures
        "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "jpe": "image/jpeg", "gif": "image/gif",
        "webp": "image/webp", "avif": "image/avif", "heic": "image/heic", "heif": "image/heif", "bmp": "image/bmp",
        "tif": "image/tiff", "tiff": "image/tiff", "svg": "image/svg+xml", "ico": "image/vnd.microsoft.icon",
        "jxl": "image/jxl", "psd": "image/vnd.adobe.photoshop", "djvu": "image/vnd.djvu", "dwg": "image/vnd.dwg",
        // Sound
        "mp3": "audio/mpeg", "m4a": "audio/mp4", "aac": "audio/aac", "wav": "audio/wav", "flac": "audio/flac",
        "ogg": "audio/ogg", "oga": "audio/ogg", "opus": "audio/ogg", "mid": "audio/midi", "midi": "audio/midi",
        "weba": "audio/webm", "aif": "audio/aiff", "aiff": "audio/aiff", "wma": "audio/x-ms-wma",
        // Films
        "mp4": "video/mp4", "m4v": "video/mp4", "mov": "video/quicktime", "webm": "video/webm",
        "mkv": "video/matroska", "avi": "video/x-msvideo", "mpg": "video/mpeg", "mpeg": "video/mpeg",
        "ogv": "video/ogg", "wmv": "video/x-ms-wmv", "3gp": "video/3gpp", "3g2": "video/3gpp2", "m2ts": "video/mp2t",
        // Text
        "txt": "text/plain", "log": "text/plain", "csv": "text/csv", "tsv": "text/tab-separated-values",
        "md": "text/markdown", "markdown": "text/markdown", "html": "text/html", "htm": "text/html",
        "css": "text/css", "js": "text/javascript", "mjs": "text/javascript", "ics": "text/calendar",
        "vcf": "text/vcard", "vtt": "text/vtt", "rtf": "application/rtf", "xml": "application/xml",
        "xhtml": "application/xhtml+xml", "json": "application/json", "geojson": "application/geo+json",
        "jsonld": "application/ld+json", "ndjson": "application/x-ndjson", "yaml": "application/yaml",
        "yml": "application/yaml", "sql": "application/sql", "gpx": "application/gpx+xml",
        "kml": "application/vnd.google-earth.kml+xml", "tex": "application/x-tex", "eml": "message/rfc822",
        // Documents
        "pdf": "application/pdf", "ps": "application/postscript", "eps": "application/postscript",
        "ai": "application/postscript", "epub": "application/epub+zip", "doc": "application/msword",
        "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xls": "application/vnd.ms-excel",
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "ppt": "application/vnd.ms-powerpoint",
        "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "odt": "application/vnd.oasis.opendocument.text", "ods": "application/vnd.oasis.opendocument.spreadsheet",
        "odp": "application/vnd.oasis.opendocument.presentation",
        "odg": "application/vnd.oasis.opendocument.graphics", "pages": "application/vnd.apple.pages",
        "numbers": "application/vnd.apple.numbers", "key": "application/vnd.apple.keynote",
        "msg": "application/vnd.ms-outlook", "vsd": "application/vnd.visio", "kmz": "application/vnd.google-earth.kmz",
        // Archives and the rest
        "zip": "application/zip", "gz": "application/gzip", "tgz": "application/gzip", "bz2": "application/bzip2",
        "xz": "application/x-xz", "zst": "application/zstd", "7z": "application/x-7z-compressed",
        "rar": "application/vnd.rar", "tar": "application/x-tar", "jar": "application/java-archive",
        "apk": "application/vnd.android.package-archive", "wasm": "application/wasm",
        "sqlite": "application/vnd.sqlite3", "woff": "font/woff", "woff2": "font/woff2", "ttf": "font/ttf",
        "otf": "font/otf", "stl": "model/stl", "glb": "model/gltf-binary", "gltf": "model/gltf+json",
        "obj": "model/obj",
    ]
}
