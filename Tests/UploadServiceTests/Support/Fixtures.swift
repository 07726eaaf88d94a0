import FastCGI
import Foundation
import S3Authorization
import S3Client

@testable import UploadService

/// 2026-11-22 12:34:56 UTC
let testTime: Int64 = 1_795_350_896

/// What the program wrote to its log.
final class LogRecorder: @unchecked Sendable {
    private let lock = NSLock()
    private var recorded: [String] = []

    var lines: [String] { lock.withLock { recorded } }

    func record(_ line: Span<UInt8>) {
        let text = unsafe line.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
        lock.withLock { recorded.append(text) }
    }
}

extension Surroundings {
    static func fixed(at time: Int64 = testTime, log: LogRecorder = LogRecorder()) -> Surroundings {
        Surroundings(
            now: { time * 1000 + 789 }, stopwatch: { 0 }, random: { count in (0..<count).map { UInt8($0 & 0xff) } },
            log: { log.record($0) })
    }
}

extension Credentials {
    static let test = Credentials(
        accessKeyID: "AKIDEXAMPLE", secret: Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))
}

extension UploadRules {
    static func make(_ change: (inout UploadRules) -> Void = { _ in }) -> UploadRules {
        var rules = UploadRules(bucket: "uploads", region: "us-east-1", maximumSize: 5 << 30)
        change(&rules)
        return rules
    }
}

extension Site {
    static func make(rules: UploadRules = .make(), _ change: (inout Site) -> Void = { _ in }) throws -> Site {
        var site = Site(
            mount: "/upload", credentials: StaticCredentials(.test),
            endpoint: try Endpoint(parsing: "https://s3.us-east-1.amazonaws.com"), addressing: .virtual,
            rules: Profile(name: "default", rules: rules))
        change(&site)
        return site
    }
}

extension Request {
    /// A request as nginx hands it over; an empty value takes a parameter away.
    static func make(
        _ method: String = "POST", _ path: String = "/upload/sign", user: String? = "frodo",
        body: [UInt8] = [], _ parameters: [String: String] = [:]
    ) -> Request {
        var all = [
            "REQUEST_METHOD": method, "SCRIPT_NAME": path, "DOCUMENT_URI": path, "REQUEST_URI": path,
            "HTTP_HOST": "www.example.org", "REQUEST_SCHEME": "https", "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": String(body.count), "REMOTE_USER": user ?? "",
        ]
        all.merge(parameters) { $1 }
        return Request(parameters: Parameters(all.filter { !$0.value.isEmpty }.map { ($0.key, $0.value) }), body: body)
    }
}

extension Response {
    /// The body as a JSON object.
    var json: [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any] ?? [:]
    }

    func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    var text: String { String(decoding: body, as: UTF8.self) }
}

/// A file of `Vectors`, parsed.
func vectors(_ name: String) throws -> [String: Any] {
    let url = Bundle.module.bundleURL.appendingPathComponent("Vectors/\(name)")
    return try JSONSerialization.jsonObject(with: try Data(contentsOf: url)) as? [String: Any] ?? [:]
}

extension Inquiry {
    convenience init(_ request: Request, at site: Site) {
        self.init(request, at: SharedSite(site))
    }
}

/// What a sanitizer's instrumentation may cost where a test bounds its time.
let slowdown = ProcessInfo.processInfo.environment["COUNTERSIGN_TESTS_ARE_SLOWED"] == nil ? 1 : 10

/// The processor time that this thread spends on `body`: how busy the machine is does not count.
func processorTime(_ body: () -> Void) -> Duration {
    func now() -> Duration {
        var time = timespec()
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
    let start = now()
    body()
    return now() - start
}
