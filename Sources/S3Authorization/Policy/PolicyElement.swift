/// The condition elements that may be signed; every other one is refused.
///
/// drf-to-s3's list, Fine Uploader's version 4 conditions, and what the rules can allow beside them.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html>
enum PolicyElement {
    case acl, bucket, key
    case contentLengthRange, contentType
    case cacheControl, contentDisposition, contentEncoding
    case redirect, successActionRedirect, successActionStatus
    case algorithm, credential, date, securityToken
    case storageClass, serverSideEncryption, encryptionKeyID
    /// `x-amz-meta-` and a name of its own.
    case metadata

    /// The exact spelling only: S3 ignores case, so a second spelling would be a second name for one field.
    init?(_ name: ByteString) {
        if name.begins(with: "x-amz-") {
            self.init(amazon: name)
            return
        }
        for (known, element) in Self.plain where name.is(known) {
            self = element
            return
        }
        return nil
    }

    private init?(amazon name: ByteString) {
        for (known, element) in Self.amazon where name.is(known) {
            self = element
            return
        }
        guard name.begins(with: "x-amz-meta-"), Self.isMetadataName(name.bytes.dropFirst(11)) else { return nil }
        self = .metadata
    }

    private static let plain: [(StaticString, PolicyElement)] = [
        ("acl", .acl), ("bucket", .bucket), ("key", .key),
        ("content-length-range", .contentLengthRange), ("Content-Type", .contentType),
        ("Cache-Control", .cacheControl), ("Content-Disposition", .contentDisposition),
        ("Content-Encoding", .contentEncoding), ("redirect", .redirect),
        ("success_action_redirect", .successActionRedirect), ("success_action_status", .successActionStatus),
    ]

    private static let amazon: [(StaticString, PolicyElement)] = [
        ("x-amz-algorithm", .algorithm), ("x-amz-credential", .credential), ("x-amz-date", .date),
        ("x-amz-security-token", .securityToken), ("x-amz-storage-class", .storageClass),
        ("x-amz-server-side-encryption", .serverSideEncryption),
        ("x-amz-server-side-encryption-aws-kms-key-id", .encryptionKeyID),
    ]

    private static func isMetadataName(_ name: ArraySlice<UInt8>) -> Bool {
        (1...64).contains(name.count)
            && name.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }
}
