import FastCGI
import Foundation
import S3Client
import Testing

@testable import S3Authorization
@testable import UploadService

/// Every POST policy that Fine Uploader's own code produced, under a site configured for it.
struct ClientPolicyTests {
    struct Sample: CustomTestStringConvertible, Sendable {
        let name: String
        let document: [UInt8]

        var testDescription: String { name }
    }

    /// Every object with conditions in the files, as a document; those given in Base64 as their bytes.
    static let samples: [Sample] = {
        var found: [Sample] = []
        for file in ["vectors", "requests", "ref.out"] {
            guard let object = try? vectors("clients/\(file).json") else { continue }
            for (name, value) in object.sorted(by: { $0.key < $1.key }) {
                for document in documents(in: value) {
                    found.append(Sample(name: "\(file).\(name)", document: document))
                }
            }
        }
        return found
    }()

    private static func documents(in value: Any) -> [[UInt8]] {
        if let text = value as? String {
            let bytes = text.hasPrefix("{") ? Data(text.utf8) : Data(base64Encoded: text) ?? Data()
            guard let object = try? JSONSerialization.jsonObject(with: bytes) as? [String: Any],
                object["conditions"] is [Any]
            else { return [] }
            return [Array(bytes)]
        }
        guard let object = value as? [String: Any] else { return [] }
        if object["conditions"] is [Any] {
            return (try? JSONSerialization.data(withJSONObject: object)).map { [Array($0)] } ?? []
        }
        return object.values.flatMap(documents)
    }

    private func site(for document: [UInt8]) throws -> Site {
        let hasToken = String(decoding: document, as: UTF8.self).contains("x-amz-security-token")
        let rules = UploadRules.make { rules in
            rules.bucket = "my-bucket"
            rules.storageClasses = ["REDUCED_REDUNDANCY"]
            rules.encryptions = ["AES256"]
        }
        return try .make(rules: rules) { site in
            site.credentials = StaticCredentials(
                Credentials(accessKeyID: "AKID", secret: Secret("SECRET"), sessionToken: hasToken ? "TOKEN" : nil))
            site.mount = "/s3"
            site.url = HTTPURL("https://app.example")
        }
    }

    /// 2030-01-02 03:04:05 UTC, when the client asked.
    private func answer(_ document: [UInt8]) throws -> Response {
        let request = Request.make("POST", "/s3/sign", user: "frodo", body: document)
        return Dispatcher(site: try site(for: document), surroundings: .fixed(at: 1_893_553_445)).respond(to: request)
    }

    @Test func areAllThere() {
        let names = Self.samples.map(\.name)
        for name in [
            "vectors.policy_xhr_v2", "vectors.policy_xhr_v4_all", "vectors.policy_iframe_v2", "ref.out.policy2",
            "ref.out.policy4",
        ] {
            #expect(names.contains(name))
        }
        // Three objects, `policy4` as text and in Base64, `policy2` in Base64, and the empty ones of three transports.
        #expect(Self.samples.count >= 9)
    }

    @Test(arguments: samples) func areSigned(_ sample: Sample) throws {
        let response = try answer(sample.document)
        guard sample.name.hasPrefix("vectors") || sample.name.hasPrefix("ref.out") else {
            // A probe of the transport only: no condition at all, and a date that is none.
            #expect(response.status == 400)
            #expect((response.json["errors"] as? [String: Any])?["conditions.key"] != nil)
            return
        }
        #expect(response.status == 200, "\(response.text)")
        let policy = try #require(Data(base64Encoded: response.json["policy"] as? String ?? ""))
        let (asked, signed) = (try POSTPolicy(parsing: sample.document), try POSTPolicy(parsing: Array(policy)))
        // What the form will send is what was signed; only the length is ours.
        let isField: (Condition) -> Bool = { $0.element != "content-length-range" }
        #expect(asked.conditions.filter(isField) == signed.conditions.filter(isField))
        #expect(signed.expiration?.secondsSince1970 == 1_893_553_745)
        let secret = Secret("SECRET")
        let encoded = ByteString(response.json["policy"] as? String ?? "")
        let isVersion4 = asked.conditions.contains { $0.element == "x-amz-algorithm" }
        let expected =
            isVersion4
            ? SigningKey(
                secret: secret, scope: try CredentialScope(parsing: "20300102/us-east-1/s3/aws4_request")
            ).signature(of: encoded) : SignatureV2.SigningKey(secret: secret).signature(of: encoded)
        #expect(response.json["signature"] as? String == expected.string)
    }

    /// The reference server's signatures over the client's own bytes are ours over the same bytes.
    @Test func signaturesOfTheReferenceServer() throws {
        let object = try vectors("clients/ref.out.json")
        let (two, four) = (object["policy2"] as? [String: String] ?? [:], object["policy4"] as? [String: String] ?? [:])
        let secret = Secret("SECRET")
        #expect(SignatureV2.SigningKey(secret: secret).signature(of: ByteString(two["b64"] ?? "")).string == two["sig"])
        let scope = try CredentialScope(parsing: "20300102/us-east-1/s3/aws4_request")
        #expect(
            SigningKey(secret: secret, scope: scope).signature(of: ByteString(four["b64"] ?? "")).string == four["sig"])
    }

    /// Each field is held to: changed, the policy is refused.
    @Test(arguments: samples.filter { !$0.name.hasPrefix("requests") }) func areRefusedWithOneFieldChanged(
        _ sample: Sample
    ) throws {
        let bad: [String: String] = [
            "acl": "public-read", "bucket": "other-bucket", "Content-Type": "image", "success_action_status": "302",
            "success_action_redirect": "https://evil.example/s3/empty_html", "key": "sam/a.jpg",
            "x-amz-storage-class": "GLACIER", "x-amz-security-token": "OTHER", "x-amz-server-side-encryption": "none",
            "x-amz-algorithm": "AWS4-HMAC-SHA1", "x-amz-credential": "AKID/20300102/eu-west-1/s3/aws4_request",
            "x-amz-date": "20300102T040405Z", "Cache-Control": "a\nb", "x-amz-meta-album": "a\nb",
            "x-amz-meta-qqfilename": "%FF",
        ]
        let object = try #require(try JSONSerialization.jsonObject(with: Data(sample.document)) as? [String: Any])
        let conditions = try #require(object["conditions"] as? [Any])
        for (index, condition) in conditions.enumerated() {
            var changed = conditions
            if let name = (condition as? [String: Any])?.keys.first {
                changed[index] = [name: try #require(bad[name], "\(name)")]
            } else {
                changed[index] = ["content-length-range", "0", "9007199254740991"]
            }
            let document = try JSONSerialization.data(withJSONObject: ["conditions": changed])
            let response = try answer(Array(document))
            #expect(response.status == 400 || response.status == 403, "\(condition)")
            #expect(response.json["signature"] == nil && response.json["policy"] == nil)
        }
    }

    /// What the client sends where a page sets a minimum only.
    @Test func theMinimumOnly() throws {
        let range = try #require(try vectors("clients/vectors.json")["policy_minonly"] as? [Any])
        let conditions: [Any] = [["acl": "private"], ["bucket": "my-bucket"], ["key": "frodo/a"]] + range
        let document = try JSONSerialization.data(withJSONObject: ["conditions": conditions])
        let response = try answer(Array(document))
        #expect(response.status == 200 && response.text.contains(#"["content-length-range",5,5368709120]"#))
    }
}
