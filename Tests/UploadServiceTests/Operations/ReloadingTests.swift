import FastCGI
import S3Authorization
import S3Client
import Synchronization
import Testing

@testable import UploadService

/// A new configuration is taken whole, or not at all.
@Suite struct ReloadingTests {
    private let log = LogRecorder()
    private let operations = OperationsDesk()

    private final class Place: Sendable {
        let toml: Mutex<String?>
        init(_ toml: String) { self.toml = Mutex(toml) }
    }

    /// A dispatcher that was started with `least`, and what reads the text at `place`.
    private func start(_ toml: String = Sample.least) throws -> (Dispatcher, Reloading, Place) {
        let place = Place(toml)
        let surroundings = Surroundings.fixed(log: log)
        let configuration = try Sample.load(toml).configuration
        let dispatcher = Dispatcher(
            site: try Site(configuration, surroundings), surroundings: surroundings, operations: operations)
        let reloading = Reloading(
            dispatcher, from: configuration, surroundings,
            load: { () throws(ConfigurationError) in try Sample.load(place.toml.withLock { $0 }) })
        return (dispatcher, reloading, place)
    }

    private func accessKey(_ dispatcher: Dispatcher) -> String? {
        dispatcher.respond(to: .make("GET", "/upload/prefix")).json["accessKey"] as? String
    }

    private static let changed = Sample.least.replacing("AKIAIOSFODNN7EXAMPLE", with: "AKIACHANGED")

    @Test func whole() throws {
        let (dispatcher, reloading, place) = try start()
        place.toml.withLock { $0 = Self.changed + "\n[rules]\nmax_size = \"1KiB\"\n" }
        #expect(accessKey(dispatcher) == "AKIAIOSFODNN7EXAMPLE")
        #expect(reloading.run() == "Serving; the configuration was read again")
        let answer = dispatcher.respond(to: .make("GET", "/upload/prefix")).json
        #expect(answer["accessKey"] as? String == "AKIACHANGED" && answer["maxSize"] as? Int == 1024)
        #expect(operations.reloads.succeeded.value == 1 && operations.reloads.failed.value == 0)
        #expect(operations.reloads.latest?.isGood == true)
        #expect(log.lines.contains { $0.hasPrefix("event=\"the configuration was read again\" from=/etc/countersign") })
    }

    @Test(arguments: [
        (changed + "\n[nonsense]\na = 1\n", "nonsense"), (changed + "\nbroken", "TOML"),
        (changed.replacing("eu-west-1\"\n", with: "eu west\"\n"), "s3.region"), ("", "s3.endpoint"),
        (
            changed.replacing("secret_access_key = ", with: "secret_access_key_file = \"/denied\" # "),
            "uploads.secret_access_key_file"
        ),
        (
            changed + "\n[identity]\nparameter = \"OTHER_USER\"\n",
            "identity.parameter: can be changed by a restart only"
        ),
    ])
    func notAtAll(toml: String, problem: String) throws {
        let (dispatcher, reloading, place) = try start()
        place.toml.withLock { $0 = toml }
        #expect(reloading.run() == "Serving with the old configuration: the new one is wrong")
        #expect(accessKey(dispatcher) == "AKIAIOSFODNN7EXAMPLE")
        #expect(operations.reloads.succeeded.value == 0 && operations.reloads.failed.value == 1)
        #expect(operations.reloads.latest?.isGood == false)
        let lines = log.lines.filter { $0.contains("the old one stays") }
        #expect(!lines.isEmpty && lines.contains { $0.contains(problem) }, "\(lines)")
        #expect(Sample.secretWords.allSatisfy { word in log.lines.allSatisfy { !$0.contains(word) } })

        place.toml.withLock { $0 = Self.changed }
        _ = reloading.run()
        #expect(accessKey(dispatcher) == "AKIACHANGED" && operations.reloads.latest?.isGood == true)
    }

    @Test func aFileThatIsGone() throws {
        let (dispatcher, reloading, place) = try start()
        place.toml.withLock { $0 = nil }
        _ = reloading.run()
        #expect(accessKey(dispatcher) == "AKIAIOSFODNN7EXAMPLE" && operations.reloads.failed.value == 1)
    }

