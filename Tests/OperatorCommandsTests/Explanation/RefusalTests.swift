import S3Authorization
import Testing

@testable import OperatorCommands

/// S3's other refusals, in the shape in which AWS and Ceph write them.
struct RefusalTests {
    struct Refusal: Sendable, CustomStringConvertible {
        let xml: String
        let name: Cause.Name
        let words: String
        var description: String { xml }
    }

    static let refusals = [
        Refusal(
            xml: "<Code>RequestTimeTooSkewed</Code><RequestTime>20300317T172900Z</RequestTime>"
                + "<ServerTime>2030-03-17T17:46:40Z</ServerTime>", name: .clock, words: "17 minutes behind"),
        Refusal(
            xml: "<Code>RequestTimeTooSkewed</Code><RequestTime>Sun, 17 Mar 2030 19:46:40 GMT</RequestTime>"
                + "<ServerTime>2030-03-17T17:46:40Z</ServerTime>", name: .clock, words: "2 hours ahead of"),
        Refusal(xml: "<Code>RequestTimeTooSkewed</Code>", name: .clock, words: "15 minutes"),
        Refusal(
            xml:
                "<Code>AccessDenied</Code><Message>Request has expired</Message><Expires>2030-03-17T17:34:40Z</Expires>"
                + "<ServerTime>2030-03-17T17:46:40Z</ServerTime>", name: .expired, words: "12 minutes"),
        Refusal(
            xml: "<Code>AccessDenied</Code><Message>Invalid according to Policy: Policy expired.</Message>",
            name: .expired, words: "policy"),
        Refusal(
            xml: "<Code>AccessDenied</Code><Message>Invalid according to Policy: Policy Condition failed: "
                + "[\"eq\", \"$Content-Type\", \"image/jpeg\"]</Message>", name: .policy, words: "$Content-Type"),
        Refusal(
            xml: "<Code>AccessDenied</Code><Message>There were headers present in the request which were not signed"
                + "</Message><HeadersNotSigned>x-amz-acl</HeadersNotSigned>", name: .headerAdded, words: "x-amz-acl"),
        Refusal(xml: "<Code>AccessDenied</Code>", name: .rights, words: "may not"),
        Refusal(
            xml: "<Code>AuthorizationHeaderMalformed</Code><Message>The authorization header is malformed; the region "
                + "'us-east-1' is wrong; expecting 'eu-west-3'</Message><Region>eu-west-3</Region>", name: .region,
            words: "eu-west-3"),
        Refusal(
            xml: "<Code>PermanentRedirect</Code><Endpoint>b.s3.eu-west-3.amazonaws.com</Endpoint>", name: .region,
            words: "eu-west-3"),
        Refusal(
            xml: "<Code>InvalidAccessKeyId</Code><AWSAccessKeyId>AKIAOLD</AWSAccessKeyId>", name: .accessKey,
            words: "AKIAOLD"),
        Refusal(xml: "<Code>InvalidAccessKeyId</Code>", name: .accessKey, words: "AKIAUPLOADS"),
        Refusal(xml: "<Code>ExpiredToken</Code>", name: .token, words: "token"),
        Refusal(
            xml: "<Code>EntityTooLarge</Code><ProposedSize>7</ProposedSize>", name: .size, words: "7 bytes"),
        Refusal(xml: "<Code>NoSuchBucket</Code>", name: .bucket, words: "example-uploads"),
        Refusal(xml: "<Code>AccessControlListNotSupported</Code>", name: .acl, words: "access control"),
        Refusal(xml: "<Code>XAmzContentSHA256Mismatch</Code>", name: .payload, words: "body"),
        Refusal(xml: "<Code>SlowDown</Code>", name: .store, words: "overloaded"),
    ]

    @Test(arguments: refusals)
    func hasAMeaning(refusal: Refusal) throws {
        let explainer = Explainer(try Desks.desk(), now: Client.now)
        let document = "HTTP/1.1 403 Forbidden\r\n\r\n<Error>\(refusal.xml)<RequestId>1</RequestId></Error>"
        let explanation = try #require(explainer.explain(Array(document.utf8)))
        #expect(explanation.causes.map(\.name) == [refusal.name])
        #expect(explanation.causes.first?.message.contains(refusal.words) == true, "\(explanation.causes)")
        #expect(explanation.isConclusive)
    }

    @Test(arguments: ["<Error><Code>SignatureDoesNotMatch</Code></Error>", "<Error><Code>Odd</Code></Error>"])
    func saysWhereItKnowsNothing(document: String) throws {
        let explainer = Explainer(try Desks.desk(), now: Client.now)
        let explanation = try #require(explainer.explain(Array(document.utf8)))
        #expect(explanation.causes.map(\.name) == [.unknown])
        #expect(!explanation.isConclusive)
    }

    /// S3's answer may have come from anywhere.
    @Test func commandsNoTerminal() throws {
        let explainer = Explainer(try Desks.desk(), now: Client.now)
        let document = "<Error><Code>InvalidAccessKeyId&#27;[2J</Code><Message>&#27;[31m</Message></Error>"
        let other = "<Error><Code>NoSuchBucket</Code><BucketName>&#27;[2J</BucketName></Error>"
        for text in [document, other] {
            let shown = try #require(explainer.explain(Array(text.utf8))).text
            #expect(!shown.utf8.contains(0x1b))
        }
    }

    @Test(arguments: ["", "<html></html>", "<Error>", "hello", "https://www.example.org/", "{", "AAAA", "\u{0}"])
    func refusesWhatIsNoneOfThese(text: String) throws {
        let explainer = Explainer(try Desks.desk(), now: Client.now)
        let explanation = explainer.explain(Array(text.utf8))
        #expect(explanation == nil || explanation?.causes.isEmpty == false)
    }
}
