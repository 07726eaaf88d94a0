internal import S3Authorization

/// The credentials file that AWS's tools share.
///
/// https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
enum SharedCredentialsFile {
    static func credentials(
        in bytes: [UInt8], profile: ByteString, path: String
    ) throws(CredentialsError) -> Credentials {
        var values: [ByteString: ByteString] = [:]
        var isInProfile = false
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            let text = ByteString(line).trimmed
            guard let first = text.bytes.first, first != UInt8(ascii: "#"), first != UInt8(ascii: ";") else { continue }
            if first == UInt8(ascii: "[") {
                let end = text.bytes.firstIndex(of: UInt8(ascii: "]")) ?? text.bytes.endIndex
                isInProfile = ByteString(text.bytes[(text.bytes.startIndex + 1)..<end]).trimmed == profile
            } else if isInProfile, let equals = text.bytes.firstIndex(of: UInt8(ascii: "=")) {
                let name = ByteString(text.bytes[..<equals]).trimmed.lowercasedASCII
                values[name] = ByteString(text.bytes[(equals + 1)...]).trimmed
            }
        }
        guard let id = values["aws_access_key_id"], let secret = values["aws_secret_access_key"], !id.isEmpty,
            !secret.isEmpty
        else { throw .missing("a key in profile \(profile) of \(path)") }
        let token = values["aws_session_token"].flatMap { $0.isEmpty ? nil : $0 }
        guard [id, secret, token ?? ""].allSatisfy(\.isVisibleASCII) else {
            throw .malformed("the key in profile \(profile) of \(path)")
        }
        return Credentials(accessKeyID: id, secret: Secret(Array(secret.bytes)), sessionToken: token)
    }
}
