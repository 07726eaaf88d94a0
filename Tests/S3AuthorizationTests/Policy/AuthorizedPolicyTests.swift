import Testing

@testable import S3Authorization

/// The document that is signed: our own words, and the signature over it.
struct AuthorizedPolicyTests {
    static let document2 =
        #"{"expiration":"2026-11-22T12:39:56Z","conditions":[{"acl":"private"},{"bucket":"uploads"},"#
        + #"{"Content-Type":"image/png"},{"success_action_status":"200"},{"key":"frodo/cat.png"},"#
        + #"{"x-amz-meta-qqfilename":"cat.png"},["content-length-range",1,1000]]}"#

    static let document4 =
        document2.dropLast(2) + #",{"x-amz-algorithm":"AWS4-HMAC-SHA256"},"#
        + #"{"x-amz-credential":"AKIDEXAMPLE/20261122/us-east-1/s3/aws4_request"},{"x-amz-date":"20261122T123456Z"}]}"#

    @Test func goldenVersion2() throws {
        let authorized = try PolicySample { $0.conditions = PolicySample.version2 }.authorize()
        #expect(authorized.document == ByteString(Self.document2))
        let signed = authorized.sign(with: SigningKeyCache())
        #expect(signed.policy == Base64.encode(ByteString(Self.document2)))
        #expect(signed.signature == "Cv+OEkKLhOc/i1e3MPwtvzAdggE=")
    }

    @Test func goldenVersion4() throws {
        let authorized = try PolicySample().authorize()
        #expect(authorized.document == ByteString(String(Self.document4)))
        let keys = SigningKeyCache()
        let signed = authorized.sign(with: keys)
        #expect(StringToSign(encodedPolicy: signed.policy).text == signed.policy)
        let scope = try CredentialScope(time: PolicySample.now, region: "us-east-1")
        let chain = SigningKey.chain(secret: PolicySample.credentials.secret, scope: scope)
        #expect(Hexadecimal.encode(chain.signing) == "79599adbe88b9698db068a647723244710ce5aa4b62164a8124dfdc6f3892305")
        #expect(signed.signature == "325156ff112dcc24d121f89c35eca7ac88031418a33ed35a826d5e391e2e8247")
        #expect(keys.count == 1 && authorized.sign(with: keys).signature == signed.signature && keys.count == 1)
    }

    @Test func theLengthIsOurs() throws {
        func range(_ condition: String) throws -> Substring {
            let text = try PolicySample { $0.replace("content-length-range", by: condition) }.authorize().document
                .description
            return text.firstRange(of: "[\"content-length-range\"").map { text[$0.lowerBound...] } ?? ""
        }
        #expect(
            try range(#"["content-length-range","0005","9007199254740992"]"#)
                == #"["content-length-range",5,1000000]]}"#)
        let without = try PolicySample { $0.replace("content-length-range") }.authorize().document.description
        #expect(without.hasSuffix(#",["content-length-range",0,1000000]]}"#))
        var largest = PolicySample { $0.rules.maximumSize = 9_007_199_254_740_993 }
        for maximum in ["9007199254740991", "9007199254740993"] {
            largest.replace("content-length-range", by: "[\"content-length-range\",0,\(maximum)]")
            #expect(try largest.authorize().document.description.contains(",0,\(maximum)]"))
        }
        largest.replace("content-length-range", by: "[\"content-length-range\",0,9007199254740992]")
        #expect(try largest.authorize().document.description.contains(",0,9007199254740993]"))
    }

    /// The forms are kept, spelled anew: escapes and white space are gone.
    @Test func writtenAnew() throws {
        let sample = PolicySample { sample in
            sample.conditions = PolicySample.version2
            sample.replace("key", by: #"[ "eq" , "$key" , "frodo\/\u00e9\ud83d\ude00" ]"#)
            sample.replace("success_action_status", by: #"{ "success_action_status" : 200 }"#)
            sample.replace("acl", by: #"{"\u0061cl":"priv\u0061te"}"#)
        }
        let text = try sample.authorize().document.description
        #expect(text.contains(#"["eq","$key","frodo/é😀"]"#) && text.contains(#"{"success_action_status":200}"#))
        #expect(text.contains(#"{"acl":"private"}"#) && !text.contains("\\u") && !text.contains(" "))
    }

    /// What is signed is what was checked: the signed document, read and authorized again, is itself.
    @Test(arguments: 1...20) func signedDocumentsAuthorizeToThemselves(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed &* 0x9e37_79b9_7f4a_7c15)
        let optional = [
            #"{"Cache-Control":"max-age=60, \"x\\y\""}"#,
            #"["eq","$Content-Disposition","attachment; filename=\"é\""]"#,
            #"{"x-amz-meta-a":"x%20y"}"#, #"{"x-amz-meta-b":-15}"#, #"["eq","$x-amz-meta-c",""]"#,
            #"{"x-amz-storage-class":"STANDARD_IA"}"#, #"{"redirect":"https://app.example.org/done?a=b"}"#,
            #"{"Content-Encoding":"gz\u0069p"}"#, #"{"x-amz-server-side-encryption":"AES256"}"#,
        ]
        let keys = ["frodo/a", "frodo/é😀 (1).png", #"frodo/\u0041\/b?c#d&e=f+g;h"#, "frodo/写真（１）.jpg"]
        for _ in 0..<25 {
            var sample = PolicySample { sample in
                sample.rules.storageClasses = ["STANDARD_IA"]
                sample.rules.encryptions = ["AES256"]
                sample.rules.redirects = ["https://app.example.org/"].compactMap { HTTPURL($0) }
            }
            if Bool.random(using: &generator) { sample.conditions = PolicySample.version2 }
            if Bool.random(using: &generator) { sample.replace("content-length-range") }
            if Bool.random(using: &generator) { sample.replace("Content-Type") }
            sample.replace("key", by: "{\"key\":\"\(keys.randomElement(using: &generator) ?? "")\"}")
            sample.conditions += optional.filter { _ in Bool.random(using: &generator) }
            sample.conditions.shuffle(using: &generator)
            let authorized = try sample.authorize()
            let again = try sample.authorize(authorized.document.description)
            #expect(again.document == authorized.document && again.key == authorized.key)
            let keys = SigningKeyCache()
            #expect(again.sign(with: keys).signature == authorized.sign(with: keys).signature)
            #expect(
                authorized.document.string != nil
                    && (try? JSONReaderTests.read(Array(authorized.document.bytes))) != nil)
        }
    }
}
