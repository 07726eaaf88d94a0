/// Who signs and in which scope: `AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request`, the value of `X-Amz-Credential`.
public struct Credential: Sendable, Hashable {
    /// Why a text is no credential.
    public enum Invalid: Error, Equatable {
        /// No slash, or nothing before the first one.
        case accessKeyID
        case scope(CredentialScope.Invalid)
    }

    /// What comes before the first slash.
    public let accessKeyID: ByteString
    /// Day, region and service of the signature.
    public let scope: CredentialScope

    /// The credential of a key in a scope.
    public init(accessKeyID: ByteString, scope: CredentialScope) {
        self.accessKeyID = accessKeyID
        self.scope = scope
    }

    /// Reads the value of `X-Amz-Credential`; throws ``Invalid`` for the first part that is wrong.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>
    public init(parsing text: ByteString) throws(Invalid) {
        guard let slash = text.bytes.firstIndex(of: UInt8(ascii: "/")), slash > text.bytes.startIndex else {
            throw .accessKeyID
        }
        accessKeyID = ByteString(text.bytes[..<slash])
        do {
            scope = try CredentialScope(parsing: ByteString(text.bytes[(slash + 1)...]))
        } catch {
            throw .scope(error)
        }
    }

    /// The value of `X-Amz-Credential`, not percent-encoded.
    public var text: ByteString {
        var output = Array(accessKeyID.bytes)
        output.append(UInt8(ascii: "/"))
        scope.append(to: &output)
        return ByteString(output)
    }
}
