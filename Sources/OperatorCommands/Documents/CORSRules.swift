internal import S3Authorization
internal import UploadService

/// Who may upload from a page: the CORS rule of the uploads bucket.
///
/// Fine Uploader posts forms, pages with URLs PUT, chunked uploads also DELETE to give up; they read the ETag, and Uppy the
/// Location. https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html
package struct CORSRules: Sendable {
    static let id = "countersign"

    let origins: [String]
    let methods = ["POST", "PUT", "DELETE"]
    let headers = ["*"]
    let exposed = ["ETag", "Location"]
    let maximumAge = 3000

    /// The configuration's origins and these; nil where there is none at all.
    init?(_ configuration: Configuration, and others: [String] = []) {
        let configured = ([configuration.server.url].compactMap { $0 } + configuration.server.origins).map(\.origin)
        var all: [String] = []
        for origin in configured + others where !all.contains(origin) { all.append(origin) }
        guard !all.isEmpty else { return nil }
        origins = all
    }

    /// An origin as browsers spell it; nil where it is none.
    package static func origin(_ text: String) -> String? {
        guard let url = HTTPURL(ByteString(text)), url.path.is("/"), url.query == nil else { return nil }
        return url.origin
    }

    var rule: XMLTree {
        XMLTree(
            "CORSRule",
            [XMLTree("ID", Self.id)] + origins.map { XMLTree("AllowedOrigin", $0) }
                + methods.map { XMLTree("AllowedMethod", $0) } + headers.map { XMLTree("AllowedHeader", $0) }
                + exposed.map { XMLTree("ExposeHeader", $0) } + [XMLTree("MaxAgeSeconds", "\(maximumAge)")])
    }

    var xml: XMLTree { XMLTree("CORSConfiguration", [rule]) }

    /// As `aws s3api put-bucket-cors --cors-configuration` takes it.
    var json: JSONTree {
        .object([
            .init(
                "CORSRules",
                [
                    .object([
                        .init("ID", .string(Self.id)), .init("AllowedOrigins", JSONTree(origins)),
                        .init("AllowedMethods", JSONTree(methods)), .init("AllowedHeaders", JSONTree(headers)),
                        .init("ExposeHeaders", JSONTree(exposed)), .init("MaxAgeSeconds", .number(maximumAge)),
                    ])
                ])
        ])
    }
}
