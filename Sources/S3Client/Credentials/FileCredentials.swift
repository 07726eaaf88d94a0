package import S3Authorization

/// A secret access key in a file of its own, read again when it changes; the key's id is in the configuration.
package struct FileCredentials: CredentialsProvider {
    private let file: WatchedFile<Credentials>

    package init(accessKeyID: ByteString, secretPath: String) {
        file = WatchedFile(path: secretPath) { bytes throws(CredentialsError) in
            let secret = ByteString(bytes).trimmed
            guard !secret.isEmpty, secret.bytes.allSatisfy({ 0x21...0x7e ~= $0 }) else {
                throw .malformed("the secret access key in \(secretPath)")
            }
            return Credentials(accessKeyID: accessKeyID, secret: Secret(Array(secret.bytes)))
        }
    }

    package func credentials(until deadline: Deadline) throws(CredentialsError) -> Credentials {
        try file.value()
    }
}

/// One profile of the credentials file that AWS's tools share, read again when it changes.
///
/// https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
package struct SharedCredentialsFile: CredentialsProvider {
    private let file: WatchedFile<Credentials>

    package init(path: String, profile: ByteString = "default") {
        file = WatchedFile(path: path) { bytes throws(CredentialsError) in
            try Self.credentials(in: bytes, profile: profile, path: path)
        }
    }

    package func credentials(until deadline: Deadline) throws(CredentialsError) -> Credentials {
        try file.value()
    }

    private static func credentials(
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
        return Credentials(
            accessKeyID: id, secret: Secret(Array(secret.bytes)), sessionToken: values["aws_session_token"])
    }
}

extension StaticCredentials {
    /// Those of `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and, where set, `AWS_SESSION_TOKEN`.
    package init(environment: (String) -> String?) throws(CredentialsError) {
        guard let id = environment("AWS_ACCESS_KEY_ID"), !id.isEmpty else { throw .missing("AWS_ACCESS_KEY_ID") }
        guard let secret = environment("AWS_SECRET_ACCESS_KEY"), !secret.isEmpty else {
            throw .missing("AWS_SECRET_ACCESS_KEY")
        }
        let token = environment("AWS_SESSION_TOKEN").flatMap { $0.isEmpty ? nil : ByteString($0) }
        self.init(Credentials(accessKeyID: ByteString(id), secret: Secret(secret), sessionToken: token))
    }
}
