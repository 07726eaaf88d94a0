import S3Authorization
import Testing

@testable import OperatorCommands

/// One good request, and everything that can happen to it between its signing and S3.
struct SignatureMismatchTests {
    static let date = "20300317T174640Z"
    static let scope = "20300317/eu-central-1/s3/aws4_request"

    static let good = ReceivedRequest(
        method: "PUT", path: "/frodo/a%20b/%C3%BC%2B1.jpg", query: "partNumber=1&uploadId=x%2Fy",
        headers: [
            HeaderField("content-type", "image/jpeg"),
            HeaderField("host", "example-uploads.s3.eu-central-1.amazonaws.com"),
            HeaderField("x-amz-content-sha256", "UNSIGNED-PAYLOAD"), HeaderField("x-amz-date", "20300317T174640Z"),
            HeaderField("x-amz-meta-title", "one two three"),
        ], payloadHash: "UNSIGNED-PAYLOAD")

    struct Fault: Sendable, CustomStringConvertible {
        let description: String
        let cause: Cause.Name
        /// What S3 receives, made of what was signed.
        let change: @Sendable (inout ReceivedRequest) -> Void

        init(_ description: String, _ cause: Cause.Name, _ change: @escaping @Sendable (inout ReceivedRequest) -> Void)
        {
            self.description = description
            self.cause = cause
            self.change = change
        }
    }

    static let faults = [
        Fault("another host", .host) { $0 = $0.with("host", "minio:9000") },
        Fault("a port", .host) { $0 = $0.with("host", "example-uploads.s3.eu-central-1.amazonaws.com:443") },
        Fault("path style", .addressing) {
            $0 = $0.with("host", "s3.eu-central-1.amazonaws.com")
            $0.path = "/example-uploads/frodo/a%20b/%C3%BC%2B1.jpg"
        },
        Fault("a charset", .contentType) { $0 = $0.with("content-type", "image/jpeg; charset=UTF-8") },
        Fault("a second value", .headerChanged) { $0 = $0.with("x-amz-meta-title", "one two three,four") },
        Fault("a header added", .headerAdded) {
            $0.headers.append(HeaderField("x-amz-tagging", "a=b"))
            $0.signedNames = ByteString($0.signedNames.bytes + Array(";x-amz-tagging".utf8))
        },
        Fault("another method", .method) { $0.method = "POST" },
        Fault("a slash lost", .path) { $0.path = "/frodo/a%20b/%C3%BC%2B1.jpg" },
        Fault("a parameter added", .query) { $0.query = "partNumber=1&uploadId=x%2Fy&utm_source=mail" },
        Fault("a body", .payload) {
            $0 = $0.with("x-amz-content-sha256", PayloadHash(of: [1]).text)
            $0.payloadHash = PayloadHash(of: [1]).text
        },
    ]

    /// What the client signed where it is not the good request itself.
    static let signed: [String: @Sendable (inout ReceivedRequest) -> Void] = [
        "a slash lost": { $0.path = "/frodo//a%20b/%C3%BC%2B1.jpg" }
    ]

    static let badSigners = [
        Fault("no encoding", .encoding) { $0.path = "/frodo/a b/ü+1.jpg" },
        Fault("encoded twice", .encoding) { $0.path = "/frodo/a%2520b/%25C3%25BC%252B1.jpg" },
        Fault("small escapes", .encoding) { $0.path = "/frodo/a%20b/%c3%bc%2b1.jpg" },
        Fault("slash in the query", .encoding) { $0.query = "partNumber=1&uploadId=x/y" },
        Fault("two spaces", .whiteSpace) { $0 = $0.with("x-amz-meta-title", "one  two three") },
        Fault("a space at the end", .whiteSpace) { $0 = $0.with("x-amz-meta-title", "one two three ") },
        Fault("no content type", .contentType) { $0 = $0.with("content-type", "") },
    ]

    static func document(
        signed: ReceivedRequest, received: ReceivedRequest, secret: String = Desks.uploadsSecret,
        key: String = "AKIAUPLOADS",
        signedScope: String = scope, isExact: Bool = true
    ) -> [UInt8] {
        let asSigned = Client.stringToSign(signed.text, date: date, scope: scope)
        let asReceived = Client.stringToSign(received.text, date: date, scope: scope)
        let signature = Client.signature(asSigned, secret: secret, scope: signedScope)
        func bytes(_ name: String, _ text: ByteString) -> String {
            guard isExact else { return "" }
            let words = text.bytes.map { Hexadecimal.encode([$0]).description }.joined(separator: " ")
            return "<\(name)>\(words)</\(name)>"
        }
        func escaped(_ text: ByteString) -> String {
            String(text.description.flatMap { $0 == "&" ? Array("&amp;") : [$0] })
        }
        let xml = """
            <?xml version="1.0" encoding="UTF-8"?>
            <Error><Code>SignatureDoesNotMatch</Code><Message>The request signature we calculated does not match the \
            signature you provided. Check your key and signing method.</Message><AWSAccessKeyId>\(key)</AWSAccessKeyId>\
            <StringToSign>\(asReceived)</StringToSign><SignatureProvided>\(signature)</SignatureProvided>\
            \(bytes("StringToSignBytes", asReceived))<CanonicalRequest>\(escaped(received.text))</CanonicalRequest>\
            \(bytes("CanonicalRequestBytes", received.text))<RequestId>4442587FB7D0A2F9</RequestId>\
            <HostId>aBcD=</HostId></Error>
            """
        return Array(xml.utf8)
    }

