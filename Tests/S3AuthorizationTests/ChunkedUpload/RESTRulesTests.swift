import Testing

@testable import S3Authorization

/// What the site's own rules, key, endpoint and clock have to do with requests of multipart uploads.
struct RESTRulesTests {
    @Test func allThatIsWrongIsSaidAtOnce() throws {
        let text = RESTSample.initiate2.replacing("frodo/a", with: "sam/a").replacing("/uploads/", with: "/storage/")
            .replacing(":private", with: ":public-read")
        #expect(
            try RESTSample(text).problems() == [
                "key: Key should start with 'frodo/'!", "bucket: Bucket should be 'uploads'!",
                "x-amz-acl: ACL should be 'private'!",
            ])
        do {
            _ = try RESTSample(text).authorize()
        } catch let violations as PolicyViolations {
            #expect(violations.areAllOfPermission)
        }
    }

    @Test(arguments: ["https://127.0.0.1:9000", "https://s3.example.org"]) func aBucketInThePath(endpoint: String)
        throws
    {
        func sample(_ text: String) -> RESTSample {
            RESTSample(text) {
                $0.endpoint = endpoint
                $0.addressing = .path
            }
        }
        for text in [RESTSample.initiate4, RESTSample.part4, RESTSample.complete4, RESTSample.abort4] {
            let problems = try sample(text).problems()
            #expect(
                problems.count == 1 && problems[0].hasPrefix("host: This site addresses the bucket in the URL's path"))
        }
        for text in [RESTSample.initiate2, RESTSample.part2, RESTSample.complete2, RESTSample.abort2] {
            #expect(try sample(text).problems() == [])
        }
    }

    @Test func anEndpointWithAPathOfItsOwn() throws {
        let problems = try RESTSample(RESTSample.part4) { $0.endpoint = "https://s3.example.org:8443/s3" }.problems()
        #expect(problems.first?.hasPrefix("host: This site addresses") == true)
    }

    @Test(arguments: [
        ("https://s3.example.org", "uploads.s3.example.org"), ("https://s3.example.org:443", "uploads.s3.example.org"),
        ("http://s3.example.org:80", "uploads.s3.example.org"),
        ("http://s3.example.org:443", "uploads.s3.example.org:443"), ("http://localhost:81", "uploads.localhost:81"),
    ])
    func theHostOfAnEndpoint(_ endpoint: String, host: String) throws {
        let text = RESTSample.part4.replacing("uploads.s3.example.org:8443", with: host)
        #expect(try RESTSample(text) { $0.endpoint = endpoint }.problems() == [])
    }

    @Test func versionsThatAreNotSigned() throws {
        let four = RESTSample(RESTSample.part4) { $0.rules.signatureVersions = [.v2] }
        #expect(try four.problems() == ["x-amz-algorithm: This site signs version 2 only: set signature: {version: 2}"])
        let two = RESTSample(RESTSample.part2) { $0.rules.signatureVersions = [.v4] }
        #expect(try two.problems().first?.hasPrefix("x-amz-algorithm: This site signs version 4 only") == true)
        let other = RESTSample(RESTSample.part2) { $0.expectedVersion = .v4 }
        #expect(try other.problems().first?.hasPrefix("x-amz-algorithm: The URL's ?v4=true") == true)
    }

    @Test(arguments: [-900, 0, 900]) func clocksThatAreNearlyRight(_ drift: Int64) throws {
        for text in [RESTSample.part2, RESTSample.part4] {
            #expect(try RESTSample(text) { $0.now = (try? $0.now.adding(seconds: drift)) ?? .start }.problems() == [])
        }
    }

    /// Just after midnight the day of the scope may still be yesterday's, as in a policy.
    @Test func theDayOfTheScopeAroundMidnight() throws {
        let text = RESTSample.part4.replacing("20261122T123456Z", with: "20261123T000100Z")
        func problems(at now: String) throws -> [String] {
            try RESTSample(text) { $0.now = (try? SigningTime(parsing: ByteString(now), as: .basic)) ?? .start }
                .problems()
        }
        #expect(try problems(at: "20261123T000100Z") == [])
        #expect(try problems(at: "20261122T235000Z") == [])
        #expect(try problems(at: "20261123T001500Z").first?.hasPrefix("scope: The date should be today's") == true)
    }

    @Test func whatTheRulesAllowBeside() throws {
        let more = "x-amz-server-side-encryption:AES256\nx-amz-storage-class:STANDARD_IA\n"
        let text = RESTSample.initiate2.replacing("b.png\n/", with: "b.png\n\(more)/")
        #expect(try RESTSample(text).problems().count == 2)
        let allowed = RESTSample(text) {
            $0.rules.storageClasses = ["STANDARD_IA"]
            $0.rules.encryptions = ["AES256"]
        }
        #expect(try allowed.problems() == [])
    }

    @Test func anACLThatMayNotBeSent() throws {
        func problems(_ text: String) throws -> [String] { try RESTSample(text) { $0.rules.acl = nil }.problems() }
        #expect(
            try problems(RESTSample.initiate2) == ["x-amz-acl: No ACL may be sent: leave this condition out!"])
        #expect(try problems(RESTSample.initiate2.replacing("x-amz-acl:private\n", with: "")) == [])
    }

    @Test func theTypeIsNotDemanded() throws {
        let text = RESTSample.initiate2.replacing("image/png", with: "")
        let types = [ContentTypePattern("image/*")].compactMap(\.self)
        #expect(try RESTSample(text) { $0.rules.contentTypes = types }.problems() == [])
    }

    @Test func metadataIsBounded() throws {
        func text(_ length: Int) -> String {
            RESTSample.initiate2.replacing(
                "x-amz-meta-q", with: "x-amz-meta-a:\(String(repeating: "x", count: length))\nx-amz-meta-q")
        }
        let others = "a".utf8.count + "qqfilename".utf8.count + "a%20b.png".utf8.count
        #expect(try RESTSample(text(2048 - others)).problems() == [])
        #expect(try RESTSample(text(2049 - others)).problems().first?.hasPrefix("x-amz-meta-*: All metadata") == true)
        let many = (0...100).map { "x-amz-meta-\(100 + $0):\n" }.joined()
        let problems = try RESTSample(RESTSample.initiate2.replacing("x-amz-meta-q", with: many + "x-amz-meta-q"))
            .problems()
        #expect(problems == ["text: The text should have at most 100 headers"])
    }

    @Test func sessionTokens() throws {
        let missing = try RESTSample(RESTSample.part2) { $0.credentials = PolicySample.temporary }.problems()
        #expect(missing.first?.hasPrefix("x-amz-security-token: This site signs with temporary credentials") == true)
        func with(_ token: String) throws -> [String] {
            let two = RESTSample.part2.replacing("GMT\n", with: "GMT\nx-amz-security-token:\(token)\n")
            let four = RESTSample.part4.replacing("Z\n\n", with: "Z\nx-amz-security-token:\(token)\n\n")
                .replacing("x-amz-date\n", with: "x-amz-date;x-amz-security-token\n")
            return try [two, four].flatMap { text in
                try RESTSample(text) { $0.credentials = PolicySample.temporary }.problems()
            }
        }
        #expect(try with("TO/KEN=") == [])
        let other = try with("OTHER")
        #expect(other.count == 2 && other.allSatisfy { $0.hasSuffix("session token of this site's own credentials") })
    }

    /// The prefix is encoded in the key, and so once more in the path.
    @Test(arguments: [
        ("sam spade", "/sam%2520spade/"), ("jürgen", "/j%25C3%25BCrgen/"), ("a/b", "/a%252Fb/"),
        ("o+neil", "/o%2Bneil/"),
    ])
    func usersWithOddNames(_ user: String, path: String) throws {
        let text = RESTSample.part2.replacing("/frodo/", with: path)
        #expect(try RESTSample(text) { $0.user = ByteString(user) }.problems() == [])
        let decoded = RESTSample.part2.replacing("/frodo/", with: "/\(PercentEncoding.encode(ByteString(user)))/")
        let problems = try RESTSample(decoded) { $0.user = ByteString(user) }.problems()
        #expect((problems == []) == (user == "o+neil"))
    }
}
