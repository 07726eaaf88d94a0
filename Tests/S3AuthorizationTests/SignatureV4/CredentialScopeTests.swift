import Testing

@testable import S3Authorization

struct CredentialScopeTests {
    @Test func roundTrip() throws {
        let time = try SigningTime(parsing: "20151229T235959Z", as: .basic)
        let scope = try CredentialScope(time: time, region: "us-east-1")
        #expect(scope.text == "20151229/us-east-1/s3/aws4_request")
        #expect(try CredentialScope(parsing: scope.text) == scope)
        #expect(try scope.on(time.adding(seconds: 1)).text == "20151230/us-east-1/s3/aws4_request")
        let credential = Credential(accessKeyID: "AKID", scope: scope)
        #expect(credential.text == "AKID/20151229/us-east-1/s3/aws4_request")
        #expect(try Credential(parsing: credential.text) == credential)
    }

    @Test(arguments: [
        ("", CredentialScope.Invalid.form), ("20151229/us-east-1/s3", .form),
        ("20151229/us-east-1/s3/aws4_request/", .form), ("20151229/us-east-1/s3/aws4_Request", .form),
        ("/20151229/us-east-1/s3/aws4_request", .form), ("20151229/us-east-1/s3/aws4_request\n", .form),
        ("20151229/us-east-1/s3/aws5_request", .form), ("20150229/us-east-1/s3/aws4_request", .day),
        ("2015-12-29/us-east-1/s3/aws4_request", .day), ("/us-east-1/s3/aws4_request", .day),
        ("//us-east-1/s3", .form), ("20151229//s3/aws4_request", .region),
        ("20151229/us east/s3/aws4_request", .region),
        ("20151229/us-é/s3/aws4_request", .region), ("20151229/us-east-1//aws4_request", .service),
        ("20151229/us-east-1/s3\0/aws4_request", .service),
    ])
    func refused(text: String, error: CredentialScope.Invalid) {
        #expect(throws: error) { try CredentialScope(parsing: ByteString(text)) }
    }

    @Test(arguments: [
        ("", Credential.Invalid.accessKeyID), ("AKID", .accessKeyID),
        ("/20151229/us-east-1/s3/aws4_request", .accessKeyID),
        ("AKID/x/20151229/us-east-1/s3/aws4_request", .scope(.form)), ("AKID/", .scope(.form)),
        ("AKID/20150229/us-east-1/s3/aws4_request", .scope(.day)),
    ])
    func credentialRefused(text: String, error: Credential.Invalid) {
        #expect(throws: error) { try Credential(parsing: ByteString(text)) }
    }

    @Test(arguments: ["", "a/b", "a b", "é", "a\n"]) func namesRefused(name: String) {
        #expect(throws: CredentialScope.Invalid.region) {
            try CredentialScope(time: .start, region: ByteString(name))
        }
        #expect(throws: CredentialScope.Invalid.service) {
            try CredentialScope(time: .start, region: "r", service: ByteString(name))
        }
    }
}
