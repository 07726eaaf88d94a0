import Testing

@testable import S3Authorization

struct SigningKeyCacheTests {
    private let string = StringToSign(encodedPolicy: "cG9saWN5")

    private func scope(day: Int64, region: ByteString = "us-east-1") throws -> CredentialScope {
        try CredentialScope(time: SigningTime(secondsSince1970: day * 86_400), region: region)
    }

    @Test func answersAsIfThereWereNone() throws {
        let cache = SigningKeyCache(capacity: 3)
        let secrets = [Secret("one"), Secret("two"), Secret("one")]
        for round in 0..<3 {
            for day in Int64(0)..<4 {
                for region in ["us-east-1", "eu-west-1"] as [ByteString] {
                    for secret in secrets {
                        let scope = try scope(day: day, region: region)
                        let cached = cache.key(secret: secret, scope: scope)
                        let derived = SigningKey(secret: secret, scope: scope)
                        #expect(cached.scope == scope)
                        #expect(cached.signature(of: string) == derived.signature(of: string), "round \(round)")
                    }
                }
            }
        }
        #expect(cache.count == 3)
    }

    @Test func keepsWhatItDerived() throws {
        let cache = SigningKeyCache(capacity: 2)
        let secret = Secret("one")
        for _ in 0..<5 { _ = cache.key(secret: secret, scope: try scope(day: 1)) }
        #expect(cache.count == 1)
        _ = cache.key(secret: secret, scope: try scope(day: 2))
        _ = cache.key(secret: secret, scope: try scope(day: 3))
        #expect(cache.count == 2)
    }

    @Test func sharedByThreads() async throws {
        let cache = SigningKeyCache(capacity: 4)
        let secret = Secret("one")
        let scopes = try (0..<8).map { try scope(day: $0) }
        let expected = scopes.map { SigningKey(secret: secret, scope: $0).signature(of: string) }
        let right = await withTaskGroup(of: Int.self) { group in
            for task in 0..<8 {
                group.addTask {
                    (0..<200).count { round in
                        let index = (task + round) % scopes.count
                        return cache.key(secret: secret, scope: scopes[index]).signature(of: string) == expected[index]
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(right == 1600)
        #expect(cache.count <= 4)
    }
}
