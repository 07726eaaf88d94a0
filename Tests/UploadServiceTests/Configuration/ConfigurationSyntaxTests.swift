import S3Authorization
import Testing

@testable import UploadService

@Suite struct ConfigurationSyntaxTests {
    @Test(arguments: [
        (
            "[uploads]\nbucket = example",
            "2:10: is not valid TOML: value: could not determine value type; a string must"
        ),
        ("a = true-ish", "1:9: is not valid TOML: "),
        ("a = 'b'x", "1:8: is not valid TOML: key-value pair: expected a comment or whitespace, saw 'x'"),
        ("[ab]\n\n[ab]", "3:1: is not valid TOML: table header: cannot redefine existing table '…'"),
        ("a = \"b", "1:7: is not valid TOML: string: encountered end-of-file"),
        ("a = 99999999999999999999", "1:25: is not valid TOML: decimal integer: '…' is not representable in 64 bits"),
        ("a = 1\nb = \"\u{0}\"", "2: holds a zero character, which no value may"),
        ("a = 1\nb = \"x\\u0000y\"", "2: holds a zero character, which no value may"),
        ("\"a\\U00000000b\" = 1", "1: holds a zero character, which no value may"),
    ])
    func notTOML(toml: String, problem: String) {
        let problems = Sample.problems(toml)
        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix(problem) == true, "\(problems)")
    }

    @Test(arguments: [
        "secret_access_key = wJalrXUtnFEMI/K7", "secret_access_key = 12INLINESECRET",
        "secret_access_key = tINLINESECRET",
        "secret_access_key = 'INLINESECRET'x", "secret_access_key = \"INLINESECRET\" PASSWORD", "a = \"INLINESECRET",
        "a = \"INLINESECRET\\q\"", "INLINESECRET", "a = 1\na.INLINESECRET = 2", "[INLINESECRET]\n[INLINESECRET]",
        "a = 0xINLINESECRET", "a = 2020-INLINESECRET", "INLINESECRET = ", "'INLINESECRET' = 1\n'INLINESECRET' = 2",
        "\"INLINE'SECRET\" = 1\n\"INLINE'SECRET\" = 2", "a = infINLINESECRET", "a = {INLINESECRET", "a = [INLINESECRET",
        "a = \"\"\"INLINESECRET\n", "a = 1_INLINESECRET",
    ])
    func noSecretInSyntaxErrors(toml: String) {
        let problems = Sample.problems("[uploads]\n" + toml)
        #expect(problems.count == 1)
        for word in Sample.secretWords + ["SECRET"] {
            #expect(problems.first?.contains(word) == false, "\(problems)")
        }
    }

    @Test func notUTF8() {
        let error = #expect(throws: ConfigurationError.self) {
            try Configuration.load(file: "/c.toml", environment: [:]) { _ in
                .success(ConfigurationFile(bytes: [0x61, 0xFF]))
            }
        }
        #expect(error?.description == "/c.toml: is not UTF-8 text")
    }

    @Test(arguments: ["\u{FEFF}", "\r\n", "# comment\n"])
    func whatMayStandBefore(prefix: String) throws {
        _ = try Sample.load(prefix + Sample.least)
        _ = try Sample.load(
            prefix + Sample.full.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n"))
    }

    static let layout = """
        top = 1
        [server]
        workers = 1   # [other]
        "mount" = "x"
        'url' = "# not = a comment"
         deadline=2
        text = \"\"\"
        grace = 7
        [s3]
        \"\"\"
        grace = 3
        raw = '''
        region = "a" '''
        list = [
          "x", # ]
          "[s3]",
        ]
        origins = []
        # region = "commented"
        [ s3 ]
        region = "b"
        grace = 9
        empty = "" # = [
        after = ''
        uploads.bucket = 1
        [profiles . "a.b"]
        types = ["a = b", 'c']
        max_size = 1
        [[hook]]
        url = "\\" [x"
        timeout = 1
        """

    @Test(
        arguments: [
            (["top"], 1), (["server"], 2), (["server", "workers"], 3), (["server", "mount"], 4),
            (["server", "url"], 5),
            (["server", "deadline"], 6), (["server", "text"], 7), (["server", "grace"], 11), (["server", "raw"], 12),
            (["server", "list"], 14), (["server", "origins"], 18), (["s3"], 20), (["s3", "region"], 21),
            (["s3", "grace"], 22),
            (["s3", "empty"], 23), (["s3", "after"], 24), (["s3", "uploads", "bucket"], 25), (["s3", "uploads"], 25),
            (["profiles", "a.b"], 26), (["profiles"], 26), (["profiles", "a.b", "types"], 27),
            (["profiles", "a.b", "max_size"], 28), (["hook"], 29), (["hook", "url"], 30), (["hook", "timeout"], 31),
            (["server", "none"], 2), (["none"], nil), ([], nil),
        ] as [([String], Int?)])
    func lines(path: [String], line: Int?) {
        #expect(Locations(Self.layout).line(path) == line)
    }

    @Test func linesOfProblems() {
        let toml = """
            server = { workers = 0, mount = "/a" }
            rules.max_size = "x"
            [s3]
            endpoint = "https://s3.example.org"
            "region" = "eu west"  # region = "eu"
            [uploads]
            # acl = "private"
            bucket = \"\"\"
            region = \"\"\"
            'acl' = "public-read"
            access_key_id = "A"
            secret_access_key = "INLINESECRET"
            [profiles.a]
            types = [
                "image/*",
                "pdf",
            ]
            [profiles.b]
            types = ["x"]
            """
        #expect(
            Sample.problems(toml).map { $0.prefix { $0 != " " } } == ["1:", "2:", "5:", "8:", "10:", "14:", "19:"])
    }
}
