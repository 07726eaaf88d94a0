import S3Authorization
import Testing

@testable import UploadService

@Suite struct ConfigurationProblemTests {
    /// One line in a section of the least configuration that loads; the problem, after its line.
    static let wrongLines: [(String, String, String)] = [
        (
            "server", "url = \"www.example.org\"",
            "server.url: must be an absolute URL that begins with https:// or http://"
        ),
        ("server", "url = \"https://e.org/a\"", "server.url: must be scheme and host only; write \"https://e.org\""),
        (
            "server", "mount = \"upload\"",
            "server.mount: \"upload\" must begin with a slash; write for example \"/upload\""
        ),
        ("server", "mount = \"/a/../b\"", "server.mount: \"/a/../b\" must be a plain path"),
        ("server", "mount = \"/a//b\"", "server.mount: \"/a//b\" must be a plain path"),
        ("server", "mount = \"//\"", "server.mount: \"//\" must be a plain path"),
        ("server", "workers = 0", "server.workers: is 0; it must be from 1 to 1024"),
        ("server", "workers = 1025", "server.workers: is 1025; it must be from 1 to 1024"),
        (
            "server", "workers = \"32\"",
            "server.workers: must be a whole number from 1 to 1024, without quotes, not a string"
        ),
        (
            "server", "workers = 1.5",
            "server.workers: must be a whole number from 1 to 1024, without quotes, not a floating"
        ),
        ("server", "deadline = 0", "server.deadline: is 0; it must be from 1 to 3600 seconds"),
        ("server", "grace = -1", "server.grace: is -1; it must be from 1 to 3600 seconds"),
        ("server", "origins = \"https://e.org\"", "server.origins: must be a list in square brackets, not a string"),
        ("server", "origins = [\"*\"]", "server.origins: \"*\": no \"*\" here; name every origin"),
        (
            "server", "origins = [\"https://e.org/\"]",
            "server.origins: must be scheme and host only; write \"https://e.org\""
        ),
        ("server", "origins = [1]", "server.origins: must be a string in quotes, not a number"),
        ("server", "origins = [\"null\"]", "server.origins: must be an absolute URL"),
        ("server", "secret_file = \"secret\"", "server.secret_file: must be an absolute path"),
        ("server", "secret_file = \"/none\"", "server.secret_file: \"/none\": there is no such file"),
        ("server", "secret_file = \"/denied\"", "server.secret_file: \"/denied\": no permission to read it"),
        ("server", "secret_file = \"/empty\"", "server.secret_file: \"/empty\" is empty"),
        ("server", "secret_file = \"/many\"", "server.secret_file: \"/many\" holds 17 secrets, one a line"),
        (
            "server", "secret_file = \"/second-short\"",
            "server.secret_file: line 2 of \"/second-short\" holds fewer than 32 bytes; make one with: "
        ),
        (
            "server", "secret_file = \"/short\"",
            "server.secret_file: \"/short\" holds fewer than 32 bytes; make one with: "
        ),
        (
            "identity", "parameter = \"remote-user\"",
            "identity.parameter: \"remote-user\" is not the name of a CGI parameter"
        ),
        ("identity", "parameter = \"\"", "identity.parameter: \"\" is not the name of a CGI parameter"),
        ("identity", "parameter = \"QUERY_STRING\"", "identity.parameter: \"QUERY_STRING\" never says who the user is"),
        ("identity", "anonymous = \"yes\"", "identity.anonymous: must be true or false, without quotes, not a string"),
        ("identity", "anonymous = 1", "identity.anonymous: must be true or false, without quotes, not a number"),
        ("identity", "prefix_cookie = \"a b\"", "identity.prefix_cookie: \"a b\" is not the name of a cookie"),
        ("identity", "prefix_cookie = 1979-05-27", "identity.prefix_cookie: must be a string in quotes, not a date"),
        ("s3", "public_endpoint = \"s3.e.org\"", "s3.public_endpoint: must be an absolute URL"),
        ("s3", "public_endpoint = \"ftp://e.org\"", "s3.public_endpoint: must be an absolute URL"),
        (
            "s3", "public_endpoint = \"https://u:PASSWORD@e.org\"",
            "s3.public_endpoint: must not hold a user name or password"
        ),
        ("s3", "public_endpoint = \"https://e.org?a\"", "s3.public_endpoint: must not have a query"),
        ("s3", "public_endpoint = \"https://e.org#a\"", "s3.public_endpoint: must not have a fragment"),
        ("s3", "public_endpoint = \"https://\"", "s3.public_endpoint: has no valid host, or a port"),
        ("s3", "public_endpoint = \"https://e..org\"", "s3.public_endpoint: has no valid host, or a port"),
        (
            "s3", "public_endpoint = \"https://e.org:0\"",
            "s3.public_endpoint: has no valid host, or a port that is not a number from 1 to 65535"
        ),
        (
            "s3", "public_endpoint = \"https://e.org:\"",
            "s3.public_endpoint: has no valid host, or a port that is not a number from 1 to 65535"
        ),
        ("s3", "public_endpoint = \"https://e.org/a//b\"", "s3.public_endpoint: must have a plain path"),
        ("s3", "public_endpoint = \"https://jürgen.org\"", "s3.public_endpoint: holds a character that no URL has"),
        (
            "s3", "public_endpoint = \"https://192.0.2.1\"",
            "s3.public_endpoint: \"192.0.2.1\" is an address, before which"
        ),
        (
            "s3", "public_endpoint = \"https://example-uploads.s3.eu-west-1.amazonaws.com\"",
            "s3.public_endpoint: holds the bucket's name; write the host without it"
        ),
        (
            "s3", "addressing = \"virtal\"",
            "s3.addressing: \"virtal\" is not one of \"virtual\", \"path\"; did you mean \"virtual\"?"
        ),
        (
            "uploads", "acl = \"public-read\"",
            "uploads.acl: \"public-read\" would let strangers read what was uploaded; use"
        ),
        ("uploads", "acl = \"authenticated-read\"", "uploads.acl: \"authenticated-read\" would let strangers read"),
        (
            "uploads", "acl = \"privat\"",
            "uploads.acl: \"privat\" is not one of \"private\", \"bucket-owner-full-control\"; did"
        ),
        (
            "uploads", "key = \"{uuid}/{name}\"",
            "uploads.key: \"{uuid}/{name}\" must begin with {user}/ and name {user} nowhere else; write for example"
        ),
        ("uploads", "key = \"{user}/{user}/{uuid}\"", "uploads.key: \"{user}/{user}/{uuid}\" must begin with {user}/"),
        ("uploads", "key = \"x{user}/{uuid}\"", "uploads.key: \"x{user}/{uuid}\" must begin with {user}/"),
        ("uploads", "key = \"{user}/{name}\"", "uploads.key: \"{user}/{name}\" must hold {uuid}"),
        ("uploads", "key = \"{user}/a'b/{uuid}\"", "uploads.key: \"{user}/a'b/{uuid}\" may hold letters, digits and"),
        ("uploads", "key = \"{user}/../{uuid}\"", "uploads.key: \"{user}/../{uuid}\" must be a plain key"),
        ("uploads", "ticket_expires_after = 0", "uploads.ticket_expires_after: "),
        ("uploads", "session_token = \"a b\"", "uploads.session_token: must be one word of visible ASCII characters"),
        ("uploads", "session_token = \"\"", "uploads.session_token: is empty"),
        ("uploads", "session_token = 7", "uploads.session_token: must be a string in quotes, not a number"),
        ("uploads", "session_token_file = \"/empty\"", "uploads.session_token_file: \"/empty\" is empty"),
        (
            "uploads", "session_token_file = \"/two-words\"",
            "uploads.session_token_file: \"/two-words\" must be one word of"
        ),
        (
            "uploads", "secret_access_key_file = \"/etc/countersign/uploads.key\"",
            "uploads.secret_access_key_file: stands beside secret_access_key; keep one of them"
        ),
        (
            "rules", "max_size = \"5G\"",
            "rules.max_size: \"5G\" has no unit that is known; say \"GiB\" (1024) or \"GB\" (1000)"
        ),
        ("rules", "max_size = 0", "rules.max_size: is 0 bytes; it must be from 1B to 5TiB"),
        ("rules", "max_size = \"6TiB\"", "rules.max_size: is 6597069766656 bytes; it must be from 1B to 5TiB"),
        (
            "rules", "max_size = true",
            "rules.max_size: must be a size such as \"5GiB\" or a number of bytes, not true or false"
        ),
        ("rules", "types = [\"image\"]", "rules.types: \"image\" is not a media type; write for example \"image/*\""),
        ("rules", "types = [\"*/png\"]", "rules.types: \"*/png\" is not a media type"),
        ("rules", "types = [\"a/b; c=d\"]", "rules.types: \"a/b; c=d\" is not a media type"),
        ("rules", "types = [\"a/b/c\"]", "rules.types: \"a/b/c\" is not a media type"),
        ("rules", "signature_versions = []", "rules.signature_versions: must not be empty; write [2, 4] or [4]"),
        ("rules", "signature_versions = [3]", "rules.signature_versions: there is no signature version 3"),
        ("rules", "signature_versions = [1]", "rules.signature_versions: is 1; it must be from 2 to 4"),
        (
            "rules", "signature_versions = [\"v4\"]",
            "rules.signature_versions: must be a whole number from 2 to 4, without"
        ),
        ("rules", "method = \"PUT\"", "rules.method: "),
        ("rules", "session = 1", "rules.session: must be true or false"),
        ("rules", "expires_after = 0", "rules.expires_after: is 0; it must be from 1 to 604800 seconds"),
        ("rules", "expires_after = 604801", "rules.expires_after: is 604801; it must be from 1 to 604800 seconds"),
        ("rules", "redirects = [\"/done\"]", "rules.redirects: must be an absolute URL"),
        ("rules", "redirects = [\"javascript:alert(1)\"]", "rules.redirects: must be an absolute URL"),
        ("rules", "key_characters = \"all\"", "rules.key_characters: \"all\" is not one of \"unicode\", \"strict\""),
        ("rules", "storage_classes = [\"A B\"]", "rules.storage_classes: \"A B\" is not a storage class"),
        (
            "rules", "encryption = [\"aes256\"]",
            "rules.encryption: \"aes256\" is not one of \"AES256\", \"aws:kms\"; did you mean"
        ),
        ("rules", "delete = \"yes\"", "rules.delete: must be true or false, without quotes, not a string"),
        ("rules", "body_limit = \"1GiB\"", "rules.body_limit: is 1073741824 bytes; it must be from 1KiB to 16MiB"),
        ("profiles.a", "max_size = \"x\"", "profiles.a.max_size: \"x\" is not a size; write for example"),
        ("profiles.a", "bucket = \"x\"", "profiles.a.bucket: is not known; it belongs under [uploads] or [storage]"),
        ("profiles.default", "max_size = 1", "profiles.default: the default profile is [rules]; write its keys there"),
        ("profiles.\"a b\"", "max_size = 1", "profiles.a b: must be a name of letters, digits, \"-\" and \"_\""),
        ("profiles", "max_size = 1", "profiles.max_size: must be a section: [profiles.NAME]"),
        ("hook", "url = \"site\"", "hook.url: must be an absolute URL"),
        ("hook", "url = \"unix:run\"", "hook.url: must name a socket by its absolute path of at most 107 bytes"),
        (
            "hook", "url = \"https://e.org/hook\"",
            "hook.secret_file: is missing; the hook's calls are signed with the secret"
        ),
        (
            "hook", "url = \"http://e.org/\"\nsecret_file = \"/whsec-bad\"",
            "hook.secret_file: holds a secret that begins with whsec_ and goes on"
        ),
        (
            "hook", "url = \"https://e.org/\"\ncommand = [\"/bin/true\"]\nsecret_file = \"/whsec\"",
            "hook.command: stands beside url; keep one of them"
        ),
        (
            "hook", "command = [\"on-upload\"]",
            "hook.command: must begin with a program's absolute path: [\"/usr/local/bin/on-upload\"]"
        ),
        ("hook", "command = \"/bin/true\"", "hook.command: must be a list in square brackets"),
        (
            "hook", "url = \"unix:/run/a.sock:b\"",
            "hook.url: must have a path after the socket's: \"unix:/run/site.sock:/uploads/done\""
        ),
        ("hook", "url = \"unix:/run/a.sock:/a b\"", "hook.url: holds a character that no URL has"),
        (
            "hook", "forward_headers = [\"X_Request_Id\"]",
            "hook.forward_headers: \"X_Request_Id\" is not the name of a header"
        ),
        (
            "hook", "forward_headers = [\"Webhook-Id\"]",
            "hook.forward_headers: \"Webhook-Id\" is not a client's to choose"
        ),
        ("hook", "forward_headers = [\"Proxy\"]", "hook.forward_headers: \"Proxy\" is not a client's to choose"),
        (
            "hook", "forward_headers = [\"content-length\"]",
            "hook.forward_headers: \"content-length\" is not a client's to choose"
        ),
        ("receipt", "secret_file = \"/short\"", "receipt.secret_file: \"/short\" holds fewer than 32 bytes"),
        (
            "receipt", "secret_file = \"/word\"\n[server]\nsecret_file = \"/word\"",
            "receipt.secret_file: holds the secret of server.secret_file"
        ),
        ("rules", "inspect = \"yes\"", "rules.inspect: must be true or false, without quotes"),
        ("hook", "authorize = true", "hook.url: is missing, and authorize = true needs it"),
        ("hook", "timeout = 0", "hook.timeout: is 0; it must be from 1 to 3600 seconds"),
        (
            "identity", "anonymous = true",
            "server.secret_file: is missing, and identity.anonymous = true needs it to sign"
        ),
    ]

