@testable import UploadService

/// Configurations that load, and a disk that is a dictionary.
enum Sample {
    static let path = "/etc/countersign/countersign.toml"

    /// No more than must be there.
    static let least = """
        [s3]
        endpoint = "https://s3.eu-west-1.amazonaws.com"
        region = "eu-west-1"

        [uploads]
        bucket = "example-uploads"
        access_key_id = "AKIAIOSFODNN7EXAMPLE"
        secret_access_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
        """

    /// Every key there is, none with its default.
    static let full = """
        # The responder itself.
        [server]
        url = "https://www.example.org"     # the site's origin, where Host and scheme can't be trusted to say it
        mount = "/files/upload/"            # the path under which the web server hands requests over
        workers = 16                        # threads; each serves one request at a time
        deadline = 40                       # seconds for one request, all calls to S3 and the hook included
        grace = 20                          # seconds to answer what is in flight when told to stop
        origins = ["https://app.example.org", "http://localhost:3000"]   # more origins that may call us
        iframe_errors = "auto"              # with status 200: "always", "never", or where it looks needed
        secret_file = "/etc/countersign/secret"                          # seals tickets, cookies and receipts

        # Who the user is.
        [identity]
        parameter = "OIDC_CLAIM_sub"        # the FastCGI parameter that holds the user's name
        anonymous = true                    # without a user: a random prefix in a signed cookie
        prefix_cookie = "upload_prefix"     # the cookie that tells scripts their prefix; empty: none

        # The store.
        [s3]
        endpoint = "http://127.0.0.1:7480/store/"           # what we call
        public_endpoint = "https://objects.example.org"     # what browsers call, where it differs
        region = "default"
        addressing = "path"                                 # or "virtual": the bucket's name before the host
        ca_file = "/etc/countersign/ca.pem"                 # whom our own calls trust instead of the system's list
        signature_version = 2                               # of our own calls; 4 unless the store knows only 2

        # Anybody with leave may write here; nobody trusts what is in it.
        [uploads]
        bucket = "example-uploads"
        acl = "bucket-owner-full-control"   # or "private", or "" for none
        access_key_id = "AKIAIOSFODNN7EXAMPLE"
        secret_access_key_file = "/etc/countersign/uploads.key"     # or secret_access_key = "…"
        key = "{user}/{date:%Y/%m}/{uuid}{ext}"     # the template of the keys that we choose
        ticket_expires_after = 86400                # seconds that an upload in parts may take
        session_token_file = "/etc/countersign/uploads.token"       # or session_token = "…"

        # The trusted side.
        [storage]
        bucket = "example-storage"
        acl = "private"                     # or "bucket-owner-full-control", or "" for none
        access_key_id = "AKIAI44QH8DHBEXAMPLE"
        secret_access_key_file = "/etc/countersign/storage.key"
        session_token_file = "/etc/countersign/storage.token"
        key = "{date}/{user}/{uuid}/{name}{ext}"    # the template of a stored key
        claims = "claims/"                          # the prefix of the claim objects
        storage_class = "STANDARD_IA"               # of stored objects; none: the bucket's
        encryption = "aws:kms"                      # of stored objects: "AES256", "aws:kms"; none: the bucket's
        encryption_key_id = "alias/uploads"         # with "aws:kms"
        part_copy_threshold = "64MiB"               # from here on an object is copied in parts

        # What may be uploaded, unless a profile says otherwise.
        [rules]
        max_size = "100MB"                  # B kB MB GB TB count in thousands, KiB MiB GiB TiB in 1024
        types = ["image/*", "application/pdf"]      # empty: any
        signature_versions = [4]            # of S3's signature: 2, 4 or both
        expires_after = 600                 # seconds that a signature is good for
        redirects = ["https://www.example.org/done?from=upload"]    # more targets of success_action_redirect
        key_characters = "strict"           # in keys: URL characters only; or "unicode"
        storage_classes = ["STANDARD_IA"]   # allowed values of x-amz-storage-class; empty: none
        encryption = ["AES256", "aws:kms"]  # allowed values of x-amz-server-side-encryption; empty: none
        encryption_key_ids = ["alias/uploads"]      # allowed values of x-amz-server-side-encryption-aws-kms-key-id
        body_limit = "32KiB"                # of a request to us, not of an upload
        inspect = true                      # look into files, with libmagic
        delete = true                       # whether users may delete uploads that are not complete
        complete_on_multipart = true        # putting an upload's parts together completes it
        session = true                      # whether users may list their uploads
        method = "put"                      # how files are sent where we say it: "auto", "post", "put"
        quota_requests = 100                # files of one user in one window; 0: no limit
        quota_bytes = "2TiB"                # of these files; 0: no limit
        quota_window = 86400                # seconds
        quota_open_uploads = 5              # uploads in parts that one user may have open; 0: no limit
        shadow = "avatars"                  # the profile on trial, which is asked and not obeyed; empty: none

        # Picked by the trusted parameter COUNTERSIGN_PROFILE; every key of [rules].
        [profiles.avatars]
        max_size = "2MiB"
        types = ["image/*"]

        # Called when an upload is complete.
        [hook]
        url = "unix:/run/site/hook.sock:/uploads/done"  # or http://…, https://…; or command = ["/path", "argument"]
        authorize = true                    # also asked before signing and before copying
        secret_file = "/etc/countersign/hook.key"
        timeout = 5                         # seconds, less than server.deadline
        forward_headers = ["X-Request-Id", "Cookie"]    # of the client's request

        # Where users' uploads are counted.
        [quotas]
        file = "/var/lib/countersign/quotas"
        entries = 1024                      # of 64 bytes each

        # One line for each request, on standard error.
        [log]
        format = "json"                     # or "logfmt"
        level = "warning"                   # and worse: "error", "warning", "info", "debug"

        # For whoever runs it.
        [operations]
        listen = "unix:/run/countersign/operations.sock"    # plain HTTP; or "tcp:127.0.0.1:9180"; empty: none
        public = ["health"]                 # what everybody may ask for under the mount: health, ready, metrics, time

        # What the page hands to the site, and the site verifies.
        [receipt]
        secret_file = "/etc/countersign/receipt.key"

        # The store says what was uploaded.
        [events]
        token_file = "/etc/countersign/events.token"    # one a line, each good
        secret_file = "/etc/countersign/secret"         # or who signs with it
        profile = "avatars"                 # by whose rules the upload is completed then
        """

