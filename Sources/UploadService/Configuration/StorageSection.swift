internal import S3Authorization

/// `[storage]`: the trusted side.
struct StorageSection {
    let section: ConfigurationSection

    /// Nil where there is no section, or where something is wrong with it.
    func read() -> Configuration.Storage? {
        let isRequired = section.isPresent
        let bucket =
            isRequired
            ? section.required("bucket", "\"example-storage\"", Checks.bucket) : section.value("bucket", Checks.bucket)
        let credentials = section.credentials(isRequired: isRequired)
        var storage = Configuration.Storage(bucket: bucket ?? "", credentials: credentials ?? .aws)
        section.set(&storage.acl, "acl", Checks.acl)
        section.set(&storage.key, "key", Checks.keyTemplate)
        section.set(&storage.claims, "claims", Checks.claims)
        section.set(&storage.storageClass, "storage_class") { value throws(WrongValue) in
            try Checks.storageClass(value)
        }
        section.set(&storage.encryption, "encryption") { value throws(WrongValue) in
            try value.choice(Configuration.Rules.Encryption.self)
        }
        section.set(&storage.encryptionKeyID, "encryption_key_id") { value throws(WrongValue) in
            try Checks.encryptionKeyID(value)
        }
        if storage.encryptionKeyID != nil, storage.encryption != .kms {
            section.report("encryption_key_id", "has no effect without encryption = \"aws:kms\"")
        }
        section.set(&storage.partCopyThreshold, "part_copy_threshold") { value throws(WrongValue) in
            try value.byteSize(in: (5 << 20)...(5 << 30))
        }
        guard bucket != nil, credentials != nil else { return nil }
        return storage
    }
}

extension Checks {
    /// The name or ARN of a KMS key.
    static func encryptionKeyID(_ value: ConfigurationValue) throws(WrongValue) -> String {
        let text = try value.string()
        guard isToken(text, and: "-_.:/", 1...2048) else {
            throw WrongValue("\(quoted(text)) is no key id; write for example \"arn:aws:kms:eu-west-1:1234:key/…\"")
        }
        return text
    }

    /// A file by its absolute path; `""` is none.
    static func file(_ value: ConfigurationValue) throws(WrongValue) -> String? {
        let path = try value.string()
        guard path.isEmpty || path.utf8.first == UInt8(ascii: "/") else {
            throw WrongValue("must be an absolute path; our working directory is the web server's choice")
        }
        return path.isEmpty ? nil : path
    }
}