    @Test(arguments: wrongLines)
    func oneWrongLine(section: String, line: String, problem: String) {
        let problems = Sample.problems(Sample.least(section, line))
        #expect(problems.count == 1)
        let text = problems.first.map { $0.drop { $0.isNumber || $0 == ":" || $0 == " " } } ?? ""
        #expect(text.hasPrefix(problem), "\(text)")
    }

    static let changes: [(String, String, String)] = [
        ("bucket = \"example-uploads\"", "bucket = \"ab\"", "is from 3 to 63 characters long"),
        ("bucket = \"example-uploads\"", "bucket = \"Uploads\"", "holds only a-z, 0-9, \"-\" and \".\""),
        ("bucket = \"example-uploads\"", "bucket = \"-uploads\"", "begins and ends with a letter or digit"),
        ("bucket = \"example-uploads\"", "bucket = \"up..loads\"", "never has two dots in a row"),
        ("bucket = \"example-uploads\"", "bucket = \"192.168.5.4\"", "is never an IP address"),
        ("bucket = \"example-uploads\"", "bucket = \"xn--a\"", "never begins with xn--"),
        ("bucket = \"example-uploads\"", "bucket = \"a-s3alias\"", "nor ends as S3's own aliases do"),
        (
            "bucket = \"example-storage\"", "bucket = \"example-uploads\"",
            "storage.bucket: is the uploads bucket; what is trusted"
        ),
        (
            "key = \"{date}", "key = \"{user}/{id}\"",
            "storage.key: \"{user}/{id}\" holds a brace that begins none of {user}"
        ),
        ("key = \"{date}", "key = \"{user}{ext}\"", "must hold {uuid}, else one upload could replace another"),
        ("key = \"{date}", "key = \"/{uuid}\"", "must be a plain key"),
        ("claims = ", "claims = \"claims\"", "must end with a slash"),
        ("claims = ", "claims = \"a/../\"", "must be a plain key"),
        (
            "format = ", "format = \"jason\"",
            "log.format: \"jason\" is not one of \"logfmt\", \"json\"; did you mean \"json\"?"
        ),
        ("level = ", "level = \"warn\"", "log.level: \"warn\" is not one of"),
        ("listen = ", "listen = \"/run/x.sock\"", "operations.listen: \"/run/x.sock\" is no socket; write for example"),
        ("listen = ", "listen = \"tcp:127.0.0.1\"", "operations.listen: \"tcp:127.0.0.1\" is no socket"),
        ("public = ", "public = [\"metrix\"]", "operations.public: \"metrix\" is not one of"),
        ("timeout = ", "timeout = 40", "hook.timeout: is 40; it must be less than server.deadline, which is 40"),
        (
            "region = ", "region = \"eu west\"",
            "s3.region: \"eu west\" is not a region; write for example \"eu-west-1\""
        ),
        (
            "access_key_id = \"AKIAIO", "access_key_id = \"wJalrXUtnFEMI/K7MDENG\"",
            "uploads.access_key_id: is not an access key id"
        ),
        ("url = \"unix", "", "hook.url: is missing, and authorize = true needs it"),
        (
            "secret_access_key_file = \"/etc/countersign/storage.key\"", "",
            "storage.secret_access_key_file: is missing; name the"
        ),
    ]

