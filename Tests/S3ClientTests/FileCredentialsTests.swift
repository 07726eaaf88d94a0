import S3Authorization
import Synchronization
import Testing

@testable import S3Client

/// Keys in files that change, with a clock that moves when told.
@Suite struct FileCredentialsTests {
    private let clock = TestClock()
    private let soon = Deadline(microseconds: 10_000_000)
    private let notices = Notices()

    private final class Notices: Sendable {
        private let all = Mutex<[String]>([])

        func add(_ text: String) { all.withLock { $0.append(text) } }

        /// Those since the last time.
        func take() -> [String] {
            all.withLock { all in
                defer { all = [] }
                return all
            }
        }
    }

    private var surroundings: S3Surroundings {
        var surroundings = clock.surroundings()
        surroundings.notice = { [notices] in notices.add($0) }
        return surroundings
    }

    private func make(secret: TemporaryFile?, token: TemporaryFile? = nil) -> FileCredentials {
        let first = Credentials(accessKeyID: "AKIA", secret: Secret("one"), sessionToken: token.map { _ in "t-one" })
        return FileCredentials(first, secretPath: secret?.path, tokenPath: token?.path, surroundings: surroundings)
    }

    @Test func `a file is looked at once a second`() throws {
        let file = TemporaryFile("one\n")
        defer { file.remove() }
        let provider = make(secret: file)
        let first = try provider.credentials(until: soon)
        file.replace("two\n")
        clock.advance(999_999)
        #expect(try provider.credentials(until: soon).secret.isIdentical(to: first.secret))
        clock.advance(1)
        #expect(try provider.credentials(until: soon).secret == Secret("two"))
        #expect(notices.take() == ["new credentials AKIA are in use"])
        file.replace("three")
        #expect(try provider.credentials(until: soon).secret == Secret("two"))
        clock.advance(1_000_000)
        #expect(try provider.credentials(until: soon).secret == Secret("three"))
    }

    /// What is derived from a secret is kept for as long as it is the same one.
    @Test func `the same key written again is no new one`() throws {
        let file = TemporaryFile("one\n")
        defer { file.remove() }
        let provider = make(secret: file)
        let first = try provider.credentials(until: soon)
        for text in ["one\n", "one", "one\r\n"] {
            file.replace(text)
            clock.advance(1_000_000)
            #expect(try provider.credentials(until: soon).secret.isIdentical(to: first.secret))
        }
        #expect(notices.take().isEmpty)
    }

    @Test(arguments: [
        "", "\n", "two words", "one\n\n", " one", "w\u{f6}rd", "a\u{0}b", String(repeating: "x", count: 65_537),
    ])
    func `a bad file leaves the old key, and is told of once`(text: String) throws {
        let file = TemporaryFile("one")
        defer { file.remove() }
        let provider = make(secret: file)
        file.replace(text)
        for _ in 0..<3 {
            clock.advance(1_000_000)
            #expect(try provider.credentials(until: soon).secret == Secret("one"))
        }
        let told = notices.take()
        #expect(told.count == 1)
        #expect(told.first?.hasSuffix("; the credentials AKIA stay in use") == true)
        #expect(told.first?.contains(file.path) == true)
        file.replace("two")
        clock.advance(1_000_000)
        #expect(try provider.credentials(until: soon).secret == Secret("two"))
        #expect(notices.take() == ["new credentials AKIA are in use"])
    }

    @Test func `a file that vanishes leaves the old key`() throws {
        let file = TemporaryFile("one")
        let provider = make(secret: file)
        file.remove()
        clock.advance(1_000_000)
        #expect(try provider.credentials(until: soon).secret == Secret("one"))
        #expect(
            notices.take() == [
                "\(file.path) cannot be read: No such file or directory; the credentials AKIA stay in use"
            ])
        file.replace("one")
        defer { file.remove() }
        clock.advance(1_000_000)
        #expect(try provider.credentials(until: soon).secret == Secret("one"))
        #expect(notices.take() == ["the credentials AKIA can be read again, and are the same"])
    }

    /// A token belongs to one key: where either cannot be read, both stay as they were.
    @Test func `key and token change together`() throws {
        let (secret, token) = (TemporaryFile("one"), TemporaryFile("t-one"))
        defer {
            secret.remove()
            token.remove()
        }
        let provider = make(secret: secret, token: token)
        secret.replace("two")
        token.replace("")
        clock.advance(1_000_000)
        var found = try provider.credentials(until: soon)
        #expect(found.secret == Secret("one") && found.sessionToken == "t-one")
        token.replace("t-two\n")
        clock.advance(1_000_000)
        found = try provider.credentials(until: soon)
        #expect(found.secret == Secret("two") && found.sessionToken == "t-two")
    }

    @Test func `a token alone may be in a file`() throws {
        let token = TemporaryFile("t-one")
        defer { token.remove() }
        let provider = make(secret: nil, token: token)
        token.replace("t-two")
        clock.advance(1_000_000)
        let found = try provider.credentials(until: soon)
        #expect(found.secret == Secret("one") && found.sessionToken == "t-two")
    }

    @Test func `what S3 rejects is looked for at once`() throws {
        let file = TemporaryFile("one")
        defer { file.remove() }
        let provider = make(secret: file)
        file.replace("two")
        let old = try provider.credentials(until: soon)
        #expect(old.secret == Secret("one"))
        provider.reject(old)
        #expect(try provider.credentials(until: soon).secret == Secret("two"))
    }

    @Test func `a shared file that is not there yet is looked for again`() throws {
        let file = TemporaryFile("")
        defer { file.remove() }
        let provider = FileCredentials(shared: file.path, surroundings: surroundings)
        let missing = CredentialsError.missing("a key in profile default of \(file.path)")
        #expect(throws: missing) { try provider.credentials(until: soon) }
        file.replace("[default]\naws_access_key_id = A\naws_secret_access_key = s\n")
        #expect(throws: missing) { try provider.credentials(until: soon) }
        clock.advance(1_000_000)
        #expect(try provider.credentials(until: soon).accessKeyID == "A")
        #expect(notices.take() == ["new credentials A are in use"])
    }

    @Test func `one looks while the others go on`() throws {
        let file = TemporaryFile("one")
        defer { file.remove() }
        let provider = make(secret: file)
        let first = try provider.credentials(until: soon)
        let changes = Mutex(Set<Bool>())
        concurrently(8) { number in
            for round in 0..<200 {
                if number == 0 {
                    file.replace(round % 2 == 0 ? "two" : "one")
                    clock.advance(1_000_000)
                }
                let found = try? provider.credentials(until: soon)
                let isKnown = found?.secret == Secret("one") || found?.secret == Secret("two")
                changes.withLock { _ = $0.insert(isKnown) }
            }
        }
        #expect(changes.withLock { $0 } == [true])
        #expect(!first.secret.isEmpty)
    }
}
