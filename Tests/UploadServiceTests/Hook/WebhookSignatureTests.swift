import S3Authorization
import Testing

@testable import UploadService

@Suite struct WebhookSignatureTests {
    /// The example of Svix's documentation of the scheme, which is the standard's reference implementation.
    /// https://docs.svix.com/receiving/verifying-payloads/how-manual
    @Test func publishedExample() throws {
        let value = try WebhookSignature.make().value(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek", time: 1_614_265_330, body: Array(#"{"test": 2432232314}"#.utf8))
        #expect(value == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    @Test func plainTextIsTheKeyItself() throws {
        let plain = try #require(WebhookSignature(secret: Secret("FILESECRET")))
        let decoded = try #require(WebhookSignature(secret: Secret("whsec_RklMRVNFQ1JFVA==")))
        #expect(plain.value(id: "a", time: 1, body: [1]) == decoded.value(id: "a", time: 1, body: [1]))
    }

    @Test(arguments: [("b", 1, 1), ("a", 2, 1), ("a", 1, 2)] as [(String, Int64, UInt8)])
    func everyPartCounts(id: String, time: Int64, byte: UInt8) throws {
        let signature = try WebhookSignature.make()
        #expect(
            signature.value(id: ByteString(id), time: time, body: [byte])
                != signature.value(id: "a", time: 1, body: [1]))
    }

    @Test(arguments: ["whsec_", "whsec_A", "whsec_a b=", "whsec_RklMRVNFQ1JFVA"])
    func badBase64(secret: String) {
        #expect(WebhookSignature(secret: Secret(secret)) == nil)
    }
}
