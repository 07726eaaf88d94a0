import S3Authorization
import Testing

@testable import OperatorCommands

/// Papers made of configurations that differ in one thing.
struct PrinterTests {
    static func print(
        _ paper: Paper, _ side: Side? = nil, isXML: Bool = false, sweeps: Bool = false,
        change: (String) -> String = { $0 }
    ) throws -> String {
        var choices = Printer.Choices()
        choices.sweeps = sweeps
        choices.side = side
        choices.isXML = isXML
        return try Printer(try Desks.desk(change), choices).print(paper)
    }

    @Test(arguments: [Paper.iam, .bucketPolicy, .cors, .lifecycle], [Side.uploads, .storage])
    func isJSON(paper: Paper, side: Side) throws {
        var reader = JSONReader(Array(try Self.print(paper, side).utf8))
        try reader.readValue()
        try reader.end()
    }

    @Test(arguments: [Paper.cors, .lifecycle])
    func isXML(paper: Paper) throws {
        let text = try Self.print(paper, isXML: true)
        _ = try BucketChangeTests.tree(text)
    }

    @Test func givesEachKeyItsRightsAndNoOthers() throws {
        let uploads = try Self.print(.iam, .uploads)
        for right in ["GetObject", "ListBucket\"", "DeleteObject", "example-storage", "\"s3:*\""] {
            #expect(!uploads.contains(right))
        }
        let storage = try Self.print(.iam, .storage)
        #expect(!storage.contains("PutObjectAcl"))
        #expect(storage.contains("example-storage/.countersign/claims/*"))
    }

    @Test func letsTheStorageKeySweep() throws {
        let sweeper = try Self.print(.iam, .storage, sweeps: true)
        #expect(
            sweeper.contains(
                """
                {
                            "Sid": "FindPartsOfUploads",
                            "Effect": "Allow",
                            "Action": ["s3:ListBucketMultipartUploads"],
                            "Resource": ["arn:aws:s3:::example-uploads"]
                        },
                        {
                            "Sid": "SweepUploads",
                            "Effect": "Allow",
                            "Action": ["s3:DeleteObject", "s3:AbortMultipartUpload"],
                            "Resource": ["arn:aws:s3:::example-uploads/*"]
                        }
                """))
        #expect(try !Self.print(.iam, .storage).contains("ListBucketMultipartUploads"))
        #expect(try Self.print(.iam, .uploads, sweeps: true) == Self.print(.iam, .uploads))
        #expect(throws: PaperError.noStorage) {
            try Self.print(.iam, sweeps: true) { $0.replacing(#/(?s)\[storage\].*?\n\n/#, with: "") }
        }
    }

    @Test(arguments: [
        ("[rules]", "[rules]\ndelete = true", Side.storage, "[\"s3:GetObject\", \"s3:DeleteObject\"]"),
        ("bucket = \"example-storage\"", "bucket = \"example-storage\"\nacl = \"private\"", .storage, "PutObjectAcl"),
        ("\"eu-central-1\"", "\"cn-north-1\"", .uploads, "arn:aws-cn:s3:::example-uploads/*"),
        ("[rules]", "[rules]\nquota_open_uploads = 3", .storage, "[\"s3:ListBucketMultipartUploads\"]"),
        (
            "signature_versions", "[profiles.a]\nquota_open_uploads = 3\nsignature_versions", .storage,
            "CountOpenUploads"
        ),
        (DoctorTests.storage, "[profiles.a]\nquota_open_uploads = 3", .uploads, "CountOpenUploads"),
        (
            "[rules]",
            "[rules]\nencryption = [\"aws:kms\"]\nencryption_key_ids = "
                + "[\"arn:aws:kms:eu-central-1:1:key/2\"]",
            .uploads, "kms:GenerateDataKey"
        ),
    ])
    func followsTheConfiguration(old: String, new: String, side: Side, words: String) throws {
        let before = try Self.print(.iam, side)
        #expect(!before.contains(words))
        let after = try Self.print(.iam, side) { $0.replacing(old, with: new) }
        #expect(after.contains(words))
    }