    @Test func whatNeedsARestartIsSaid() throws {
        let (dispatcher, reloading, place) = try start()
        place.toml.withLock {
            $0 =
                Self.changed + """

                    [server]
                    workers = 7
                    [operations]
                    listen = "tcp:127.0.0.1:9180"
                    """
        }
        _ = reloading.run()
        #expect(accessKey(dispatcher) == "AKIACHANGED")
        #expect(log.lines.contains { $0.contains(#"keys="server.workers, operations.listen""#) }, "\(log.lines)")
    }

    @Test func theLogChangesToo() throws {
        let (_, reloading, place) = try start()
        place.toml.withLock { $0 = Sample.least + "\n[log]\nformat = \"json\"\nlevel = \"warning\"\n" }
        _ = reloading.run()
        #expect(log.lines.isEmpty, "what is not wanted is not written")
        place.toml.withLock { $0 = nil }
        _ = reloading.run()
        #expect(log.lines.first?.hasPrefix(#"{"event":"the new configuration is not used"#) == true)
    }

    /// However often it is read again, so many requests wait for S3 and no more.
    @Test func permitsStay() throws {
        let test = try TestLedger()
        let (dispatcher, reloading, _) = try start(
            Sample.full.replacing("/var/lib/countersign/quotas", with: test.path))
        let before = try #require(dispatcher.site.storage?.permits)
        _ = reloading.run()
        let after = [dispatcher.site.storage?.permits, dispatcher.site.uploads?.permits, dispatcher.site.hook?.permits]
        #expect(operations.reloads.succeeded.value == 1 && after.allSatisfy { $0 === before })
        #expect(test.bytes.count == 64 + 1024 * 64)
    }

    @Test func aFileOfQuotasThatCannotBeMade() throws {
        let (dispatcher, reloading, place) = try start()
        place.toml.withLock {
            $0 = Sample.least + "\n[rules]\nquota_requests = 1\n[quotas]\nfile = \"/nowhere/quotas\"\n"
        }
        #expect(reloading.run() == "Serving with the old configuration: the new one is wrong")
        #expect(log.lines.joined().contains("quotas.file: cannot be used: /nowhere/quotas: cannot create: No such"))
        #expect(dispatcher.respond(to: .make("GET", "/upload/prefix")).status == 200)
    }

    /// A hook that is asked during a reload: the request ends by the site that it began with.
    @Test func requestsUnderWayKeepTheOldSite() throws {
        let (dispatcher, reloading, place) = try start()
        let provider = Turn { _ = reloading.run() }
        var site = dispatcher.site
        site.credentials = provider
        dispatcher.replace(site)
        place.toml.withLock { $0 = Self.changed + "\n[rules]\nmax_size = \"1KiB\"\n" }
        let answer = dispatcher.respond(to: .make("GET", "/upload/prefix")).json
        #expect(answer["accessKey"] as? String == "AKIDEXAMPLE" && answer["maxSize"] as? Int == 5_368_709_120)
        #expect(operations.reloads.succeeded.value == 1)
        #expect(accessKey(dispatcher) == "AKIACHANGED")
    }

    /// Runs something in the middle of a request.
    private final class Turn: CredentialsProvider {
        private let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }

        func credentials(until deadline: Deadline) -> Credentials {
            run()
            return .test
        }
    }

    /// Every answer is of one site or of the other, never of both.
    @Test func manyReadersAtOnce() throws {
        let (dispatcher, reloading, place) = try start()
        let other = Self.changed + "\n[rules]\nmax_size = \"1KiB\"\n"
        let isOver = Atomic<Bool>(false)
        let mixed = Atomic<Int>(0)
        let seen = Atomic<Int>(0)
        let readers = (0..<2).map { _ in
            startThread {
                while !isOver.load(ordering: .relaxed) {
                    let answer = dispatcher.respond(to: .make("GET", "/upload/prefix")).json
                    let isNew = answer["accessKey"] as? String == "AKIACHANGED"
                    if isNew != (answer["maxSize"] as? Int == 1024) { mixed.add(1, ordering: .relaxed) }
                    seen.add(1, ordering: .relaxed)
                }
            }
        }
        for number in 0..<20 {
            place.toml.withLock { $0 = number % 2 == 0 ? other : Sample.least }
            _ = reloading.run()
        }
        isOver.store(true, ordering: .relaxed)
        readers.forEach(join)
        #expect(mixed.load(ordering: .relaxed) == 0 && seen.load(ordering: .relaxed) > 0)
        #expect(operations.reloads.succeeded.value == 20)
    }
}
