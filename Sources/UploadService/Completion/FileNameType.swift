internal import S3Authorization
enum FileNameType {
    static func type(of name: ByteString) -> ByteString { "application/octet-stream" }
}
