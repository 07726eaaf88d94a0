import FastCGI
import S3Authorization
import Testing

@testable import S3Client
@testable import UploadService

/// What is counted, and how it is written down.
@Suite struct MetricsTests {
    private func dispatcher(
        _ operations: OperationsDesk = OperationsDesk(version: "1.2.3", started: testTime * 1000),
        log: LogRecorder = LogRecorder(), _ change: (inout Site) -> Void = { _ in }
    ) throws -> Dispatcher {
        Dispatcher(site: try .make(change), surroundings: .fixed(log: log), operations: operations)
    }

    private func metrics(_ dispatcher: Dispatcher, accept: String = "") -> [String] {
        let request = Request.make(
            "GET", "/metrics", ["SCRIPT_NAME": "", "PATH_INFO": "/metrics", "HTTP_ACCEPT": accept])
        return dispatcher.respond(toOperator: request).text.split(separator: "\n").map { String($0) }
    }

    @Test func requests() throws {
        let dispatcher = try dispatcher()
        for _ in 0..<3 { _ = dispatcher.respond(to: .make(body: goodPolicy())) }
        _ = dispatcher.respond(to: .make(body: goodPolicy(key: "sam/a")))
        _ = dispatcher.respond(to: .make(user: nil, body: goodPolicy()))
        _ = dispatcher.respond(to: .make(body: Array("{".utf8)))
        _ = dispatcher.respond(to: .make("GET", "/nowhere"))
        _ = dispatcher.respond(to: .timedOut, nil)
        _ = dispatcher.respond(to: .make(body: goodPolicy(), ["COUNTERSIGN_PROFILE": "unknown"]))
        dispatcher.note(.cutOff)
        let lines = metrics(dispatcher)
        for line in [
            #"countersign_requests_total{route="sign",outcome="ok"} 3"#,
            #"countersign_requests_total{route="sign",outcome="refused"} 3"#,
            #"countersign_requests_total{route="sign",outcome="failed"} 1"#,
            #"countersign_requests_total{route="none",outcome="refused"} 2"#,
            #"countersign_refusals_total{code="not_permitted"} 1"#,
            #"countersign_refusals_total{code="login_required"} 1"#,
            #"countersign_refusals_total{code="malformed_json"} 1"#,
            #"countersign_refusals_total{code="unknown_profile"} 1"#,
            #"countersign_refusals_total{code="not_found"} 1"#,
            #"countersign_refusals_total{code="request_timeout"} 1"#,
            #"countersign_connection_events_total{event="cut_off"} 1"#,
            #"countersign_sign_duration_seconds_bucket{le="0.00005"} 7"#,
            #"countersign_sign_duration_seconds_bucket{le="+Inf"} 7"#, "countersign_sign_duration_seconds_count 7",
            #"countersign_build_info{version="1.2.3"} 1"#, #"countersign_reloads_total{result="failed"} 0"#,
        ] {
            #expect(lines.contains(line), "\(line)\n\(lines.joined(separator: "\n"))")
        }
        #expect(lines.last == "# EOF")
    }

    /// An error that goes out with 200, for whoever can read no other, is none the less one.
    @Test func hiddenStatus() throws {
        let dispatcher = try dispatcher()
        let form = ["CONTENT_TYPE": "application/x-www-form-urlencoded"]
        let response = dispatcher.respond(to: .make("POST", "/upload/file_uploaded", body: Array("key=a".utf8), form))
        #expect(response.status == 200)
        #expect(metrics(dispatcher).contains(#"countersign_requests_total{route="file_uploaded",outcome="refused"} 1"#))
    }

    @Test func calls() {
        let metrics = Metrics()
        let failures: [S3Error?] = [nil, nil, .notFound(code: ""), .timedOut, .refused(.init(status: 503))]
        for failure in failures {
            metrics.count(
                Attempt(
                    operation: .headObject, number: 1, duration: 30_000, status: 200, requestID: nil, failure: failure))
        }
        #expect(metrics.counter(.headObject, .ok).value == 2)
        #expect(metrics.counter(.headObject, .notFound).value == 1)
        #expect(metrics.counter(.headObject, .timedOut).value == 1)
        #expect(metrics.counter(.headObject, .unavailable).value == 1)
        #expect(metrics.counter(.getObject, .ok).value == 0)
        #expect(metrics.calling.sum == 150_000)
    }

    @Test func everyCounterHasAPlaceOfItsOwn() {
        let metrics = Metrics()
        for operation in Operation.allCases {
            for result in Metrics.CallResult.allCases { metrics.counter(operation, result).add() }
        }
        for operation in Operation.allCases {
            #expect(Metrics.CallResult.allCases.allSatisfy { metrics.counter(operation, $0).value == 1 })
        }
    }

    /// Every URL is there from the beginning, so that the first request is a step from nothing.
    @Test func routesBegin() {
        let names = Metrics().requests(.ok).counts
        #expect(names.allSatisfy { $0.count == 0 })
        #expect(names.map(\.name).contains("sign") && names.map(\.name).contains("none") && names.count >= 10)
    }

