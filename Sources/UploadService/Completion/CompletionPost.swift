internal import S3Authorization
internal import S3Client

/// What a client says when an upload is complete.
struct CompletionPost: Equatable {
    enum Dialect: Equatable {
        /// Urlencoded: Fine Uploader and pages.
        case form
        /// JSON: API clients.
        case json
    }

    var dialect: Dialect
    /// The object key, decoded, as bytes.
    var key: ByteString
    /// Nil where the client names none, as API clients do.
    var bucket: ByteString?
    /// The file's own name, UTF-8.
    var name: ByteString
    var uuid: ByteString?
    /// Nil where none was posted.
    var etag: ETag?
    /// What else was posted, for the site.
    var parameters: [JSONMember] = []
    /// A sealed ticket in place of key and name, which are empty until it is opened.
    var signedID: ByteString?
    /// What the ticket holds the upload to.
    var declaration: UploadDeclaration?
}
