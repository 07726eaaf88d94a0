import FastCGI
import S3Authorization
import Testing

@testable import UploadService

/// Who may send storage events.
struct EventsDeskTests {
    static let token = "t0ken-of-forty-visible-ASCII-characters!"
    static let secret = "s3cret-of-forty-visible-ASCII-characters"

    static func desk() throws -> EventsDesk {
        var desk = EventsDesk()
        desk.tokens = [Secret("an-older-token-that-is-still-good-for-now"), Secret(token)]
        desk.signatures = [try #require(WebhookSignature(secret: Secret(secret)))]
        return desk
    }

    static func isKnown(_ parameters: [String: String], body: String = "{}") throws -> Bool {
        let request = Request.make("POST", "/upload/events", user: nil, body: Array(body.utf8), parameters)
        return try desk().authenticates(Inquiry(request, at: try Site.make()), at: testTime)
    }

    static func basic(_ pair: String) -> String { "Basic \(Base64.encode(Array(pair.utf8)))" }

    @Test(arguments: [
        ["HTTP_AUTHORIZATION": "Bearer \(token)"], ["HTTP_AUTHORIZATION": "bearer  \(token)"],
        ["HTTP_AUTHORIZATION": basic("ceph:\(token)")], ["HTTP_AUTHORIZATION": basic(":\(token)")],
        ["QUERY_STRING": "token=\(token)"], ["QUERY_STRING": "a=b&token=%740ken-of-forty-visible-ASCII-characters!"],
        ["HTTP_AUTHORIZATION": "Bearer an-older-token-that-is-still-good-for-now"],
    ])
    func knowsAToken(parameters: [String: String]) throws {
        #expect(try Self.isKnown(parameters))
    }

    @Test(arguments: [
        [:], ["HTTP_AUTHORIZATION": "Bearer \(token)x"], ["HTTP_AUTHORIZATION": "Bearer"],
        ["HTTP_AUTHORIZATION": token],
        ["HTTP_AUTHORIZATION": "Bearer \(secret)"], ["HTTP_AUTHORIZATION": basic("\(token):x")],
        ["HTTP_AUTHORIZATION": basic(token)], ["HTTP_AUTHORIZATION": "Basic !"], ["QUERY_STRING": "token="],
        ["QUERY_STRING": "token"], ["QUERY_STRING": "tokem=\(token)"], ["HTTP_COOKIE": "token=\(token)"],
        ["REMOTE_USER": "frodo"],
    ])
    func knowsNobodyElse(parameters: [String: String]) throws {
        #expect(try !Self.isKnown(parameters))
    }

    static func signed(at time: Int64 = testTime, body: String = "{}") throws -> [String: String] {
        let signature = try #require(WebhookSignature(secret: Secret(secret)))
        let value = signature.value(id: "msg_1", time: time, body: Array(body.utf8))
        return [
            "HTTP_WEBHOOK_ID": "msg_1", "HTTP_WEBHOOK_TIMESTAMP": "\(time)", "HTTP_WEBHOOK_SIGNATURE": "v1,xx \(value)",
        ]
    }

    @Test(arguments: [-300, 0, 300]) func knowsASignature(offset: Int64) throws {
        #expect(try Self.isKnown(try Self.signed(at: testTime + offset)))
    }

    @Test func refusesASignatureOfSomethingElse() throws {
        #expect(try !Self.isKnown(try Self.signed(), body: "{ }"))
        for offset in [-301, 301] as [Int64] { #expect(try !Self.isKnown(try Self.signed(at: testTime + offset))) }
        for (name, value) in [
            ("HTTP_WEBHOOK_ID", "msg_2"), ("HTTP_WEBHOOK_TIMESTAMP", "\(testTime + 1)"), ("HTTP_WEBHOOK_TIMESTAMP", ""),
            ("HTTP_WEBHOOK_TIMESTAMP", "9223372036854775807"), ("HTTP_WEBHOOK_SIGNATURE", "v1,"),
        ] {
            #expect(try !Self.isKnown(try Self.signed().merging([name: value]) { $1 }))
        }
    }
}
