/// Who signs and in which scope: `AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request`, the value of `X-Amz-Credential`.
public struct Credential: Sendable, Hashable {
    public enum Invalid: Error, Equatable {
        /// No slash, or nothing before the first one.
        case accessKeyID
        case scope(CredentialScope.Invalid)
    }

    public let accessKeyID: ByteString
    public let scope: CredentialScope

    public init(accessKeyID: ByteString, scope: CredentialScope) {
        self.accessKeyID = accessKeyID
        self.scope = scope
    }

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

    public var text: ByteString {
        var output = Array(accessKeyID.bytes)
        output.append(UInt8(ascii: "/"))
        scope.append(to: &output)
        return ByteString(output)
    }
}
