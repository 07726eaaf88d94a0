internal import S3Authorization
internal import S3Client

extension ConfigurationSection {
    /// `access_key_id`, `secret_access_key` and `session_token` of an S3 user, the secrets also as `…_file`; or `"aws"`.
    ///
    /// Nil where there are none, or where something is wrong with them.
    func credentials(isRequired: Bool) -> Configuration.CredentialsSource? {
        let isAWS = value("credentials") { value throws(WrongValue) in
            try value.choice(Configuration.CredentialsSource.Name.self) == .aws
        }
        let isRequired = isRequired && isAWS != true
        let name =
            isRequired
            ? required("access_key_id", "\"AKIA…\"", Checks.accessKeyID)
            : value("access_key_id", Checks.accessKeyID)
        let key = secret("secret_access_key", isRequired: isRequired)
        let token = secret("session_token", isRequired: false)
        if isAWS == true {
            guard name == nil, key == nil, token == nil else {
                report("access_key_id", "stands beside credentials = \"aws\"; keep one of them")
                return nil
            }
            return .aws
        }
        guard let name, let key else { return nil }
        return .configured(
            Configuration.Credentials(
                accessKeyID: name, secretAccessKey: key.secret, sessionToken: token?.secret,
                secretAccessKeyFile: key.path, sessionTokenFile: token?.path))
    }

    /// A secret of visible characters that stands here or in the file that `…_file` names.
    ///
    /// The environment's wins over the file's; two in the same place are one too many.
    private func secret(_ key: String, isRequired: Bool) -> (secret: Secret, path: String?)? {
        let fileKey = key + "_file"
        let hasText = reader.given(path, key) != nil
        let hasFile = reader.given(path, fileKey) != nil
        let textIsNearer = reader.isInEnvironment(path, key)
        guard hasText || hasFile else {
            if isRequired { report(fileKey, "is missing; name the file that holds the secret, or set \(key)") }
            return nil
        }
        if hasText, hasFile, textIsNearer == reader.isInEnvironment(path, fileKey) {
            report(fileKey, "stands beside \(key); keep one of them")
            return nil
        }
        guard hasText, !hasFile || textIsNearer else {
            guard let secret = secretFile(fileKey, lines: false) else { return nil }
            return (secret, value(fileKey, Checks.file) ?? nil)
        }
        if !textIsNearer, reader.isWorldReadable {
            warn(key, "holds a secret, and every user of this machine can read this file; chmod it to 0640")
        }
        return value(key) { (value: ConfigurationValue) throws(WrongValue) in
            (try Self.checked(Array(try value.string().utf8), lines: false), nil)
        }
    }

    /// A secret in the file that the key names; nil also where the key is `""`.
    func secretFile(_ key: String, lines: Bool, atLeast minimum: Int = 1) -> Secret? {
        let read = value(key) { (value: ConfigurationValue) throws(WrongValue) -> ConfigurationFile? in
            guard let path = try Checks.file(value) else { return nil }
            switch reader.readFile(path) {
            case .success(let file):
                _ = try Self.checked(file.bytes, lines: lines, in: path, atLeast: minimum)
                return file
            case .failure(let failure): throw WrongValue("\(quoted(path)): \(failure)")
            }
        }
        guard let file = read ?? nil else { return nil }
        if file.isWorldReadable {
            warn(key, "every user of this machine can read the secret in that file; chmod it to 0640")
        }
        return Secret(FileCredentials.withoutLineBreak(file.bytes))
    }

    private static func checked(
        _ bytes: [UInt8], lines: Bool, in path: String? = nil, atLeast minimum: Int = 1
    ) throws(WrongValue) -> Secret {
        let place = path.map { "\(quoted($0)) " } ?? ""
        let bytes = path == nil ? bytes : FileCredentials.withoutLineBreak(bytes)
        guard !bytes.isEmpty else { throw WrongValue("\(place)is empty") }
        guard bytes.count >= minimum else {
            throw WrongValue(
                "\(place)holds fewer than \(minimum) bytes; make one with: openssl rand -base64 33")
        }
        guard lines || bytes.allSatisfy(\.isVisibleASCII) else {
            throw WrongValue("\(place)must be one word of visible ASCII characters, without spaces and line breaks")
        }
        return Secret(bytes)
    }
}
