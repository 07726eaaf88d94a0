import S3Authorization
import S3Client
import Synchronization

/// Answers from a list and keeps what was asked; when the list is used up its last answer stays.
final class ScriptedTransport: Transport {
    enum Step: Sendable {
        case answer(HTTPAnswer)
        case failure(TransportError)
        /// Takes so many microseconds of the clock before the next step counts.
        indirect case after(Int64, Step)
    }

    private struct State {
        var steps: [Step]
        var requests: [HTTPRequest] = []
    }

    private let state: Mutex<State>
    private let clock: TestClock

    init(_ steps: [Step], clock: TestClock) {
        state = Mutex(State(steps: steps))
        self.clock = clock
    }

    var requests: [HTTPRequest] { state.withLock { $0.requests } }

    func exchange(_ request: HTTPRequest, until deadline: Deadline) throws(TransportError) -> HTTPAnswer {
        let step = state.withLock { state in
            state.requests.append(request)
            return state.steps.count > 1 ? state.steps.removeFirst() : state.steps[0]
        }
        return try play(step, until: deadline)
    }

    private func play(_ step: Step, until deadline: Deadline) throws(TransportError) -> HTTPAnswer {
        switch step {
        case .answer(let answer): return answer
        case .failure(let error): throw error
        case .after(let length, let next):
            let left = deadline.remaining(at: clock.stopwatch)
            clock.advance(min(left, length))
            guard length <= left else { throw .timedOut }
            return try play(next, until: deadline)
        }
    }
}

/// A clock that moves only when told, and remembers how long it was slept on.
final class TestClock: Sendable {
    private let microseconds = Atomic<Int64>(0)
    private let pauses = Mutex<[Int64]>([])
    /// Milliseconds since 1970 when the stopwatch is at 0.
    let start: Int64

    /// 2026-11-22 08:00:00 UTC
    init(start: Int64 = 1_795_334_400_000) {
        self.start = start
    }

    var stopwatch: Int64 { microseconds.load(ordering: .relaxed) }
    var slept: [Int64] { pauses.withLock { $0 } }

    func advance(_ length: Int64) {
        microseconds.add(length, ordering: .relaxed)
    }

    /// Randomness is all ones, so that every pause is as long as it can be.
    func surroundings(observe: @escaping @Sendable (Attempt) -> Void = { _ in }) -> S3Surroundings {
        S3Surroundings(
            now: { self.start + self.stopwatch / 1000 }, stopwatch: { self.stopwatch },
            random: { [UInt8](repeating: 255, count: $0) },
            sleep: { length in
                self.pauses.withLock { $0.append(length) }
                self.advance(length)
            }, observe: observe)
    }
}

extension S3Client {
    static let exampleSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

    /// A client whose S3 is a script.
    static func make(
        _ steps: [ScriptedTransport.Step], clock: TestClock = TestClock(),
        credentials: (any CredentialsProvider)? = nil, version: SignatureVersion = .v4,
        observe: @escaping @Sendable (Attempt) -> Void = { _ in }
    ) throws -> (S3Client, ScriptedTransport) {
        let transport = ScriptedTransport(steps, clock: clock)
        let key = Credentials(accessKeyID: "AKIAIOSFODNN7EXAMPLE", secret: Secret(exampleSecret))
        let client = try S3Client(
            endpoint: Endpoint(parsing: "https://s3.eu-west-1.amazonaws.com"), addressing: .virtual,
            region: "eu-west-1", signatureVersion: version, credentials: credentials ?? StaticCredentials(key),
            transport: transport, surroundings: clock.surroundings(observe: observe))
        return (client, transport)
    }
}

extension HTTPAnswer {
    static func text(_ status: Int, _ body: String = "", _ headers: [HeaderField] = []) -> HTTPAnswer {
        HTTPAnswer(status: status, headers: headers, body: Array(body.utf8))
    }

    static func error(_ status: Int, _ code: String, _ headers: [HeaderField] = []) -> HTTPAnswer {
        text(
            status,
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <Error><Code>\(code)</Code><Message>x</Message><RequestId>R</RequestId><HostId>H</HostId></Error>
            """, headers)
    }

    static let head = HTTPAnswer(
        status: 200, headers: [HeaderField("content-length", "7"), HeaderField("etag", "\"aa-2\"")])
    static let written = HTTPAnswer(status: 200, headers: [HeaderField("etag", "\"aa\"")])
    static let copied = text(200, "<CopyObjectResult><ETag>&quot;aa&quot;</ETag></CopyObjectResult>")
}
