import FastCGI
import Foundation
import Testing

@testable import S3Authorization
@testable import UploadService

/// One case of `sign_requests.json` for the URL `sign`: what is asked, and whether it may be signed.
struct SignRequestCase: CustomTestStringConvertible, Sendable {
    let name: String
    /// `sign` for policies, `sign-headers-v2` and `sign-headers-v4` for requests of chunked uploads.
    let endpoint: String
    let tier: String
    let group: String
    let isAccepted: Bool
    let alternative: String
    let method: String
    let user: String?
    let parameters: [String: String]
    let body: [UInt8]
    let statusHint: Int?

    var testDescription: String { name }

    private static let everything: [SignRequestCase] = {
        let cases = (try? vectors("sign_requests.json"))?["cases"] as? [[String: Any]] ?? []
        return cases.compactMap(SignRequestCase.init)
    }()

    static let all = everything.filter { $0.endpoint == "sign" }
    static let chunks = everything.filter { $0.endpoint.hasPrefix("sign-headers-") }

    init?(_ object: [String: Any]) {
        guard let name = object["name"] as? String, let tier = object["tier"] as? String,
            let expect = object["expect"] as? String, let endpoint = object["endpoint"] as? String
        else { return nil }
        (self.name, self.endpoint, self.tier, isAccepted) = (name, endpoint, tier, expect == "accept")
        alternative = object["alt"] as? String ?? ""
        group = object["group"] as? String ?? ""
        method = object["method"] as? String ?? "POST"
        user = object["user"] as? String
        statusHint = object["status_hint"] as? Int
        var parameters = ["CONTENT_TYPE": object["content_type"] as? String ?? ""]
        parameters["QUERY_STRING"] = object["query"] as? String ?? ""
        for (header, value) in object["headers"] as? [String: String] ?? [:] {
            parameters["HTTP_" + header.uppercased().replacingOccurrences(of: "-", with: "_")] = value
        }
        self.parameters = parameters
        if let encoded = object["body_base64"] as? String {
            body = Self.filled(Array(Data(base64Encoded: encoded) ?? Data()))
        } else {
            body = Self.filled(Array((object["body"] as? String ?? "").utf8))
        }
    }

    /// Templates filled in for the test's moment.
    private static func filled(_ body: [UInt8]) -> [UInt8] {
        let templates = [
            "@@EXP@@": "2026-11-22T12:38:56.000Z", "@@AK@@": "AKIDEXAMPLE", "@@DATE8@@": "20261122",
            "@@AMZDATE@@": "20261122T123456Z", "@@RFC1123@@": "Sun, 22 Nov 2026 12:34:56 GMT",
        ]
        var data = Data(body)
        for (name, value) in templates {
            while let range = data.range(of: Data(name.utf8)) {
                data.replaceSubrange(range, with: Data(value.utf8))
            }
        }
        return Array(data)
    }

    func answer(from site: Site) -> Response {
        let dispatcher = Dispatcher(site: site, surroundings: .fixed())
        return dispatcher.respond(to: .make(method, user: user, body: body, parameters))
    }
}

/// The independent cases of `sign`, under drf-to-s3's strict key characters and under our own.
struct SignRequestVectors {
    /// What the default key characters sign although drf-to-s3 did not: what `filename` keys need.
    private static let relaxed: Set<String> = ["key_space", "key_unicode"]
    /// What they refuse as drf-to-s3 did.
    private static let kept: Set<String> = [
        "key_html", "key_pipe", "key_caret", "key_percent", "key_startswith_frodo_", "key_startswith_beside_eq",
    ]

    /// Whether it is one of drf-to-s3's own rules for keys, of which the default ones keep some: in a larger file there may
    /// be more of either kind.
    private static func mayBeRelaxed(_ vector: SignRequestCase) -> Bool {
        vector.tier == "drf" && vector.group == "key" && !vector.isAccepted && !kept.contains(vector.name)
    }

    private static func site(_ characters: KeyCharacters) throws -> Site {
        try .make(
            rules: .make {
                $0.keyCharacters = characters
                if let url = HTTPURL("https://app.example.org/") { $0.redirects = [url] }
            }
        ) {
            if let url = HTTPURL("https://app.example.org") { $0.origins = [url] }
        }
    }

    @Test func areAllThere() {
        #expect(SignRequestCase.all.count >= 278)
        for name in Self.relaxed.union(Self.kept) {
            #expect(SignRequestCase.all.contains { $0.name == name && !$0.isAccepted })
        }
    }

    @Test(arguments: SignRequestCase.all)
    func strictly(_ vector: SignRequestCase) throws {
        try expect(vector, accepted: vector.isAccepted, vector.answer(from: Self.site(.strict)))
    }

    @Test(arguments: SignRequestCase.all)
    func byDefault(_ vector: SignRequestCase) throws {
        let response = vector.answer(from: try Self.site(.unicode))
        let accepted = vector.isAccepted || Self.mayBeRelaxed(vector) && response.status == 200
        try expect(vector, accepted: accepted, response)
    }

    @Test(arguments: SignRequestCase.all.filter { Self.relaxed.contains($0.name) })
    func signsWhatFileNamesNeed(_ vector: SignRequestCase) throws {
        try expect(vector, accepted: true, vector.answer(from: Self.site(.unicode)))
    }

    private func expect(_ vector: SignRequestCase, accepted: Bool, _ response: Response) throws {
        if response.status == 200, vector.alternative.hasPrefix("accept") {
            try expectSound(response, for: vector)
        } else if accepted {
            #expect(response.status == 200, "\(response.text)")
            try expectSound(response, for: vector)
        } else {
            #expect((400..<500).contains(response.status), "\(response.text.prefix(400))")
            #expect(response.json["policy"] == nil && response.json["signature"] == nil)
            // What answers a HEAD has no body.
            if vector.method != "HEAD" {
                #expect((response.json["error"] as? String)?.isEmpty == false)
                #expect(response.json["invalid"] as? Bool == true && response.json["success"] as? Bool == false)
            }
        }
        #expect(!response.text.contains("wJalrXUtn"))
    }

    /// Whatever was signed binds bucket, key and ACL, is short-lived and has nothing outside the list.
    private func expectSound(_ response: Response, for vector: SignRequestCase) throws {
        let policy = try #require(response.json["policy"] as? String)
        let text = try #require(Data(base64Encoded: policy))
        let signed = try POSTPolicy(parsing: Array(text))
        #expect(signed.expiration?.secondsSince1970 == testTime + 300)
        func value(_ element: ByteString) -> ByteString? {
            signed.conditions.first { $0.element == element }?.exactValue?.text
        }
        #expect(value("acl") == "private")
        #expect(value("bucket") == "uploads")
        let prefix = try KeyPrefix(user: ByteString(vector.user ?? ""))
        #expect(value("key")?.hasPrefix(prefix.text) == true)
        #expect(signed.conditions.count { $0.element == "content-length-range" } == 1)
        #expect(signed.conditions.allSatisfy { PolicyElement($0.element) != nil })
        #expect((response.json["signature"] as? String)?.isEmpty == false)
    }
}
