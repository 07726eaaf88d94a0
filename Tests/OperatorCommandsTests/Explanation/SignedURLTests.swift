import S3Authorization
import Testing
import UploadService

@testable import OperatorCommands

/// URLs as `POST upload_uri` hands them out, and what can be wrong with one.
struct SignedURLTests {
    /// The URL of a PUT that declares its type.
    static func url(_ desk: Desk, type: ByteString? = nil, at time: Int64 = Client.now) throws -> String {
        var rules = try #require(desk.profiles.first).rules
        rules.expiresAfter = 300
        let caller = Caller(prefix: try KeyPrefix(user: "frodo"))
        let upload = Upload(key: "frodo/a b.jpg", contentType: type)
        let signing = try SigningTime(secondsSince1970: time)
        let authorized = try rules.authorize(upload, for: caller, at: signing)
        let signer = try Signer(credentials: desk.credentials, region: desk.region)
        return try authorized.presigned(by: signer, at: desk.publicEndpoint, addressing: desk.addressing).url
            .description
    }

    static func explain(_ text: String, headers: [HeaderField] = [], at now: Int64 = Client.now) throws -> Explanation {
        let context = Explainer.Context(headers: headers)
        return try #require(Explainer(try Desks.desk(), now: now).explain(Array(text.utf8), context))
    }

    @Test func findsNothingWrongWithAGoodOne() throws {
        let explanation = try Self.explain(try Self.url(try Desks.desk()))
        #expect(explanation.causes.isEmpty)
        #expect(explanation.remarks.contains { $0.contains("right for PUT") })
    }

    @Test func needsTheValuesOfSignedHeaders() throws {
        let url = try Self.url(try Desks.desk(), type: "image/jpeg")
        #expect(try Self.explain(url).remarks.contains { $0.contains("content-type") })
        let right = try Self.explain(url, headers: [HeaderField("Content-Type", "image/jpeg")])
        #expect(right.causes.isEmpty)
        let wrong = try Self.explain(url, headers: [HeaderField("Content-Type", "image/jpeg; charset=UTF-8")])
        #expect(wrong.causes.map(\.name) == [.contentType])
    }

    @Test func findsHeadersThatNobodySigned() throws {
        let headers = [HeaderField("x-amz-acl", "public-read")]
        let explanation = try Self.explain(try Self.url(try Desks.desk()), headers: headers)
        #expect(explanation.causes.map(\.name) == [.headerAdded])
    }

    @Test(arguments: [(Client.now + 1020, Cause.Name.expired, "12 minutes"), (Client.now - 1020, .clock, "17 minutes")])
    func knowsTheTime(now: Int64, name: Cause.Name, words: String) throws {
        let explanation = try Self.explain(try Self.url(try Desks.desk()), at: now)
        #expect(explanation.causes.map(\.name) == [name])
        #expect(explanation.causes.first?.message.contains(words) == true)
    }

    @Test(arguments: [
        ("example-uploads.s3.eu-central-1.amazonaws.com", "minio.example.org", Cause.Name.host),
        ("a%20b", "a+b", .encoding), ("PUT", "PUT", nil),
        ("X-Amz-Date", "utm_source=mail&X-Amz-Date", .query),
    ])
    func namesWhatWasChanged(old: String, new: String, name: Cause.Name?) throws {
        let url = try Self.url(try Desks.desk())
        var rest = url[...]
        var changed = ""
        while let first = rest.first {
            if rest.hasPrefix(old) {
                changed += new
                rest = rest.dropFirst(old.count)
            } else {
                changed.append(first)
                rest = rest.dropFirst()
            }
        }
        let explanation = try Self.explain(changed)
        #expect(explanation.causes.first?.name == name, "\(explanation.causes)")
    }

    @Test func findsAnotherConfigurationsURL() throws {
        let other = try Desks.desk { text in text.replacing("eu-central-1", with: "eu-west-3") }
        #expect(try Self.explain(try Self.url(other)).causes.contains { $0.name == .region })
        let strange = try Desks.desk { text in text.replacing("AKIAUPLOADS", with: "AKIAOTHER") }
        #expect(try Self.explain(try Self.url(strange)).causes.map(\.name) == [.accessKey])
        let secret = try Desks.desk { text in text.replacing(Desks.uploadsSecret, with: "something-else") }
        #expect(try Self.explain(try Self.url(secret)).causes.map(\.name) == [.secret])
    }
}
