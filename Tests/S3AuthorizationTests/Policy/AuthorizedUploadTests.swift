import Foundation
import Testing

@testable import S3Authorization

/// URLs to PUT one object to, made only from an upload that keeps the rules.
struct AuthorizedUploadTests {
    private static let rules = UploadRules(bucket: "uploads", region: "us-east-1", maximumSize: 1000)

    private func authorize(
        _ upload: Upload, version: SignatureVersion? = nil, _ change: (inout UploadRules) -> Void = { _ in }
    ) throws -> AuthorizedUpload {
        var rules = Self.rules
        change(&rules)
        let caller = Caller(prefix: try KeyPrefix(user: "frodo"), expectedVersion: version)
        return try rules.authorize(upload, for: caller, at: PolicySample.now)
    }

    private func presigned(_ upload: AuthorizedUpload, by credentials: Credentials = PolicySample.credentials) throws
        -> PresignedUpload
    {
        let signer = try Signer(credentials: credentials, region: "us-east-1")
        let endpoint = try Endpoint(parsing: "https://s3.us-east-1.amazonaws.com")
        return try upload.presigned(by: signer, at: endpoint, addressing: .virtual)
    }

    @Test func version4() throws {
        let upload = try authorize(Upload(key: "frodo/a b.png", size: 1000, contentType: "image/png"))
        #expect(upload.version == .v4 && upload.key == "frodo/a b.png")
        let put = try presigned(upload)
        #expect(put.expiration.text(.extended) == "2026-11-22T12:39:56Z")
        // The ACL stands in the query: a client need not know of it.
        #expect(put.headers == [HeaderField("content-length", "1000"), HeaderField("content-type", "image/png")])
        let url = put.url.description
        #expect(url.hasPrefix("https://uploads.s3.us-east-1.amazonaws.com/frodo/a%20b.png?"))
        #expect(url.contains("X-Amz-SignedHeaders=content-length%3Bcontent-type%3Bhost&x-amz-acl=private&"))
        #expect(url.contains("X-Amz-Date=20261122T123456Z&X-Amz-Expires=300&"))
        #expect(url.hasSuffix("&X-Amz-Signature=4e07348a090d59c4551e3347125d48cd7ee85e57e5e99d674bf6aeda0bfb77e8"))
    }

    @Test func version2() throws {
        let upload = try authorize(Upload(key: "frodo/a b.png", size: 1000, contentType: "image/png"), version: .v2)
        let put = try presigned(upload)
        // Version 2 signs no length; the ACL stands in the query already.
        #expect(put.headers == [HeaderField("content-type", "image/png")])
        let url = put.url.description
        #expect(url.contains("x-amz-acl=private") && url.contains("Expires=1795351196"))
        #expect(url.hasSuffix("&Signature=xG29ygiBmwN4z5JX%2Fa5C%2BWxNj2s%3D"))
    }

    /// What is not asked for is not signed, and the rules say which version where the caller does not.
    @Test func theLeast() throws {
        let put = try presigned(try authorize(Upload(key: "frodo/a")) { $0.acl = nil })
        #expect(put.headers.isEmpty && put.url.description.contains("X-Amz-SignedHeaders=host&"))
        #expect(try authorize(Upload(key: "frodo/a")) { $0.signatureVersions = [.v2] }.version == .v2)
        let token = try presigned(try authorize(Upload(key: "frodo/a")), by: PolicySample.temporary)
        #expect(token.url.description.contains("X-Amz-Security-Token=TO%2FKEN%3D"))
    }

    private static let md5: ByteString = "1B2M2Y8AsgTpgAmY7PhCfg=="
    private static let sha256: ByteString = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

    @Test func checksums() throws {
        let short = try authorize(Upload(key: "frodo/a", checksum: UploadChecksum(base64: Self.md5)))
        #expect(try presigned(short).headers == [HeaderField("content-md5", Self.md5)])
        #expect(try presigned(short).url.description.contains("X-Amz-SignedHeaders=content-md5%3Bhost&"))
        let long = Upload(key: "frodo/a", checksum: UploadChecksum(base64: Self.sha256))
        let put = try presigned(try authorize(long))
        #expect(put.headers == [HeaderField("x-amz-checksum-sha256", Self.sha256)])
        #expect(put.url.description.contains("X-Amz-SignedHeaders=host%3Bx-amz-checksum-sha256&"))
        #expect(throws: PolicyViolations.self) { try authorize(long, version: .v2) }
        let old = try authorize(Upload(key: "frodo/a", checksum: UploadChecksum(base64: Self.md5)), version: .v2)
        #expect(try presigned(old).headers == [HeaderField("content-md5", Self.md5)])
    }

