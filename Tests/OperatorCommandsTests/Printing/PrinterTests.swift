import S3Authorization
import Testing

@testable import OperatorCommands

/// Papers made of configurations that differ in one thing.
struct PrinterTests {
    static func print(
        _ paper: Paper, _ side: Side? = nil, isXML: Bool = false, change: (String) -> String = { $0 }
    ) throws -> String {
        var choices = Printer.Choices()
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