    static func explain(_ document: [UInt8]) throws -> Explanation {
        try #require(Explainer(try Desks.desk(), now: Client.now).explain(document))
    }

    @Test(arguments: faults, [true, false])
    func namesWhatHappenedOnTheWay(fault: Fault, isExact: Bool) throws {
        var signed = Self.good
        Self.signed[fault.description]?(&signed)
        var received = Self.good
        fault.change(&received)
        let document = Self.document(signed: signed, received: received, isExact: isExact)
        let explanation = try Self.explain(document)
        let cause = try #require(explanation.causes.first)
        #expect(cause.name == fault.cause)
        #expect(cause.isCertain)
        #expect(explanation.difference != nil)
    }

    @Test(arguments: badSigners)
    func namesWhatTheSignerDidWrong(fault: Fault) throws {
        var signed = Self.good
        fault.change(&signed)
        let explanation = try Self.explain(Self.document(signed: signed, received: Self.good))
        let cause = try #require(explanation.causes.first)
        #expect(cause.name == fault.cause, "\(cause.message)")
        #expect(cause.isCertain)
    }

    @Test func findsTheSecretWrongAtS3() throws {
        let explanation = try Self.explain(Self.document(signed: Self.good, received: Self.good))
        #expect(explanation.causes.map(\.name) == [.secret])
        #expect(explanation.causes.first?.isCertain == true)
        #expect(explanation.difference == nil)
    }

    @Test func takesAnotherSecretForTheCauseWhereAllElseIsEqual() throws {
        let document = Self.document(signed: Self.good, received: Self.good, secret: "another")
        let explanation = try Self.explain(document)
        #expect(explanation.causes.map(\.name) == [.secret])
        #expect(explanation.causes.first?.isCertain == false)
    }

    @Test func findsSecretsThatWereMixedUp() throws {
        let document = Self.document(signed: Self.good, received: Self.good, secret: Desks.storageSecret)
        let explanation = try Self.explain(document)
        #expect(explanation.causes.map(\.name) == [.secret])
        #expect(explanation.causes.first?.message.contains("[storage]") == true)
    }

    @Test func findsAKeyThatIsNotOurs() throws {
        let document = Self.document(signed: Self.good, received: Self.good, key: "AKIAOLDKEY")
        #expect(try Self.explain(document).causes.map(\.name) == [.accessKey])
    }

    @Test(arguments: [
        ("20300317/us-east-1/s3/aws4_request", Cause.Name.region), ("20300318/eu-central-1/s3/aws4_request", .clock),
        ("20300316/eu-central-1/s3/aws4_request", .clock),
    ])
    func findsAnotherScope(scope: String, name: Cause.Name) throws {
        let document = Self.document(signed: Self.good, received: Self.good, signedScope: scope)
        #expect(try Self.explain(document).causes.map(\.name) == [name])
    }

    /// A change that nobody thought of still shows where it is.
    @Test func showsTheFirstByteThatDiffers() throws {
        let received = Self.good.with("host", "s3.proxy.example.org")
        var signed = Self.good
        signed.query = "partNumber=2&uploadId=x%2Fy"
        let explanation = try Self.explain(Self.document(signed: signed, received: received))
        let difference = try #require(explanation.difference)
        #expect(explanation.causes.map(\.name) == [.host])
        #expect(explanation.causes.first?.isCertain == false)
        #expect(difference.line == 5)
        #expect(difference.received == "host:s3.proxy.example.org↵")
        #expect(difference.expected == "host:example-uploads.s3.eu-central-1.amazonaws.com↵")
        #expect(difference.column == 5)
        #expect(Array(received.text.bytes)[difference.offset] == UInt8(ascii: "s"))
    }

    /// Neither a secret nor any signature, also not the one that is right.
    @Test(arguments: faults)
    func printsNoSecret(fault: Fault) throws {
        var received = Self.good
        fault.change(&received)
        received.headers.append(HeaderField("x-amz-security-token", "TOKEN-TOKEN-TOKEN"))
        let signature = Client.signature(
            Client.stringToSign(received.text, date: Self.date, scope: Self.scope), secret: Desks.uploadsSecret,
            scope: Self.scope
        ).description
        let explanation = try Self.explain(Self.document(signed: Self.good, received: received))
        for shown in [explanation.text, String(decoding: explanation.json, as: UTF8.self)] {
            for hidden in [Desks.uploadsSecret, Desks.storageSecret, signature, "TOKEN-TOKEN-TOKEN"] {
                #expect(!shown.contains(hidden))
            }
        }
    }
}
