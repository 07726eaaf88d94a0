import FastCGI
import Foundation
import S3Authorization
import S3Client
import Testing

@testable import UploadService

@Suite struct DeletionHandlerTests {
    /// What the store was asked, in order.
    private final class Recorder {
        var calls: [String] = []
    }

    private struct Outcome {
        let response: Response?
        let error: RequestError?
        let calls: [String]
        let cause: String?
        let shadow: String?
    }

    private func run(
        _ request: Request, isClaimed: Bool = false, failing failure: S3Error? = nil, permits: Permits = Permits(1),
        _ change: (inout Site) -> Void = { _ in }
    ) throws -> Outcome {
        let recorder = Recorder()
        let site = try Site.make { site in
            site.rules.allowsDeletion = true
            site.origins = [HTTPURL("https://app.example.org")].compactMap { $0 }
            change(&site)
        }
        let store = DeletionHandler.Store(
            isClaimed: { key in
                recorder.calls.append("claimed? \(key)")
                return isClaimed
            },
            delete: { key throws(S3Error) in
                recorder.calls.append("delete \(key)")
                if let failure { throw failure }
            }, permits: permits)
        var account = Account()
        func shadow() -> String? { account.shadow.map { "\($0.profile) \($0.reason.code)" } }
        do throws(RequestError) {
            let response = try DeletionHandler(Inquiry(request, at: site), store).respond(&account)
            return Outcome(
                response: response, error: nil, calls: recorder.calls, cause: account.cause, shadow: shadow())
        } catch {
            return Outcome(response: nil, error: error, calls: recorder.calls, cause: account.cause, shadow: shadow())
        }
    }

    /// However many delete, some workers are left to sign.
    @Test func waitsForNobody() throws {
        let permits = Permits(1)
        let outcome = try permits.run { try run(delete("key=frodo/cat.png"), permits: permits) }
        #expect(outcome?.error.map { "\($0.status) \($0.code)" } == "503 busy" && outcome?.calls == [])
        #expect(try run(delete("key=frodo/cat.png"), permits: permits).response?.status == 200)
    }

    @Test func onTrial() throws {
        var trial = Site.Profile(name: "strict", rules: .make())
        for (isAllowed, shadow) in [(false, "strict deleting_is_off"), (true, nil)] as [(Bool, String?)] {
            trial.allowsDeletion = isAllowed
            let outcome = try run(delete("key=frodo/cat.png")) { $0.rules.shadow = Shadow(trial) }
            #expect(outcome.response?.status == 200 && outcome.shadow == shadow)
            #expect(outcome.calls == ["claimed? frodo/cat.png", "delete frodo/cat.png"])
        }
        let refused = try run(delete("key=frodo/cat.png"), isClaimed: true) { $0.rules.shadow = Shadow(trial) }
        #expect(refused.error != nil && refused.shadow == nil)
    }

    private func delete(_ query: String, user: String? = "frodo") -> Request {
        .make("DELETE", "/upload/file/UUID", user: user, ["QUERY_STRING": query, "CONTENT_TYPE": ""])
    }

    private func post(_ body: String, _ parameters: [String: String] = [:]) -> Request {
        let form = ["CONTENT_TYPE": "application/x-www-form-urlencoded"].merging(parameters) { $1 }
        return .make("POST", "/upload/file", body: Array(body.utf8), form)
    }

