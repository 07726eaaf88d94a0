package import S3Authorization

/// Whether what a file is can be called what it was declared to be.
///
/// They agree where
/// - both are one type, spelled in one of its ways (`image/jpg`, `audio/x-wav`);
/// - nothing was found: `application/octet-stream`, an empty file;
/// - plain text, or source text of some language, was found and any text was declared;
/// - `text/plain` or `text/markdown` was declared and any text was found, HTML too, which is then shown as text;
/// - a container was found and one of its formats declared, or the other way round: ZIP and office documents, the old
///   office formats, XML, JSON, MP4, Matroska, Ogg, ASF, gzip, TIFF.
///
/// Everything else contradicts: `text/html` that calls itself `image/png`, and also a JPEG that calls itself a PNG.
package enum TypeAgreement {
    package static func agrees(found: ContentType, declared: ContentType) -> Bool {
        let (found, declared) = (MediaType(found), MediaType(declared))
        if found == declared || found.isUnknown || declared.isUnknown { return true }
        return agreesAsText(found, declared) || areOneFamily(found, declared)
    }

    /// Whether nothing is known of such a file: none, `application/octet-stream`, `binary/octet-stream`.
    package static func isUnknown(_ type: ContentType) -> Bool {
        MediaType(type).isUnknown
    }

    /// Whether libmagic knows every file of this type by its first bytes, so that one it does not know is none.
    static func isAlwaysFound(_ type: ContentType) -> Bool {
        alwaysFound.contains(MediaType(type).name)
    }

    private static func agreesAsText(_ found: MediaType, _ declared: MediaType) -> Bool {
        if declared.name == "text/plain" || declared.name == "text/markdown" { return found.isTextual }
        // What language a text is written in is a guess, but for those that browsers run.
        let isGuess = found.isText && found.name != "text/html" && found.name != "text/javascript"
        return isGuess && declared.isTextual
    }

    private static func areOneFamily(_ found: MediaType, _ declared: MediaType) -> Bool {
        for family in families where family.holds(found) && family.holds(declared) {
            // Two formats of one container are different files, unless the family is loose.
            if family.isLoose || family.container == found || family.container == declared { return true }
        }
        return false
    }

    private struct Family {
        let container: MediaType
        var members: Set<String> = []
        var prefixes: [String] = []
        var suffix = "+none"
        /// Whether its formats are told apart by nothing in the first bytes.
        var isLoose = false

        func holds(_ type: MediaType) -> Bool {
            type == container || members.contains(type.name) || type.name.hasSuffix(suffix)
                || prefixes.contains { type.name.hasPrefix($0) }
        }
    }

    private static let families = [
        Family(
            container: MediaType("application/zip"),
            members: [
                "application/java-archive", "application/vnd.android.package-archive", "application/vnd.ms-xpsdocument",
                "application/vnd.apple.pages", "application/vnd.apple.numbers", "application/vnd.apple.keynote",
                "application/vnd.google-earth.kmz", "application/vnd.comicbook+zip", "model/3mf",
                "application/x-xpinstall",
            ],
            prefixes: [
                "application/vnd.openxmlformats-officedocument.", "application/vnd.oasis.opendocument.",
                "application/vnd.ms-word.", "application/vnd.ms-excel.", "application/vnd.ms-powerpoint.",
            ], suffix: "+zip"),
        Family(
            container: MediaType("application/x-cdf"),
            members: [
                "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint",
                "application/vnd.ms-outlook", "application/vnd.ms-project", "application/vnd.visio",
                "application/x-msi", "application/vnd.ms-publisher", "application/vnd.ms-works",
            ], isLoose: true),
        Family(container: MediaType("application/xml"), suffix: "+xml"),
        Family(
            container: MediaType("application/json"), members: ["application/x-ndjson"], suffix: "+json"),
        Family(
            container: MediaType("video/mp4"),
            members: [
                "audio/mp4", "audio/x-m4a", "video/x-m4v", "video/quicktime", "video/3gpp", "video/3gpp2", "audio/3gpp",
                "audio/aac", "application/mp4", "audio/x-m4b",
            ], isLoose: true),
        Family(
            container: MediaType("video/webm"),
            members: ["audio/webm", "video/x-matroska", "audio/x-matroska", "video/matroska", "audio/matroska"],
            isLoose: true),
        Family(
            container: MediaType("application/ogg"),
            members: ["audio/ogg", "video/ogg", "audio/opus", "audio/vorbis", "audio/x-vorbis+ogg"], isLoose: true),
        Family(
            container: MediaType("video/x-ms-asf"), members: ["video/x-ms-wmv", "audio/x-ms-wma"], isLoose: true),
        Family(
            container: MediaType("application/gzip"),
            members: ["application/x-compressed-tar", "application/x-tar+gzip", "application/tar+gzip"],
            suffix: "+gzip"),
        Family(
            container: MediaType("image/tiff"),
            members: ["image/x-canon-cr2", "image/x-nikon-nef", "image/x-adobe-dng", "image/x-sony-arw"]),
        Family(
            container: MediaType("image/heif"), members: ["image/heic", "image/heic-sequence", "image/heif-sequence"],
            isLoose: true),
        Family(container: MediaType("application/postscript"), members: ["image/x-eps", "application/illustrator"]),
        Family(container: MediaType("application/pdf"), members: ["application/illustrator"]),
    ]

    private static let alwaysFound: Set<String> = [
        "image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "image/tiff", "image/heic", "image/avif",
        "image/svg+xml", "image/vnd.adobe.photoshop", "application/pdf", "application/zip", "application/gzip",
        "application/vnd.rar", "application/x-7z-compressed", "application/epub+zip", "application/msword",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.spreadsheet",
        "application/vnd.oasis.opendocument.presentation", "audio/wav", "audio/flac", "audio/ogg", "video/mp4",
        "video/quicktime", "video/webm", "video/x-matroska", "video/x-msvideo", "text/html", "text/plain",
    ]
}