    private static let lent = """
        [browser_credentials]
        role_arn = "arn:aws:iam::123456789012:role/browsers"
        external_id = "desk-7"

        [rules]
        """

    /// What the most is that a lent key may do, and who may lend it.
    @Test func printsTheRoleThatBrowsersGet() throws {
        #expect(try !Self.print(.iam).contains("sts:AssumeRole"))
        let text = try Self.print(.iam) { $0.replacing("[rules]", with: Self.lent) }
        let role = try #require(text.split(separator: "\"browser_credentials\"").last)
        #expect(role.contains("\"AWS\": [\"arn:aws:iam::123456789012:user/countersign-uploads\"]"))
        #expect(role.contains("\"sts:ExternalId\": \"desk-7\""))
        #expect(!role.contains("Deny") && !role.contains("GetObject") && !role.contains("example-storage"))
        #expect(role.contains("arn:aws:s3:::example-uploads/*") && role.contains("s3:PutObjectAcl"))
        let uploads = try Self.print(.iam, .uploads) { $0.replacing("[rules]", with: Self.lent) }
        #expect(uploads.contains("LendKeysToBrowsers") && uploads.contains(":role/browsers"))
        #expect(!uploads.contains("browser_credentials"))
        #expect(try !Self.print(.iam, .storage, change: { $0.replacing("[rules]", with: Self.lent) }).contains("sts:"))
    }

    /// To Ceph a session is the user that began it.
    @Test func otherStoresRefuseTheRoleItself() throws {
        let text = try Self.print(.iam) {
            $0.replacing("[rules]", with: Self.lent)
                .replacing("https://s3.eu-central-1.amazonaws.com", with: "https://s3.example.org")
        }
        #expect(text.contains("\"NotBrowsers\"") && text.contains("[\"arn:aws:iam::123456789012:role/browsers\"]"))
    }

    @Test func namesTheBucketAlone() throws {
        let virtual = "https://example-uploads.s3.eu-central-1.amazonaws.com"
        let host = try Self.print(.csp)
        #expect(
            host == "connect-src 'self' \(virtual); form-action 'self' \(virtual); frame-src 'self' \(virtual)")
        let path = try Self.print(.csp) {
            $0.replacing("region =", with: "addressing = \"path\"\nregion =")
        }
        #expect(path.contains("https://s3.eu-central-1.amazonaws.com/example-uploads/;"))
    }

    @Test func saysWhatIsMissing() throws {
        #expect(throws: PaperError.noOrigin) {
            try Self.print(.cors) {
                $0.replacing("url = \"https://www.example.org\"", with: "")
                    .replacing("origins = [\"https://app.example.org\"]", with: "")
            }
        }
    }

    @Test func tellsWebServersOfUnusualLimits() throws {
        #expect(try !Self.print(.nginx).contains("client_max_body_size"))
        let large = try Self.print(.nginx) {
            $0.replacing("[rules]", with: "[rules]\nbody_limit = \"3MiB\"")
                .replacing("[server]", with: "[server]\ndeadline = 120")
        }
        #expect(large.contains("client_max_body_size 3m;"))
        #expect(large.contains("fastcgi_read_timeout 130s;"))
    }

    @Test(arguments: Paper.allCases)
    func holdsNoSecret(paper: Paper) throws {
        let text = try Self.print(paper)
        #expect(!text.isEmpty)
        #expect(!text.contains(Desks.uploadsSecret) && !text.contains(Desks.storageSecret))
    }

    @Test(arguments: [
        ("https://www.example.org", "https://www.example.org"), ("HTTP://A.example:80", "http://a.example"),
    ])
    func readsOrigins(text: String, origin: String) {
        #expect(CORSRules.origin(text) == origin)
    }

    @Test(arguments: ["*", "www.example.org", "https://www.example.org/path", "https://a.example?x", ""])
    func refusesWhatIsNoOrigin(text: String) {
        #expect(CORSRules.origin(text) == nil)
    }
}