    @Test(arguments: changes)
    func oneChangeInAll(start: String, line: String, problem: String) {
        let problems = Sample.problems(Sample.full(replacing: start, by: line))
        #expect(problems.count == 1)
        #expect(problems.first?.contains(problem) == true, "\(problems)")
    }

    @Test(arguments: ["endpoint", "region", "bucket", "access_key_id", "secret_access_key"])
    func required(key: String) {
        let toml = Sample.least.split(separator: "\n").filter { !$0.hasPrefix("\(key) =") }.joined(separator: "\n")
        let problems = Sample.problems(toml)
        #expect(problems.count == 1)
        #expect(problems.first?.contains(".\(key)") == true)
        #expect(problems.first?.contains("is missing") == true)
    }

    @Test func allAtOnceInTheOrderOfTheFile() {
        let toml = """
            [uploads]
            bucket = "No"
            acess_key_id = "A"
            [s3]
            region = "eu west"
            [identity]
            anonymous = true
            [sever]
            workers = 1
            """
        let environment = ["COUNTERSIGN_SERVER_WORKERS": "many", "COUNTERSIGN_UPLOAD_BUCKET": "x"]
        #expect(
            Sample.problems(toml, environment)
                == [
                    "1: uploads.access_key_id: is missing; for example \"AKIA…\"",
                    "1: uploads.secret_access_key_file: is missing; name the file that holds the secret, or set secret_access_key",
                    "2: uploads.bucket: \"No\" is no bucket's name, which is from 3 to 63 characters long",
                    "3: uploads.acess_key_id: is not known; did you mean \"access_key_id\"?",
                    "4: s3.endpoint: is missing; for example \"https://s3.eu-west-1.amazonaws.com\"",
                    "5: s3.region: \"eu west\" is not a region; write for example \"eu-west-1\"",
                    "8: sever: is not known; did you mean \"server\"?",
                    "server.secret_file: is missing, and identity.anonymous = true needs it to sign its cookie",
                    "environment: COUNTERSIGN_SERVER_WORKERS: must be a whole number from 1 to 1024, not \"many\"",
                    "environment: COUNTERSIGN_UPLOAD_BUCKET: is not known; did you mean COUNTERSIGN_UPLOADS_BUCKET?",
                ].map { $0.hasPrefix("server.") ? " " + $0 : $0 })
    }
}
