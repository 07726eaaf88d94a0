import Testing

@testable import S3Authorization

/// AssumeRole with the parameters of Amazon's example; the signatures are botocore's.
struct OwnFormTests {
    static let form: [(name: StaticString, value: ByteString)] = [
        ("Action", "AssumeRole"), ("Version", "2011-06-15"), ("RoleArn", "arn:aws:iam::123456789012:role/demo"),
        ("RoleSessionName", "testAR"), ("DurationSeconds", "3600"),
        (
            "Policy",
            #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:PutObject","s3:AbortMultipartUpload","s3:ListMultipartUploadParts"],"Resource":"arn:aws:s3:::example-uploads/j%C3%BCrgen/*","Condition":{"StringEqualsIfExists":{"s3:x-amz-acl":[""]},"Null":{"s3:x-amz-grant-read":"true","s3:x-amz-grant-write":"true","s3:x-amz-grant-read-acp":"true","s3:x-amz-grant-write-acp":"true","s3:x-amz-grant-full-control":"true"}}}]}"#
        ),
        ("ExternalId", "123ABC"),
    ]
    static let bodyHash = "671855e0f7912301ece6008f3602002f0114b5671d7ac951a009ac7346a05a51"

    struct Golden: Sendable {
        let endpoint: ByteString
        let region: ByteString
        let token: ByteString?
        let host: String
        let path: String
        let signature: ByteString
    }

    static let golden = [
        Golden(
            endpoint: "https://sts.eu-west-1.amazonaws.com", region: "eu-west-1", token: nil,
            host: "sts.eu-west-1.amazonaws.com", path: "/",
            signature: "0310a56d5e111aa10a84c48f119909c894ce93ed5bafcb6a01ca5fe551538e1e"),
        Golden(
            endpoint: "https://sts.eu-west-1.amazonaws.com", region: "eu-west-1", token: "TOKEN/+=",
            host: "sts.eu-west-1.amazonaws.com", path: "/",
            signature: "f4a46b3340a49fded8bbcc0a0e1c833b58dce38617c84d9a7769788e4188334b"),
        Golden(
            endpoint: "http://127.0.0.1:7480/sts", region: "us-east-1", token: nil, host: "127.0.0.1:7480",
            path: "/sts/", signature: "7655bb127d8f7e016403269fb3a3090bef8b872d022ed51bad8fcb3b5ef718ce"),
    ]

    @Test(arguments: golden)
    func isSignedAsBotocoreDoes(golden: Golden) throws {
        let credentials = Credentials(
            accessKeyID: "AKIAIOSFODNN7EXAMPLE", secret: Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
            sessionToken: golden.token)
        let signer = try Signer(credentials: credentials, region: golden.region, service: "sts")
        let time = try SigningTime(parsing: "20261122T080000Z", as: .basic)
        let form = OwnForm(Self.form, to: try Endpoint(parsing: golden.endpoint))
        #expect(Hexadecimal.encode(SHA256.digest(of: form.body)).description == Self.bodyHash)
        let made = form.authorization(by: signer, at: time)
        let token = golden.token.map { "x-amz-security-token:\($0)\n" } ?? ""
        let names = "content-type;host;x-amz-date" + (golden.token == nil ? "" : ";x-amz-security-token")
        #expect(
            made.canonicalRequest.text.description
                == "POST\n\(golden.path)\n\ncontent-type:application/x-www-form-urlencoded; charset=utf-8\n"
                + "host:\(golden.host)\nx-amz-date:20261122T080000Z\n\(token)\n\(names)\n\(Self.bodyHash)")
        #expect(
            made.stringToSign.text.description.hasPrefix(
                "AWS4-HMAC-SHA256\n20261122T080000Z\n20261122/\(golden.region)/sts/aws4_request\n"))
        #expect(made.signature == golden.signature)
        let signed = form.authorized(by: signer, at: time)
        #expect(signed.method == "POST")
        #expect(signed.url == ByteString("\(golden.endpoint)/"))
        #expect(
            signed.headers.last
                == HeaderField(
                    "Authorization",
                    ByteString(
                        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20261122/\(golden.region)/sts/aws4_request, "
                            + "SignedHeaders=\(names), Signature=\(golden.signature)")))
        // The hash of the body is S3's own header.
        #expect(!signed.headers.contains { $0.lowercasedName.is("x-amz-content-sha256") })
    }

    @Test func isEncodedWithoutPluses() throws {
        let form = OwnForm([("Policy", "{\"a b\": \"+/=&%\"}")], to: try Endpoint(parsing: "https://sts.example"))
        #expect(String(decoding: form.body, as: UTF8.self) == "Policy=%7B%22a%20b%22%3A%20%22%2B%2F%3D%26%25%22%7D")
    }
}
