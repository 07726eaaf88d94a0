import S3Authorization
import Testing

@testable import OperatorCommands

/// Policies as pages send them and as `POST sign` answers them.
struct PolicyTests {
    static let good = """
        {"expiration": "2030-03-17T17:51:40.000Z", "conditions": [{"acl": "bucket-owner-full-control"},
        {"bucket": "example-uploads"}, {"key": "frodo/a.jpg"}, {"x-amz-algorithm": "AWS4-HMAC-SHA256"},
        {"x-amz-credential": "AKIAUPLOADS/20300317/eu-central-1/s3/aws4_request"},
        {"x-amz-date": "20300317T174640Z"}, ["content-length-range", 0, 1000]]}
        """

    static func explain(_ text: String, signature: ByteString? = nil, at now: Int64 = Client.now) throws -> Explanation
    {
        let context = Explainer.Context(signature: signature)
        return try #require(Explainer(try Desks.desk(), now: now).explain(Array(text.utf8), context))
    }

    static func signature(_ policy: ByteString, secret: String = Desks.uploadsSecret) -> ByteString {
        Client.signature(policy, secret: secret, scope: "20300317/eu-central-1/s3/aws4_request")
    }

    @Test func findsNothingWrongWithAGoodOne() throws {
        #expect(try Self.explain(Self.good).causes.isEmpty)
        let encoded = Base64.encode(ByteString(Self.good))
        #expect(try Self.explain(encoded.description).causes.isEmpty)
        let answer = "{\"policy\": \"\(encoded)\", \"signature\": \"\(Self.signature(encoded))\"}"
        let explanation = try Self.explain(answer)
        #expect(explanation.causes.isEmpty)
        #expect(explanation.remarks.contains { $0.contains("signature is right") })
    }

    @Test(arguments: [
        ("example-uploads", "another-bucket", Cause.Name.bucket), ("bucket-owner-full-control", "public-read", .acl),
        ("0, 1000", "0, 1000000000000", .size), ("AKIAUPLOADS", "AKIAOLD", .accessKey),
        ("eu-central-1", "us-east-1", .region), ("frodo/a.jpg", "a.jpg", .policy),
        ("{\"key\"", "{\"surprise\": \"\"}, {\"key\"", .policy), ("\"conditions\"", "conditions", .policyChanged),
        ("20300317T174640Z", "20300317T120000Z", .clock), ("17:51:40", "17:40:00", .expired),
    ])
    func namesWhatIsWrong(old: String, new: String, name: Cause.Name) throws {
        let explanation = try Self.explain(Self.good.replacing(old, with: new))
        #expect(explanation.causes.contains { $0.name == name }, "\(explanation.causes)")
    }

    @Test func findsASignatureOfSomethingElse() throws {
        let encoded = Base64.encode(ByteString(Self.good))
        let other = Self.signature(Base64.encode(ByteString(Self.good + " ")))
        #expect(try Self.explain(encoded.description, signature: other).causes.map(\.name) == [.policyChanged])
        let mixed = Self.signature(encoded, secret: Desks.storageSecret)
        #expect(try Self.explain(encoded.description, signature: mixed).causes.map(\.name) == [.secret])
    }

    /// AWS gives the form's policy as the string to sign.
    @Test func readsARefusedForm() throws {
        let encoded = Base64.encode(ByteString(Self.good))
        func xml(_ signature: ByteString) -> String {
            "<Error><Code>SignatureDoesNotMatch</Code><AWSAccessKeyId>AKIAUPLOADS</AWSAccessKeyId>"
                + "<StringToSign>\(encoded)</StringToSign><SignatureProvided>\(signature)</SignatureProvided></Error>"
        }
        #expect(try Self.explain(xml(Self.signature(encoded))).causes.map(\.name) == [.secret])
        #expect(try Self.explain(xml("00")).causes.map(\.name) == [.policyChanged])
    }

    @Test func readsVersion2() throws {
        let text: ByteString =
            "PUT\n\nimage/jpeg; charset=UTF-8\n1900000300\nx-amz-acl:private\n/example-uploads/frodo/a.jpg"
        let signed: ByteString = "PUT\n\nimage/jpeg\n1900000300\nx-amz-acl:private\n/example-uploads/frodo/a.jpg"
        let key = HMACSHA1Key(Array(Desks.uploadsSecret.utf8).span)
        let signature = Base64.encode(key.authenticationCode(for: signed))
        let explanation = try Self.explain(
            "<Error><Code>SignatureDoesNotMatch</Code><AWSAccessKeyId>AKIAUPLOADS</AWSAccessKeyId>"
                + "<StringToSign>\(text)</StringToSign><SignatureProvided>\(signature)</SignatureProvided></Error>")
        #expect(explanation.causes.map(\.name) == [.contentType])
        #expect(explanation.difference?.line == 3)
    }
}
