/// The condition elements that may be signed; every other one is refused.
///
/// drf-to-s3's list, Fine Uploader's version 4 conditions, and what the rules can allow beside them.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html>
enum PolicyElement: UInt32 {
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
        guard let element = name.begins(with: "x-amz-") ? Self.amazon(name) : Self.plain(name) else { return nil }
        self = element
    }

    // Comparing lengths, then bytes, one after the other: a table of names would be counted, and slower.
    private static func plain(_ name: ByteString) -> PolicyElement? {
        if name.is("acl") { return .acl }
        if name.is("bucket") { return .bucket }
        if name.is("key") { return .key }
        if name.is("content-length-range") { return .contentLengthRange }
        if name.is("Content-Type") { return .contentType }
        if name.is("Cache-Control") { return .cacheControl }
        if name.is("Content-Disposition") { return .contentDisposition }
        if name.is("Content-Encoding") { return .contentEncoding }
        if name.is("redirect") { return .redirect }
        if name.is("success_action_redirect") { return .successActionRedirect }
        return name.is("success_action_status") ? .successActionStatus : nil
    }

    private static func amazon(_ name: ByteString) -> PolicyElement? {
        if name.is("x-amz-algorithm") { return .algorithm }
        if name.is("x-amz-credential") { return .credential }
        if name.is("x-amz-date") { return .date }
        if name.is("x-amz-security-token") { return .securityToken }
        if name.is("x-amz-storage-class") { return .storageClass }
        if name.is("x-amz-server-side-encryption") { return .serverSideEncryption }
        if name.is("x-amz-server-side-encryption-aws-kms-key-id") { return .encryptionKeyID }
        return name.begins(with: "x-amz-meta-") && isMetadataName(name.bytes.dropFirst(11)) ? .metadata : nil
    }

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

extension PolicyElement {
    /// Which elements a policy has.
    struct Set: ExpressibleByArrayLiteral {
        private var bits: UInt32 = 0

        init(arrayLiteral elements: PolicyElement...) {
            for element in elements { _ = insert(element) }
        }

        func contains(_ element: PolicyElement) -> Bool {
            bits >> element.rawValue & 1 == 1
        }

        /// False where it was there already.
        mutating func insert(_ element: PolicyElement) -> Bool {
            defer { bits |= 1 << element.rawValue }
            return !contains(element)
        }
    }
}
