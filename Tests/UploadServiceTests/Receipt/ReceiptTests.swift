import Foundation
import S3Authorization
import Testing

@testable import UploadService

@Suite struct ReceiptTests {
    static let secret = Secret("FILESECRET-receipts-0123456789012345")

    static let claims = ReceiptClaims(
        issuedAt: testTime, key: "frodo/1.png", bucket: "storage", size: 4711, etag: "9b2cf535-3", type: "image/png",
        name: "Zoë \"x\".png", user: "frodo", uploadKey: "frodo/u/1")

    /// The same three parts from Python's hmac and base64, of RFC 7515's own construction.
    @Test func compactSerialization() {
        let receipt = Receipt(secret: Self.secret).sign(claims: #"{"iss":"countersign"}"#)
        #expect(
            receipt
                == "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJjb3VudGVyc2lnbiJ9.klHEXumLFUe6Ajr9ncG-uLjEKX8AbpruunO34O0cGSI"
        )
    }

    @Test func whatTheClaimsSay() throws {
        let json = try JSONSerialization.jsonObject(with: Data(Self.claims.json.bytes)) as? [String: NSObject]
        #expect(
            json == [
                "iss": "countersign" as NSString, "iat": testTime as NSNumber, "key": "frodo/1.png" as NSString,
                "bucket": "storage" as NSString, "size": 4711 as NSNumber, "etag": "9b2cf535-3" as NSString,
                "type": "image/png" as NSString, "name": "Zoë \"x\".png" as NSString, "user": "frodo" as NSString,
                "upload_key": "frodo/u/1" as NSString,
            ])
    }

    @Test func everyClaimAndTheSecretCount() {
        let receipt = Receipt(secret: Self.secret).sign(Self.claims)
        var other = Self.claims
        other.size += 1
        #expect(Receipt(secret: Self.secret).sign(other) != receipt)
        #expect(Receipt(secret: Secret("another")).sign(Self.claims) != receipt)
        #expect(Receipt(secret: Self.secret).sign(Self.claims) == receipt)
    }

    /// https://www.rfc-editor.org/rfc/rfc4648#section-10 and the two characters that differ.
    @Test(
        arguments: [
            ([], ""), ([0x66], "Zg"), ([0x66, 0x6f], "Zm8"), ([0x66, 0x6f, 0x6f], "Zm9v"),
            ([0xfb, 0xff, 0xbf], "-_-_"),
        ] as [([UInt8], ByteString)])
    func base64URL(bytes: [UInt8], text: ByteString) {
        #expect(Base64URL.encode(bytes) == text)
    }
}