    @Test(arguments: [
        "", "x", "1B2M2Y8AsgTpgAmY7PhCfg", "1B2M2Y8AsgTpgAmY7PhCfh==", "1B2M2Y8AsgTpgAmY7PhCfg==\n", "AAAA",
        "d41d8cd98f00b204e9800998ecf8427e", "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=",
    ])
    func noChecksums(text: String) {
        #expect(UploadChecksum(base64: ByteString(text)) == nil)
    }

    static let refused: [(Upload, String, String)] = [
        (Upload(key: "sam/a"), "key", "Key should start with 'frodo/'"),
        (Upload(key: "frodo/../sam/a"), "key", "Key should not have an empty, '.' or '..' segment"),
        (Upload(key: "frodo/a\r\nb"), "key", "Invalid character in key"),
        (Upload(key: "frodo/a", size: 1001), "content-length-range", "The object should have at most 1000 bytes"),
        (Upload(key: "frodo/a", contentType: "image"), "Content-Type", "Invalid Content-Type"),
        (
            Upload(key: "frodo/a", contentType: "image/png\r\nx-amz-acl: public-read"), "Content-Type",
            "Invalid Content-Type"
        ),
    ]

    @Test(arguments: refused) func refuses(upload: Upload, element: String, message: String) throws {
        do {
            _ = try authorize(upload)
            Issue.record("authorized")
        } catch let violations as PolicyViolations {
            #expect(violations.all.map(\.message) == [message])
            #expect(violations.all.map(\.place) == [.condition(ByteString(element))])
            #expect(violations.areAllOfPermission == message.contains("start with"))
        }
    }

    @Test func typesAndVersions() throws {
        func problems(_ upload: Upload, version: SignatureVersion? = nil) throws -> [String] {
            do {
                _ = try authorize(upload, version: version) { rules in
                    rules.contentTypes = ["image/*"].compactMap(ContentTypePattern.init)
                    rules.signatureVersions = [.v4]
                }
                return []
            } catch let violations as PolicyViolations {
                return violations.all.map(\.message)
            }
        }
        #expect(try problems(Upload(key: "frodo/a", contentType: "image/png")).isEmpty)
        #expect(try problems(Upload(key: "frodo/a")) == ["Required condition is missing"])
        let several = try problems(Upload(key: "sam/a", size: 5000, contentType: "text/html"), version: .v2)
        #expect(
            several == [
                "Key should start with 'frodo/'", "The object should have at most 1000 bytes",
                "Content-Type 'text/html' is not allowed; allowed: image/*", "This site does not sign version 2",
            ])
    }

    @Test func rulesThatMakeNoURL() throws {
        func error(_ change: (inout UploadRules) -> Void) throws -> AuthorizedUpload.Unsignable? {
            do {
                _ = try presigned(try authorize(Upload(key: "frodo/a"), change))
                return nil
            } catch let unsignable as AuthorizedUpload.Unsignable {
                return unsignable
            }
        }
        #expect(try error { $0.bucket = "" } == .bucket)
        #expect(try error { $0.acl = "a\r\nb" } == .acl)
        #expect(try error { $0.expiresAfter = 604_801 } == .lifetime)
        #expect(try error { $0.expiresAfter = 0 } == .lifetime)
        #expect(try error { $0.expiresAfter = .max } == .lifetime)
        #expect(try error { $0.expiresAfter = 604_800 } == nil)
    }
}

/// The example for a site's developer: it is compiled without sight of anything that is not public, and does what it says.
struct ExampleTests {
    @Test func runs() throws {
        let process = Process()
        process.executableURL = Bundle.module.bundleURL.deletingLastPathComponent()
            .appending(path: "S3AuthorizationExample")
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        let lines = text.split(separator: "\n")
        #expect(lines.count == 9)
        #expect(lines.first == "prefix: j%C3%BCrgen/")
        #expect(text.contains("\nsignature: d0d986bcc33a469694e55b1e7947f04350255f4439a3415e57554cb239523b69, until"))
        #expect(text.contains(#"["content-length-range",1,10485760]]}"#))
        #expect(text.contains("\nrefused, 403: condition(key): Key should start with 'j%C3%BCrgen/'\n"))
        #expect(text.contains("X-Amz-SignedHeaders=content-length%3Bcontent-type%3Bhost&x-amz-acl=private&"))
        #expect(lines.suffix(2) == ["content-length: 12345", "content-type: application/pdf"])
        #expect(!text.contains("wJalrXUtn"))
    }
}
