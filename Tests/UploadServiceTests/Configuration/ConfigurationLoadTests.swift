import S3Authorization
import Testing

@testable import UploadService

@Suite struct ConfigurationLoadTests {
    @Test func defaults() throws {
        let loaded = try Sample.load(Sample.least)
        let configuration = loaded.configuration
        #expect(loaded.warnings.isEmpty)
        #expect(loaded.file == Sample.path)
        #expect(configuration.server.url == nil)
        #expect(configuration.server.mount == "/upload")
        #expect(configuration.server.workers == 32)
        #expect(configuration.server.deadline == 50)
        #expect(configuration.server.grace == 30)
        #expect(configuration.server.origins.isEmpty)
        #expect(configuration.server.secrets.isEmpty)
        #expect(configuration.server.iframeErrors == .always)
        #expect(!configuration.rules.delete)
        #expect(configuration.identity.parameter == "REMOTE_USER")
        #expect(!configuration.identity.anonymous)
        #expect(configuration.identity.prefixCookie == nil)
        #expect(configuration.s3.endpoint.description == "https://s3.eu-west-1.amazonaws.com")
        #expect(configuration.s3.publicEndpoint == configuration.s3.endpoint)
        #expect(configuration.s3.addressing == .virtual)
        #expect(configuration.uploads.acl == .private)
        #expect(
            configuration.uploads.credentials.key != nil && configuration.uploads.credentials.key?.sessionToken == nil)
        #expect(configuration.storage == nil)
        #expect(configuration.hook == nil)
        #expect(configuration.receiptSecret == nil)
        #expect(!configuration.rules.inspect)
        #expect(configuration.profiles.isEmpty)
        let rules = configuration.rules
        #expect(rules == Configuration.Rules())
        #expect(rules.maxSize == 5_368_709_120)
        #expect(rules.signatureVersions == [.v2, .v4])
        #expect(rules.expiresAfter == 300)
        #expect(rules.keyCharacters == .unicode)
        #expect(rules.bodyLimit == 65_536)
    }

    @Test func everyKey() throws {
        let loaded = try Sample.load(Sample.full)
        let configuration = loaded.configuration
        #expect(loaded.warnings.map { $0.contains(": rules.quota_requests: holds for each browser") } == [true])
        #expect(configuration.server.url?.origin == "https://www.example.org")
        #expect(configuration.server.mount == "/files/upload")
        #expect(configuration.server.workers == 16)
        #expect(configuration.server.deadline == 40)
        #expect(configuration.server.grace == 20)
        #expect(configuration.server.origins.map(\.origin) == ["https://app.example.org", "http://localhost:3000"])
        let secrets = [Secret("FILESECRET-0123456789-0123456789"), Secret("FILESECRET-older-0123456789-012345")]
        #expect(configuration.server.secrets == secrets)
        #expect(configuration.server.iframeErrors == .auto)
        #expect(configuration.rules.delete)
        #expect(configuration.events?.tokens == [Secret("FILESECRET-events-0123456789-012345")])
        #expect(configuration.events?.signatures.count == 2 && configuration.events?.profile == "avatars")
        #expect(configuration.rules.session && configuration.rules.method == .put)
        #expect(configuration.log.format == .json && configuration.log.level == .warning)
        #expect(configuration.operations.listen == "unix:/run/countersign/operations.sock")
        #expect(configuration.operations.pages == [.health])
        #expect(configuration.identity.parameter == "OIDC_CLAIM_sub")
        #expect(configuration.identity.anonymous)
        #expect(configuration.identity.prefixCookie == "upload_prefix")
        #expect(configuration.s3.endpoint.description == "http://127.0.0.1:7480/store")
        #expect(configuration.s3.publicEndpoint.description == "https://objects.example.org")
        #expect(configuration.s3.region == "default")
        #expect(configuration.s3.addressing == .path)
        #expect(configuration.uploads.bucket == "example-uploads")
        #expect(configuration.uploads.acl == .bucketOwnerFullControl)
        #expect(configuration.uploads.credentials.key?.accessKeyID == "AKIAIOSFODNN7EXAMPLE")
        #expect(configuration.uploads.credentials.key?.secretAccessKey == Secret("FILESECRET/uploads"))
        #expect(configuration.uploads.credentials.key?.sessionToken == Secret("FILESECRET/token"))
        #expect(configuration.uploads.key == "{user}/{date:%Y/%m}/{uuid}{ext}")
        #expect(configuration.uploads.ticketExpiresAfter == 86_400)
        let storage = try #require(configuration.storage)
        #expect(storage.bucket == "example-storage")
        #expect(storage.acl == .private)
        #expect(storage.credentials.key?.secretAccessKey == Secret("FILESECRET/storage"))
        #expect(storage.key == "{date}/{user}/{uuid}/{name}{ext}")
        #expect(storage.claims == "claims/")
        #expect(storage.storageClass == "STANDARD_IA")
        #expect(storage.encryption == .kms)
        #expect(storage.encryptionKeyID == "alias/uploads")
        #expect(storage.partCopyThreshold == 64 << 20)
        #expect(configuration.s3.authorities == "/etc/countersign/ca.pem")
        #expect(configuration.s3.signatureVersion == .v2)
        #expect(configuration.rules.encryptionKeyIDs == ["alias/uploads"])
        let rules = configuration.rules
        #expect(rules.maxSize == 100_000_000)
        #expect(rules.types == ["image/*", "application/pdf"])
        #expect(rules.signatureVersions == [.v4])
        #expect(rules.expiresAfter == 600)
        #expect(rules.redirects.map(\.description) == ["https://www.example.org/done?from=upload"])
        #expect(rules.keyCharacters == .strict)
        #expect(rules.storageClasses == ["STANDARD_IA"])
        #expect(rules.encryption == [.aes256, .kms])
        #expect(rules.bodyLimit == 32_768)
        let hook = try #require(configuration.hook)
        guard case .call(.unix(let socket, let url), let signature) = hook.action else {
            Issue.record("\(hook.action)")
            return
        }
        #expect(socket == "/run/site/hook.sock")
        #expect(url.description == "http://localhost/uploads/done")
        #expect(
            signature.value(id: "i", time: 1, body: [])
                == WebhookSignature(secret: Secret("FILESECRET/hook"))?.value(id: "i", time: 1, body: []))
        #expect(hook.authorize)
        #expect(hook.timeout == 5)
        #expect(hook.forwardHeaders == ["X-Request-Id", "Cookie"])
        #expect(configuration.receiptSecret == Secret("FILESECRET-receipts-0123456789012345"))
        #expect(rules.inspect && rules.completeOnMultipart)
        #expect(rules.quotaRequests == 100 && rules.quotaBytes == 2 << 40 && rules.quotaWindow == 86_400)
        #expect(rules.quotaOpenUploads == 5 && rules.shadow == "avatars")
        #expect(configuration.quotas.file == "/var/lib/countersign/quotas" && configuration.quotas.entries == 1024)
        // The list of an upload's parts is longer than anything else.
        #expect(configuration.bodyLimit == 1 << 20)
    }

    @Test func profilesOverrideKeyByKey() throws {
        let configuration = try Sample.load(
            Sample.full, ["COUNTERSIGN_RULES_EXPIRES_AFTER": "120"]
        ).configuration
        let avatars = try #require(configuration.rules(profile: "avatars"))
        var expected = configuration.rules
        expected.maxSize = 2 << 20
        expected.types = ["image/*"]
        // It is on trial by [rules], and not by itself.
        expected.shadow = nil
        #expect(avatars == expected)
        #expect(avatars.expiresAfter == 120)
        #expect(configuration.rules(profile: nil) == configuration.rules)
        #expect(configuration.rules(profile: "") == configuration.rules)
        #expect(configuration.rules(profile: "default") == configuration.rules)
        #expect(configuration.rules(profile: "videos") == nil)
    }

    @Test func bodyLimitIsTheLargest() throws {
        let configuration = try Sample.load(Sample.least + "\n[profiles.a]\nbody_limit = \"1MiB\"\n[profiles.b]\n")
            .configuration
        #expect(configuration.bodyLimit == 1 << 20)
        #expect(configuration.rules.bodyLimit == 64 << 10)
        #expect(configuration.profiles["b"] == configuration.rules)
    }

    @Test func environmentAlone() throws {
        let loaded = try Sample.load(
            nil,
            [
                "COUNTERSIGN_S3_ENDPOINT": "https://s3.eu-west-1.amazonaws.com", "COUNTERSIGN_S3_REGION": "eu-west-1",
                "COUNTERSIGN_UPLOADS_BUCKET": "example-uploads", "COUNTERSIGN_UPLOADS_ACCESS_KEY_ID": "AKIA",
                "COUNTERSIGN_UPLOADS_SECRET_ACCESS_KEY_FILE": "/etc/countersign/uploads.key", "HOME": "/root",
                "COUNTERSIGN_PROFILE": "avatars", "COUNTERSIGN_CONFIG": "",
            ])
        #expect(loaded.file == nil)
        #expect(loaded.warnings.isEmpty)
        #expect(loaded.configuration.uploads.credentials.key?.secretAccessKey == Secret("FILESECRET/uploads"))
    }

    @Test func environmentWinsOverTheFile() throws {
        let configuration = try Sample.load(
            Sample.full,
            [
                "COUNTERSIGN_SERVER_WORKERS": "8", "COUNTERSIGN_SERVER_ORIGINS": "https://a.example, https://b.example",
                "COUNTERSIGN_IDENTITY_ANONYMOUS": "false", "COUNTERSIGN_RULES_TYPES": "",
                "COUNTERSIGN_RULES_MAX_SIZE": "1 GiB", "COUNTERSIGN_RULES_SIGNATURE_VERSIONS": "2,4",
                "COUNTERSIGN_UPLOADS_SECRET_ACCESS_KEY": "from-the-environment", "COUNTERSIGN_UPLOADS_ACL": "",
                "COUNTERSIGN_HOOK_AUTHORIZE": "false", "COUNTERSIGN_STORAGE_CLAIMS": "c/",
                "COUNTERSIGN_RULES_ENCRYPTION": "aws:kms",
            ]
        ).configuration
        #expect(configuration.server.workers == 8)
        #expect(configuration.server.origins.map(\.origin) == ["https://a.example", "https://b.example"])
        #expect(!configuration.identity.anonymous)
        #expect(configuration.rules.types.isEmpty)
        #expect(configuration.rules.maxSize == 1 << 30)
        #expect(configuration.rules.signatureVersions == [.v2, .v4])
        #expect(configuration.rules.encryption == [.kms])
        #expect(configuration.uploads.credentials.key?.secretAccessKey == Secret("from-the-environment"))
        #expect(configuration.uploads.acl == nil)
        #expect(configuration.hook?.authorize == false)
        #expect(configuration.storage?.claims == "c/")
    }

    @Test func storageFromTheEnvironmentIsASection() {
        #expect(
            Sample.problems(Sample.least, ["COUNTERSIGN_STORAGE_BUCKET": "example-storage"]).map { $0.prefix(31) }
                == [" storage.access_key_id: is miss", " storage.secret_access_key_file"])
    }

    @Test(
        arguments: [
            ("/a.toml", [:], "/a.toml: there is no such file"),
            ("/denied", [:], "/denied: no permission to read it"),
            (nil, ["COUNTERSIGN_CONFIG": "/b.toml"], "/b.toml: there is no such file (named by COUNTERSIGN_CONFIG)"),
            ("/a.toml", ["COUNTERSIGN_CONFIG": "/b.toml"], "/a.toml: there is no such file"),
            ("/a.toml", ["COUNTERSIGN_S3_REGION": "x"], "/a.toml: there is no such file"),
            (
                nil, ["COUNTERSIGN_CONFIG": "/b.toml", "COUNTERSIGN_S3_REGION": "x"],
                "/b.toml: there is no such file (named"
            ),
            (
                nil, [:],
                "/etc/countersign/countersign.toml: there is no such file; write it, name another with --config FILE or"
            ),
            (nil, ["COUNTERSIGN_PROFILE": "a"], "/etc/countersign/countersign.toml: there is no such file; write it"),
        ] as [(String?, [String: String], String)])
    func whichFile(file: String?, environment: [String: String], message: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try Configuration.load(file: file, environment: environment) { path in
                .failure(path == "/denied" ? .denied : .missing)
            }
        }
        #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
    }

    @Test func theNamedFileIsRead() throws {
        let loaded = try Configuration.load(file: nil, environment: ["COUNTERSIGN_CONFIG": "/c.toml"]) { path in
            path == "/c.toml" ? .success(ConfigurationFile(bytes: Array(Sample.least.utf8))) : .failure(.missing)
        }
        #expect(loaded.file == "/c.toml")
    }

    @Test(arguments: ["uploads", "storage"])
    func credentialsThatAWSToolsFind(section: String) throws {
        let keys = """
            access_key_id = "AKIAI44QH8DHBEXAMPLE"
            secret_access_key = "INLINESECRET"
            """
        let s3 = String(Sample.least.prefix(upTo: try #require(Sample.least.firstRange(of: "[uploads]")).lowerBound))
        let other = section == "uploads" ? "storage" : "uploads"
        let toml = s3 + "[\(other)]\nbucket = \"example-2\"\n\(keys)\n[\(section)]\nbucket = \"example-1\"\n"
        let found = try Sample.load(toml + "credentials = \"aws\"\n").configuration
        #expect((found.uploads.credentials.key == nil) == (section == "uploads"))
        #expect((found.storage?.credentials.key == nil) == (section == "storage"))
        #expect(
            Sample.problems(toml + "credentials = \"aws\"\naccess_key_id = \"AKIAI44QH8DHBEXAMPLE\"\n") == [
                "12: \(section).access_key_id: stands beside credentials = \"aws\"; keep one of them"
            ])
        #expect(!Sample.problems(toml + "credentials = \"aws\"\nsession_token = \"INLINESECRET\"\n").isEmpty)
        #expect(!Sample.problems(toml + "credentials = \"aw\"\n").isEmpty)
        #expect(!Sample.problems(toml).isEmpty)
        let configured = try Sample.load(toml + keys + "\ncredentials = \"configured\"\n").configuration
        #expect(configured.uploads.credentials.key != nil && configured.storage?.credentials.key != nil)
    }

    @Test(arguments: [
        "encryption_key_id = \"alias/uploads\"", "part_copy_threshold = \"1MiB\"", "part_copy_threshold = \"6GiB\"",
        "encryption = \"AES128\"", "storage_class = \"a b\"",
    ])
    func oneWrongStorageLine(line: String) {
        let toml =
            Sample.least + """

                [storage]
                bucket = "example-storage"
                credentials = "aws"
                \(line)
                """
        #expect(throws: ConfigurationError.self) { try Sample.load(toml) }
    }
}
