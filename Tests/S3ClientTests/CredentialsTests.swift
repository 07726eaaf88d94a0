import S3Authorization
import Testing

@testable import S3Client

@Suite struct CredentialsTests {
    let soon = Deadline(microseconds: 10_000_000)

    static func json(_ number: Int, expires: String) -> HTTPAnswer {
        .text(
            200,
            """
            {"Code": "Success", "LastUpdated": "2026-11-22T07:00:00Z", "Type": "AWS-HMAC", "AccessKeyId": "ASIA\(number)",
            "SecretAccessKey": "secret\(number)", "Token": "token\(number)", "Expiration": "\(expires)"}
            """)
    }

    @Test func `the environment is read`() throws {
        let all = ["AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t"]
        let found = try StaticCredentials { all[$0] }.credentials(until: soon)
        #expect(found.accessKeyID == "AKIA")
        #expect(found.secret == Secret("s"))
        #expect(found.sessionToken == "t")
        for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
            #expect(throws: CredentialsError.missing(name)) { try StaticCredentials { $0 == name ? nil : all[$0] } }
            #expect(throws: CredentialsError.missing(name)) { try StaticCredentials { $0 == name ? "" : all[$0] } }
        }
    }

    @Test func `the shared file has profiles`() throws {
        let clock = TestClock()
        let file = TemporaryFile(
            """
            # comment
            [default]
            aws_access_key_id = AKIADEFAULT
            aws_secret_access_key=d/e+f=
            ; another
            [ other ]\r
            AWS_ACCESS_KEY_ID = AKIAOTHER\r
            aws_secret_access_key = o\r
            aws_session_token = t==\r
            [half]
            aws_access_key_id = AKIA
            """)
        defer { file.remove() }
        let standard = try FileCredentials(shared: file.path, surroundings: clock.surroundings())
            .credentials(until: soon)
        #expect(standard.accessKeyID == "AKIADEFAULT")
        #expect(standard.secret == Secret("d/e+f="))
        #expect(standard.sessionToken == nil)
        let other = try FileCredentials(shared: file.path, profile: "other", surroundings: clock.surroundings())
            .credentials(until: soon)
        #expect(other.accessKeyID == "AKIAOTHER")
        #expect(other.secret == Secret("o"))
        #expect(other.sessionToken == "t==")
        for profile in ["half", "none"] {
            #expect(throws: CredentialsError.missing("a key in profile \(profile) of \(file.path)")) {
                try FileCredentials(
                    shared: file.path, profile: ByteString(profile), surroundings: clock.surroundings()
                ).credentials(until: soon)
            }
        }
    }

    @Test func `an instance asks for a token, its role and the key`() throws {
        let clock = TestClock()
        let transport = ScriptedTransport(
            [
                .answer(.text(200, "TOKEN")), .answer(.text(200, "my-role\n")),
                .answer(Self.json(1, expires: "2026-11-22T14:00:00Z")),
            ], clock: clock)
        let found = try InstanceMetadata(transport: transport, surroundings: clock.surroundings()).fetch(until: soon)
        #expect(found.accessKeyID == "ASIA1")
        #expect(found.sessionToken == "token1")
        #expect(found.expiration == (try SigningTime(parsing: "2026-11-22T14:00:00Z", as: .extended)))
        let base = "http://169.254.169.254/latest/"
        #expect(
            transport.requests.map { "\($0.method) \($0.url)" } == [
                "PUT \(base)api/token", "GET \(base)meta-data/iam/security-credentials/",
                "GET \(base)meta-data/iam/security-credentials/my-role",
            ])
        #expect(transport.requests[2].headers == [HeaderField("X-aws-ec2-metadata-token", "TOKEN")])
    }

    @Test(
        arguments: [
            .text(200, "{}"), .text(200, "[]"), .text(200, ""), .text(404), .text(302),
            .text(200, "{\"Code\":\"Failed\",\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"b\"}"),
            .text(200, "{\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"b\",\"Expiration\":\"soon\"}"),
            .text(200, "{\"AccessKeyId\":\"a\\r\\n\",\"SecretAccessKey\":\"b\"}"),
            .text(200, "{\"AccessKeyId\":\"a\",\"AccessKeyId\":\"c\",\"SecretAccessKey\":\"b\"}"),
        ] as [HTTPAnswer]) func `an agent that says something else gives nothing`(answer: HTTPAnswer) throws
    {
        let clock = TestClock()
        let transport = ScriptedTransport([.answer(answer)], clock: clock)
        let source = try ContainerCredentials(
            environment: { ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/x"][$0] }, transport: transport,
            surroundings: clock.surroundings())
        #expect(throws: CredentialsError.self) { try source.fetch(until: soon) }
        #expect(transport.requests.count == 1)
    }

    @Test func `a container asks its agent`() throws {
        let clock = TestClock()
        let file = TemporaryFile("from-file\n")
        defer { file.remove() }
        let cases: [([String: String], ByteString, [HeaderField])] = [
            (["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/x?id=1"], "http://169.254.170.2/v2/x?id=1", []),
            (
                [
                    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials",
                    "AWS_CONTAINER_AUTHORIZATION_TOKEN": "direct",
                ], "http://169.254.170.23/v1/credentials", [HeaderField("Authorization", "direct")]
            ),
            (
                [
                    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "https://agent.example/c",
                    "AWS_CONTAINER_AUTHORIZATION_TOKEN": "direct", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": file.path,
                ], "https://agent.example/c", [HeaderField("Authorization", "from-file")]
            ),
        ]
        for (environment, url, headers) in cases {
            let transport = ScriptedTransport([.answer(Self.json(1, expires: "2026-11-22T14:00:00Z"))], clock: clock)
            let source = try ContainerCredentials(
                environment: { environment[$0] }, transport: transport, surroundings: clock.surroundings())
            #expect(try source.fetch(until: soon).accessKeyID == "ASIA1")
            #expect(transport.requests.map(\.url) == [url])
            #expect(transport.requests.map(\.headers) == [headers])
        }
    }

    @Test(
        arguments: [
            ("http://127.0.0.1:9/c", true), ("http://127.9.9.9/", true), ("http://[::1]/", true),
            ("http://localhost/", true), ("http://169.254.170.2/", true), ("http://169.254.170.23/", true),
            ("http://[fd00:ec2::23]/", true), ("https://evil.example/", true), ("http://evil.example/", false),
            ("http://169.254.169.254/", false), ("http://127.0.0.1.evil.example/", false), ("http://127.1/", false),
            ("http://10.0.0.1/", false), ("http://127.evil.example.com/", false), ("http://127.0.0.256/", false),
        ]) func `a token goes in the clear to this machine only`(url: String, isAllowed: Bool) throws
    {
        let url = try #require(HTTPURL(ByteString(url)))
        #expect(ContainerCredentials.isAllowed(url) == isAllowed)
    }

    @Test func `STS gives a key for a token`() throws {
        let clock = TestClock()
        let file = TemporaryFile("ey.J+/=\n")
        defer { file.remove() }
        let environment = ["AWS_WEB_IDENTITY_TOKEN_FILE": file.path, "AWS_ROLE_ARN": "arn:aws:iam::1:role/r"]
        let answer = HTTPAnswer.text(
            200,
            """
            <AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
              <AssumeRoleWithWebIdentityResult><Audience>a</Audience><Credentials>
                <SessionToken>tok</SessionToken><SecretAccessKey>sec</SecretAccessKey>
                <Expiration>2026-11-22T14:00:00Z</Expiration><AccessKeyId>ASIA9</AccessKeyId>
              </Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>
            """)
        let transport = ScriptedTransport([.answer(.text(500)), .answer(answer)], clock: clock)
        let source = try WebIdentity(
            environment: { environment[$0] }, region: "eu-west-1", transport: transport,
            surroundings: clock.surroundings())
        let found = try source.fetch(until: soon)
        #expect(found.accessKeyID == "ASIA9")
        #expect(found.secret == Secret("sec"))
        #expect(transport.requests.map(\.url) == Array(repeating: "https://sts.eu-west-1.amazonaws.com/", count: 2))
        let body = String(decoding: transport.requests[1].body ?? [], as: UTF8.self)
        #expect(
            body == "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr"
                + "&RoleSessionName=countersign&WebIdentityToken=ey.J%2B%2F%3D")

        let denied = HTTPAnswer.text(403, "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>")
        let refusing = ScriptedTransport([.answer(denied)], clock: clock)
        let other = try WebIdentity(
            environment: { environment[$0] }, region: "eu-west-1", transport: refusing,
            surroundings: clock.surroundings())
        #expect(throws: CredentialsError.unavailable("STS answers 403 AccessDenied")) { try other.fetch(until: soon) }
        #expect(refusing.requests.count == 1)
    }

    @Test(arguments: [
        (["AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_ROLE_ARN": "r"], "StaticCredentials"),
        (["AWS_WEB_IDENTITY_TOKEN_FILE": "/t", "AWS_ROLE_ARN": "r", "HOME": "/home"], "RefreshingCredentials"),
        (["HOME": "/home", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/x"], "FileCredentials"),
        (["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/x"], "RefreshingCredentials"), ([:], "RefreshingCredentials"),
        (["AWS_EC2_METADATA_DISABLED": "true"], "none"),
    ]) func `what is configured first is taken`(environment: [String: String], type: String) {
        let clock = TestClock()
        let provider = try? StandardCredentials.provider(
            environment: { environment[$0] }, region: "eu-west-1",
            transport: ScriptedTransport([.answer(.text(500))], clock: clock), surroundings: clock.surroundings(),
            fileExists: { $0 == "/home/.aws/credentials" })
        #expect(provider.map { "\(Swift.type(of: $0))" } ?? "none" == type)
    }

    @Test func `nothing secret is in a description`() throws {
        let found = Credentials(accessKeyID: "ASIA", secret: Secret("sec-ret"), sessionToken: "to-ken")
        var text = "\(found) \(String(reflecting: found))"
        dump(found, to: &text)
        dump(StaticCredentials(found), to: &text)
        #expect(text.contains("ASIA"))
        #expect(!text.contains("sec-ret") && !text.contains("to-ken"))
    }
}