    /// Text that must never be seen in a message.
    static let secretWords = ["FILESECRET", "wJalrXUtnFEMI", "INLINESECRET", "PASSWORD"]

    static let files: [String: ConfigurationFile] = [
        "/etc/countersign/secret": ConfigurationFile(
            bytes: Array("FILESECRET-0123456789-0123456789\r\n\nFILESECRET-older-0123456789-012345\n".utf8)),
        "/etc/countersign/uploads.key": ConfigurationFile(bytes: Array("FILESECRET/uploads\n".utf8)),
        "/etc/countersign/uploads.token": ConfigurationFile(bytes: Array("FILESECRET/token\r\n".utf8)),
        "/etc/countersign/storage.key": ConfigurationFile(bytes: Array("FILESECRET/storage".utf8)),
        "/etc/countersign/storage.token": ConfigurationFile(bytes: Array("FILESECRET/token2\n".utf8)),
        "/etc/countersign/hook.key": ConfigurationFile(bytes: Array("FILESECRET/hook\n".utf8)),
        "/etc/countersign/receipt.key": ConfigurationFile(bytes: Array("FILESECRET-receipts-0123456789012345\n".utf8)),
        "/etc/countersign/events.token": ConfigurationFile(
            bytes: Array("FILESECRET-events-0123456789-012345\n".utf8)),
        "/whsec": ConfigurationFile(bytes: Array("whsec_RklMRVNFQ1JFVA==\n".utf8)),
        "/whsec-bad": ConfigurationFile(bytes: Array("whsec_FILESECRET!\n".utf8)),
        "/word": ConfigurationFile(bytes: Array("FILESECRET-0123456789-0123456789\n".utf8)),
        "/empty": ConfigurationFile(bytes: [UInt8(ascii: "\n")]),
        "/two-words": ConfigurationFile(bytes: Array("FILESECRET two\n".utf8)),
        "/second-short": ConfigurationFile(
            bytes: Array("FILESECRET-0123456789-0123456789\nFILESECRET\n".utf8)),
        "/many": ConfigurationFile(
            bytes: (0..<17).flatMap { Array("FILESECRET-\($0)-0123456789-0123456789\n".utf8) }),
        "/short": ConfigurationFile(bytes: Array("FILESECRET\n".utf8)),
        "/world": ConfigurationFile(bytes: Array("FILESECRET-0123456789-0123456789\n".utf8), isWorldReadable: true),
    ]

    /// Loads a text as the default file.
    static func load(
        _ toml: String?, _ environment: [String: String] = [:], isWorldReadable: Bool = false
    ) throws(ConfigurationError) -> Configuration.Loaded {
        try Configuration.load(file: nil, environment: environment) { path in
            if path == Sample.path, let toml {
                return .success(ConfigurationFile(bytes: Array(toml.utf8), isWorldReadable: isWorldReadable))
            }
            if path == "/denied" { return .failure(.denied) }
            return files[path].map { .success($0) } ?? .failure(.missing)
        }
    }

    /// The lines of the error, without the path of the file; empty where the text loads.
    static func problems(_ toml: String?, _ environment: [String: String] = [:]) -> [String] {
        do {
            _ = try load(toml, environment)
            return []
        } catch {
            return error.problems.map { line in
                line.description.hasPrefix(path) ? String(line.description.dropFirst(path.count + 1)) : line.description
            }
        }
    }

    /// `least` with lines put into a section, or after all.
    static func least(_ section: String, _ lines: String) -> String {
        let header = "[\(section)]\n"
        guard let range = least.firstRange(of: header) else { return least + "\n" + header + lines + "\n" }
        return least.replacingCharacters(at: range.upperBound, with: lines + "\n")
    }

    /// `full` with one line replaced, which begins so.
    static func full(replacing start: String, by line: String) -> String {
        full.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.hasPrefix(start) ? line : String($0) }.joined(separator: "\n")
    }
}

extension Configuration.CredentialsSource {
    /// Nil where it is to be found.
    var key: Configuration.Credentials? {
        if case .configured(let key) = self { key } else { nil }
    }
}

extension String {
    fileprivate func replacingCharacters(at index: Index, with text: String) -> String {
        String(self[..<index]) + text + String(self[index...])
    }
}
