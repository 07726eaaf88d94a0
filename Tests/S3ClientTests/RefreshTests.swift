import Glibc
import S3Authorization
import Synchronization
import Testing

@testable import S3Client

/// Renewal ahead of time, with a clock that moves when told.
@Suite struct RefreshTests {
    private let clock = TestClock()
    private var soon: Deadline { Deadline(milliseconds: 60_000, after: clock.stopwatch) }

    /// Gives credentials for an hour, numbered, or the failures that it was told to give.
    final class Source: CredentialsSource {
        private let clock: TestClock
        private let count = Atomic(0)
        let isBroken = Atomic(false)
        /// Real milliseconds that a fetch takes.
        let delay = Atomic<Int64>(0)
        /// The next fetch ends when so many callers have come back, which can only be others than its own.
        let rivals = Atomic(0)
        let back = Atomic(0)

        init(_ clock: TestClock) { self.clock = clock }

        var fetches: Int { count.load(ordering: .relaxed) }

        func fetch(until deadline: Deadline) throws(CredentialsError) -> Credentials {
            let number = count.add(1, ordering: .relaxed).oldValue
            S3Surroundings.sleep(microseconds: delay.load(ordering: .relaxed) * 1000)
            let end = monotonicMicroseconds() + 30_000_000
            while back.load(ordering: .relaxed) < rivals.load(ordering: .relaxed), monotonicMicroseconds() < end {
                usleep(1000)
            }
            rivals.store(0, ordering: .relaxed)
            if isBroken.load(ordering: .relaxed) { throw .unavailable("down") }
            let now = (clock.start + clock.stopwatch / 1000) / 1000
            return Credentials(
                accessKeyID: ByteString("ASIA\(number)"), secret: Secret("s"),
                expiration: try? SigningTime(secondsSince1970: now + 3600))
        }
    }

    private func make(
        notice: @escaping @Sendable (String) -> Void = { _ in }
    ) -> (RefreshingCredentials, Source) {
        let source = Source(clock)
        var surroundings = clock.surroundings()
        surroundings.notice = notice
        return (RefreshingCredentials(source, surroundings: surroundings), source)
    }

    @Test func `they are renewed five minutes ahead`() throws {
        let (provider, source) = make()
        #expect(try provider.credentials(until: soon).accessKeyID == "ASIA0")
        clock.advance(3299 * 1_000_000)
        #expect(try provider.credentials(until: soon).accessKeyID == "ASIA0")
        #expect(source.fetches == 1)
        clock.advance(1_000_000)
        #expect(try provider.credentials(until: soon).accessKeyID == "ASIA1")
        #expect(source.fetches == 2)
    }

    @Test func `what is known is told without asking`() throws {
        let (provider, source) = make()
        #expect(provider.known == nil && source.fetches == 0)
        let fetched = try provider.credentials(until: soon)
        #expect(provider.known?.expiration == fetched.expiration && source.fetches == 1)
        provider.reject(fetched)
        #expect(provider.known == nil)
    }

    @Test func `a renewal that fails leaves the old until their end`() throws {
        let notices = Mutex<[String]>([])
        let (provider, source) = make { text in notices.withLock { $0.append(text) } }
        _ = try provider.credentials(until: soon)
        source.isBroken.store(true, ordering: .relaxed)
        clock.advance(3400 * 1_000_000)
        for _ in 0..<5 { #expect(try provider.credentials(until: soon).accessKeyID == "ASIA0") }
        #expect(source.fetches == 2)
        clock.advance(11 * 1_000_000)
        #expect(try provider.credentials(until: soon).accessKeyID == "ASIA0")
        #expect(source.fetches == 3)
        clock.advance(200 * 1_000_000)
        #expect(throws: CredentialsError.unavailable("down")) { try provider.credentials(until: soon) }
        source.isBroken.store(false, ordering: .relaxed)
        // Nobody who asks again and again keeps a thread busy with a service that is down.
        clock.advance(999_999)
        #expect(throws: CredentialsError.unavailable("down")) { try provider.credentials(until: soon) }
        #expect(source.fetches == 4)
        clock.advance(1)
        #expect(try provider.credentials(until: soon).accessKeyID == "ASIA4")
        #expect(
            notices.withLock { $0 }
                == .init(repeating: "the credentials ASIA0 cannot be renewed yet: down", count: 2))
    }

    @Test func `one renews while the others go on`() throws {
        let (provider, source) = make()
        _ = try provider.credentials(until: soon)
        clock.advance(3400 * 1_000_000)
        source.rivals.store(15, ordering: .relaxed)
        let ids = Mutex<[ByteString?]>([])
        let deadline = soon
        concurrently(16) { _ in
            let id = try? provider.credentials(until: deadline).accessKeyID
            ids.withLock { $0.append(id) }
            source.back.add(1, ordering: .relaxed)
        }
        #expect(source.fetches == 2)
        #expect(ids.withLock { $0 } == [ByteString?](repeating: "ASIA0", count: 15) + ["ASIA1"])
    }

    @Test func `all that come first wait for one fetch, also for one that fails`() {
        for isBroken in [false, true] {
            let (provider, source) = make()
            source.delay.store(2000, ordering: .relaxed)
            source.isBroken.store(isBroken, ordering: .relaxed)
            let found = Mutex<[ByteString?]>([])
            let deadline = soon
            concurrently(8) { _ in
                let id = try? provider.credentials(until: deadline).accessKeyID
                found.withLock { $0.append(id) }
            }
            #expect(source.fetches == 1)
            #expect(found.withLock { $0 } == [ByteString?](repeating: isBroken ? nil : "ASIA0", count: 8))
        }
    }

    @Test func `what S3 rejects is fetched anew, once for all who held it`() throws {
        let (provider, source) = make()
        let old = try provider.credentials(until: soon)
        provider.reject(old)
        #expect(try provider.credentials(until: soon).accessKeyID == "ASIA1")
        provider.reject(old)
        #expect(try provider.credentials(until: soon).accessKeyID == "ASIA1")
        #expect(source.fetches == 2)
    }
}