    @Test func histogram() {
        let histogram = Histogram(bounds: [10, 20])
        for value: Int64 in [0, 10, 11, 20, 21, 1_000_000] { histogram.add(value) }
        #expect(histogram.cumulative == [2, 4, 6] && histogram.sum == 1_000_062)
    }

    @Test(arguments: [
        (0, "0.0"), (50, "0.00005"), (1_000_000, "1.0"), (1_500_000, "1.5"), (999_999, "0.999999"),
        (12_345_678_900, "12345.6789"),
    ])
    func seconds(microseconds: Int64, text: String) {
        #expect(MetricsText.seconds(microseconds) == text)
    }

    /// By many threads at once nothing is lost, and one name counts once wherever it stands in the program.
    @Test func names() {
        let counters = NamedCounters()
        let names: [StaticString] = ["a", "bb", "ccc", "dddd", "a"]
        let threads = (0..<4).map { _ in
            startThread { for number in 0..<10_000 { counters.add(names[number % names.count]) } }
        }
        threads.forEach(join)
        #expect(counters.counts.map(\.name) == ["a", "bb", "ccc", "dddd"])
        #expect(counters.counts.map(\.count) == [16_000, 8000, 8000, 8000])
    }

    @Test(arguments: [
        ("", "application/openmetrics-text", true),
        ("application/openmetrics-text;version=1.0.0,text/plain;q=0.5", "application/openmetrics-text", true),
        ("text/plain;version=0.0.4", "text/plain; version=0.0.4", false),
    ])
    func formats(accept: String, type: String, isOpenMetrics: Bool) throws {
        let dispatcher = try dispatcher()
        let request = Request.make(
            "GET", "/metrics", ["PATH_INFO": "/metrics", "SCRIPT_NAME": "", "HTTP_ACCEPT": accept])
        let response = dispatcher.respond(toOperator: request)
        #expect(response.status == 200 && response.header("Content-Type")?.hasPrefix(type) == true)
        let lines = metrics(dispatcher, accept: accept)
        #expect(lines.contains("# TYPE countersign_requests\(isOpenMetrics ? "" : "_total") counter"))
        #expect((lines.last == "# EOF") == isOpenMetrics)
    }

    @Test func load() throws {
        let operations = OperationsDesk()
        operations.watch { .init(workers: 9, busyWorkers: 3, hungWorkers: 1, connections: 12) }
        let lines = metrics(try dispatcher(operations))
        for line in ["workers 9", "workers_busy 3", "workers_hung 1", "connections 12"] {
            #expect(lines.contains("countersign_" + line))
        }
    }

    // MARK: Who may ask

    @Test(arguments: ["ready", "metrics"])
    func notForThePublic(page: String) throws {
        let log = LogRecorder()
        let shut = try dispatcher(log: log).respond(to: .make("GET", "/upload/\(page)"))
        #expect(shut.status == 404 && shut.json["code"] as? String == "not_found")
        let open = try dispatcher { $0.publicPages = [.ready, .metrics] }
        #expect(open.respond(to: .make("GET", "/upload/\(page)", user: nil)).status == 200)
        #expect(open.respond(to: .make("GET", "/upload/health", user: nil)).status == 404)
        #expect(log.lines.isEmpty, "who asks every few seconds is not news")
    }

    @Test(arguments: ["health", "ready", "metrics", "time"])
    func operatorsMayAskForAll(page: String) throws {
        let dispatcher = try dispatcher { $0.publicPages = [] }
        for path in ["/\(page)", "/upload/\(page)"] {
            let request = Request.make("GET", path, ["SCRIPT_NAME": "", "PATH_INFO": path])
            #expect(dispatcher.respond(toOperator: request).status == 200)
        }
        #expect(dispatcher.respond(to: .make("GET", "/upload/\(page)")).status == 404)
        #expect(dispatcher.respond(toOperator: .make("POST", "/upload/\(page)")).status == 405)
    }

    @Test(arguments: ["sign", "prefix", "file_uploaded", "upload_uri", "file", "empty_html"])
    func operatorsGetNothingElse(page: String) throws {
        let method = ["prefix", "empty_html"].contains(page) ? "GET" : "POST"
        let response = try dispatcher().respond(toOperator: .make(method, "/upload/\(page)", body: goodPolicy()))
        #expect(response.status == 404)
    }

    @Test(arguments: ["ready", "metrics"])
    func aCGIProcessSaysWhyNot(page: String) throws {
        let dispatcher = try dispatcher(OperationsDesk(isAlone: true)) { $0.publicPages = [.ready, .metrics] }
        let response = dispatcher.respond(to: .make("GET", "/upload/\(page)"))
        #expect(response.status == 404 && response.json["code"] as? String == "one_request_only")
    }

    @Test func time() throws {
        let response = try dispatcher().respond(to: .make("GET", "/upload/time", user: nil))
        #expect(response.text == #"{"now":1795350896789}"#)
    }
}
