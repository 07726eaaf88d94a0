/// What the bytes of an upload add up to, in Base64: S3 takes the object only where they do.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>
public enum UploadChecksum: Sendable, Equatable {
    case md5(ByteString)
    case sha256(ByteString)

    /// Told apart by their lengths: 16 bytes are MD5, 32 are SHA-256.
    public init?(base64 text: ByteString) {
        guard let bytes = try? Base64.decode(text), Base64.encode(bytes) == text else { return nil }
        switch bytes.count {
        case 16: self = .md5(text)
        case 32: self = .sha256(text)
        default: return nil
        }
    }

    var header: HeaderField {
        switch self {
        case .md5(let text): HeaderField("content-md5", text)
        case .sha256(let text): HeaderField("x-amz-checksum-sha256", text)
        }
    }
}