    /// What Fine Uploader's own code sends; its bucket is `undefined` for files that it did not upload itself.
    @Test(arguments: [
        "delete_DELETE_same", "delete_POST_same", "delete_DELETE_cors", "delete_POST_cors", "delete_POST_xdr",
    ])
    func clients(name: String) throws {
        let object = try #require(vectors("clients/requests.json")[name] as? [String: Any])
        let url = try #require(object["url"] as? String)
        let headers = object["headers"] as? [String: String] ?? [:]
        let parameters = [
            "CONTENT_TYPE": headers["Content-Type"] ?? "",
            "HTTP_ORIGIN": name.hasSuffix("same") ? "" : "https://app.example.org",
        ]
        let request =
            object["method"] as? String == "DELETE"
            ? Request.make(
                "DELETE", "/upload/file/UUID",
                parameters.merging(["QUERY_STRING": url.split(separator: "?").last.map(String.init) ?? ""]) { $1 })
            : post(try #require(object["body"] as? String), parameters)
        let outcome = try run(request) { $0.rules.rules.bucket = "my-bucket" }
        #expect(outcome.response?.status == 200, "\(outcome.error?.message ?? "")")
        #expect(outcome.response?.json as NSDictionary? == ["success": true])
        #expect(outcome.calls == ["claimed? frodo/a b.jpg", "delete frodo/a b.jpg"])
    }

    @Test(arguments: ["bucket=uploads", "bucket=undefined", "bucket=", "", "bucket=uploads&bucket=uploads&uuid=1"])
    func ours(bucket: String) throws {
        #expect(try run(delete("key=frodo%2Fa&\(bucket)")).calls.last == "delete frodo/a")
    }

    @Test(arguments: [
        ("key=frodo%2Fa&bucket=storage", 403, "Bucket should be 'uploads'"),
        ("key=sam%2Fa&bucket=uploads", 403, "Key should start with 'frodo/'"),
        ("key=frodo%2F..%2Fsam%2Fa", 400, "Key should not have an empty, '.' or '..' segment"),
        ("key=frodo%252Fa", 403, "Key should start with 'frodo/'"),
        ("key=frodo%2F", 400, "Key should not have an empty, '.' or '..' segment"),
        ("key=frodo%2Fa%0A", 400, "Invalid character in key"),
        ("key=frodo%2Fa&key=frodo%2Fb", 400, "Unable to complete your request. Errors with key"),
        ("key=frodo%2Fa&bucket=uploads&bucket=storage", 400, "Unable to complete your request. Errors with bucket"),
        ("key=", 400, "Unable to complete your request. Errors with key"),
        ("", 400, "Unable to complete your request. Errors with key"),
        ("key[]=frodo%2Fa", 400, "Unable to complete your request. Errors with key"),
        ("key=%", 400, "Malformed form: a % without two hexadecimal digits after it, in pair 1"),
    ])
    func refused(query: String, status: Int, message: String) throws {
        for request in [delete(query), post(query + "&_method=DELETE")] {
            let outcome = try run(request)
            #expect(outcome.error?.status == status && outcome.error?.message == message)
            #expect(outcome.calls.isEmpty)
        }
    }

    @Test func offByDefault() throws {
        let outcome = try run(delete("key=frodo%2Fa")) {
            $0.rules.allowsDeletion = Site.Profile(name: "", rules: .make()).allowsDeletion
        }
        #expect(outcome.error?.status == 403 && outcome.error?.message == "Deleting is switched off")
        #expect(outcome.calls.isEmpty)
    }

    @Test func needsAUser() throws {
        let outcome = try run(delete("key=frodo%2Fa", user: nil))
        #expect(outcome.error == .loginRequired && outcome.calls.isEmpty)
    }

    @Test func neverAfterCompletion() throws {
        let outcome = try run(delete("key=frodo%2Fa"), isClaimed: true)
        #expect(outcome.error?.status == 409 && outcome.calls == ["claimed? frodo/a"])
    }

    @Test(arguments: [
        ("key=frodo%2Fa", 400), ("key=frodo%2Fa&_method=PUT", 400), ("key=frodo%2Fa&_method=DELETE&_method=PUT", 400),
        ("key=frodo%2Fa&_method=delete", 200),
    ])
    func methodInABody(body: String, status: Int) throws {
        let outcome = try run(post(body))
        #expect(outcome.response?.status ?? outcome.error?.status == status)
        #expect(outcome.calls.isEmpty == (status != 200))
    }

    @Test(arguments: ["text/plain", "application/json", "multipart/form-data; boundary=x"])
    func typesThatAreNone(type: String) throws {
        let outcome = try run(post("key=frodo%2Fa&_method=DELETE", ["CONTENT_TYPE": type]))
        #expect(outcome.error?.status == 415 && outcome.calls.isEmpty)
    }

    @Test(arguments: [(S3Error.timedOut, 504), (.notFound(code: "NoSuchBucket"), 502), (.badAnswer("x"), 503)])
    func failures(failure: S3Error, status: Int) throws {
        let outcome = try run(delete("key=frodo%2Fa"), failing: failure)
        #expect(outcome.error == .storage(failure))
        #expect(outcome.cause?.isEmpty == false)
        if failure != .badAnswer("x") { #expect(outcome.error?.status == status) }
    }

    @Test func largeBodies() throws {
        let outcome = try run(post("key=frodo%2Fa&_method=DELETE")) { $0.rules.bodyLimit = 10 }
        #expect(outcome.error?.status == 413)
    }
}
