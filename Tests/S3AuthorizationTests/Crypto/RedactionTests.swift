import Testing

@testable import S3Authorization

/// A secret shows nowhere, however a value that holds it is printed.
struct RedactionTests {
    private func everything(_ value: Any) -> String {
        var dumped = ""
        dump(value, to: &dumped)
        return "\(value) " + String(reflecting: value) + String(describing: [value]) + dumped
    }

    @Test func secretsStaySecret() throws {
        let credentials = Credentials(
            accessKeyID: "AKIDEXAMPLE", secret: Secret("wJalrXUtnFEMI"), sessionToken: "ses-token")
        let scope = try CredentialScope(time: .start, region: "us-east-1")
        let chain = SigningKey.chain(secret: credentials.secret, scope: scope)
        let signer = try Signer(credentials: credentials, region: "us-east-1")
        _ = signer.key(at: .start)
        let holders: [Any] = [
            credentials, credentials.secret, chain, signer, signer.key(at: .start), signer.keyV2,
            HMACSHA256Key(Array("wJalrXUtnFEMI".utf8)), HMACSHA1Key(Array("wJalrXUtnFEMI".utf8)),
        ]
        #expect(holders.count == 8)
        let secrets = [
            "wJalrXUtnFEMI", "ses-token", "119, 74, 97", "\(chain.signing[0]), \(chain.signing[1])",
            "- \(chain.signing[0])\n", "state", "inner", "buffer",
        ]
        for holder in holders {
            let text = everything(holder)
            for secret in secrets {
                #expect(!text.contains(secret), "\(type(of: holder)) shows \(secret): \(text)")
            }
        }
        #expect(everything(credentials).contains("AKIDEXAMPLE"))
        #expect("\(credentials.secret)" == "<redacted>")
    }

    @Test func secretLendsItsBytes() {
        let secret = Secret("abc")
        #expect(secret.withBytes { $0.count } == 3)
        let joined = secret.withBytes(after: "AWS4") { span in
            var bytes: [UInt8] = []
            for index in span.indices { bytes.append(span[index]) }
            return bytes
        }
        #expect(joined == Array("AWS4abc".utf8))
        #expect(Secret("").isEmpty && !secret.isEmpty)
        #expect(secret.isIdentical(to: secret))
        #expect(!secret.isIdentical(to: Secret("abc")))
    }
}
