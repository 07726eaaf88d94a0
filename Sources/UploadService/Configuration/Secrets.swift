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
            guard let secret = secretFile(fileKey) else { return nil }
            return (secret, value(fileKey, Checks.file) ?? nil)
        }
        if !textIsNearer, reader.isWorldReadable {
            warn(key, "holds a secret, and every user of this machine can read this file; chmod it to 0640")
        }
        return value(key) { (value: ConfigurationValue) throws(WrongValue) in
            (try Self.checked(Array(try value.string().utf8)), nil)
        }
    }

    /// A secret in the file that the key names; nil also where the key is `""`.
    func secretFile(_ key: String, atLeast minimum: Int = 1) -> Secret? {
        secretFile(key) { bytes, path throws(WrongValue) in
            try Self.checked(FileCredentials.withoutLineBreak(bytes), in: path, atLeast: minimum)
        }
    }

    /// The secrets in the file that the key names, one a line, any bytes but line breaks; empty where the key is `""`.
    func secretLines(_ key: String, atLeast minimum: Int) -> [Secret] {
        let secrets = secretFile(key) { bytes, path throws(WrongValue) -> [Secret] in
            let lines = bytes.split(separator: UInt8(ascii: "\n"))
                .map { $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0 }.filter { !$0.isEmpty }
            guard !lines.isEmpty else { throw WrongValue("\(quoted(path)) is empty") }
            guard lines.count <= Self.maximumLines else {
                throw WrongValue("\(quoted(path)) holds \(lines.count) secrets, one a line; keep the newest few")
            }
            for (index, line) in lines.enumerated() {
                try Self.checkLength(line.count, in: lines.count > 1 ? "line \(index + 1) of " : "", path, minimum)
            }
            return lines.map { Secret(Array($0)) }
        }
        return secrets ?? []
    }

    private static var maximumLines: Int { 16 }

    private func secretFile<Value>(
        _ key: String, _ read: ([UInt8], _ path: String) throws(WrongValue) -> Value
    ) -> Value? {
        let secret = value(key) { (value: ConfigurationValue) throws(WrongValue) -> (Value, Bool)? in
            guard let path = try Checks.file(value) else { return nil }
            switch reader.readFile(path) {
            case .success(let file): return (try read(file.bytes, path), file.isWorldReadable)
            case .failure(let failure): throw WrongValue("\(quoted(path)): \(failure)")
            }
        }
        guard let (value, isWorldReadable) = secret ?? nil else { return nil }
        if isWorldReadable {
            warn(key, "every user of this machine can read the secret in that file; chmod it to 0640")
        }
        return value
    }

    private static func checked(
        _ bytes: [UInt8], in path: String? = nil, atLeast minimum: Int = 1
    ) throws(WrongValue) -> Secret {
        let place = path.map { "\(quoted($0)) " } ?? ""
        guard !bytes.isEmpty else { throw WrongValue("\(place)is empty") }
        if let path { try checkLength(bytes.count, in: "", path, minimum) }
        guard bytes.allSatisfy(\.isVisibleASCII) else {
            throw WrongValue("\(place)must be one word of visible ASCII characters, without spaces and line breaks")
        }
        return Secret(bytes)
    }

    private static func checkLength(
        _ count: Int, in line: String, _ path: String, _ minimum: Int
    ) throws(WrongValue) {
        guard count >= minimum else {
            throw WrongValue(
                "\(line)\(quoted(path)) holds fewer than \(minimum) bytes; make one with: openssl rand -base64 33")
        }
    }
}
