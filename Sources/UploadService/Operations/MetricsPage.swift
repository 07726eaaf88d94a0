internal import FastCGI
internal import S3Authorization
internal import S3Client

/// `GET metrics`: the counters of this process.
struct MetricsPage {
    let metrics: Metrics
    let desk: OperationsDesk
    let site: Site

    func response(_ format: MetricsText.Format) -> Response {
        var text = MetricsText(format)
        process(&text)
        requests(&text)
        storage(&text)
        outbox(&text)
        text.end()
        var response = Response(status: 200, headers: Answers.common, body: Array(text.text.utf8))
        response.headers[0] = Response.Header("Content-Type", format.contentType)
        return response
    }

    private func process(_ text: inout MetricsText) {
        let load = desk.load
        text.gauge("countersign_build_info", "Which program this is.", 1, ["version": desk.version])
        text.gauge(
            "countersign_start_timestamp_seconds", "When the process began, since 1970.", desk.started / 1000)
        text.gauge("countersign_workers", "Threads that answer requests.", load.workers)
        text.gauge("countersign_workers_busy", "Threads with a request in hand.", load.busyWorkers)
        text.gauge("countersign_workers_hung", "Threads with one request for too long.", load.hungWorkers)
        text.gauge("countersign_connections", "Open connections of web servers.", load.connections)
        let reloads = desk.reloads
        text.counter(
            "countersign_reloads", "How often the configuration was read again.",
            [(["result": "ok"], "\(reloads.succeeded.value)"), (["result": "failed"], "\(reloads.failed.value)")])
        let last = reloads.latest
        text.gauge(
            "countersign_last_reload_successful", "Whether the configuration in use is the one last asked for.",
            last?.isGood ?? true ? 1 : 0)
        text.gauge(
            "countersign_last_reload_timestamp_seconds", "When the configuration was last read, since 1970.",
            (last?.time ?? desk.started) / 1000)
    }

    private func requests(_ text: inout MetricsText) {
        text.counter(
            "countersign_requests", "Requests by URL and outcome.",
            Metrics.Outcome.allCases.flatMap { outcome in
                metrics.requests(outcome).counts.map { route, count in
                    (["route": route, "outcome": outcome.name], "\(count)")
                }
            })
        text.counter(
            "countersign_refusals", "Requests that were not granted, by the code of the answer.",
            metrics.refusals.counts.map { (["code": $0.name], "\($0.count)") })
        text.counter(
            "countersign_shadow_refusals", "Requests that rules on trial would not have granted, by code.",
            metrics.shadowRefusals.map { (["profile": $0.profile, "code": $0.code], "\($0.count)") })
        text.counter(
            "countersign_connection_events", "What went wrong with connections.",
            metrics.events.counts.map { (["event": $0.name], "\($0.count)") })
        text.histogram("countersign_sign_duration_seconds", "How long POST sign took.", metrics.signing)
        text.histogram(
            "countersign_completion_duration_seconds", "How long POST file_uploaded took.", metrics.completing)
    }

    /// Of the folder, whichever process put there what stands in it.
    private func outbox(_ text: inout MetricsText) {
        guard let folder = site.hook?.outbox?.folder else { return }
        let boxes = [
            ("countersign_outbox_waiting", "Calls to the site that are still to be made.", SpoolFolder.Box.new),
            ("countersign_outbox_dead", "Calls that the site refused or that were given up.", .dead),
        ]
        for (name, help, box) in boxes {
            let count = try? folder.names(in: box).count
            text.gauges(name, help, count.map { [(MetricsText.none, Int64($0))] } ?? [])
        }
        let counts = metrics.deliveries.counts
        text.counter(
            "countersign_outbox_deliveries", "Tries of calls that had waited, by result.",
            Courier.Outcome.allCases.map { outcome in
                (["result": outcome.rawValue], "\(counts.first { $0.name == outcome.rawValue }?.count ?? 0)")
            })
    }

    private func storage(_ text: inout MetricsText) {
        text.counter(
            "countersign_completed_uploads", "Uploads that this process completed.",
            [([:], "\(metrics.completedUploads.value)")])
        text.counter(
            "countersign_completed_bytes", "Bytes of these uploads.", [([:], "\(metrics.completedBytes.value)")])
        text.counter(
            "countersign_s3_calls", "Calls to S3 by operation and result, each try by itself.",
            Operation.allCases.flatMap { operation in
                Metrics.CallResult.allCases.compactMap { result in
                    let count = metrics.counter(operation, result).value
                    guard count > 0 || result == .ok else { return nil }
                    return (["operation": operation.rawValue, "result": result.name], "\(count)")
                }
            })
        text.histogram("countersign_s3_call_duration_seconds", "How long tries of calls to S3 took.", metrics.calling)
        text.gauges(
            "countersign_s3_clock_drift_seconds", "How far the clock of S3 was ahead of ours at the last call.",
            site.drift.map { [(MetricsText.none, $0)] } ?? [])
        let uses = [("uploads", site.credentials), ("storage", site.storage?.client.credentials)]
        let ends = uses.compactMap { name, provider in
            (provider?.known?.expiration?.secondsSince1970).map { (name, $0) }
        }
        text.gauges(
            "countersign_credentials_expiry_timestamp_seconds", "When the credentials in use expire, since 1970.",
            ends.map { (["use": $0.0], $0.1) })
    }
}

extension Site {
    /// S3's, as of the last answer to either key.
    var drift: Int64? { storage?.client.drift ?? uploads?.client.drift }
}

extension Route? {
    /// What logs and metrics call it.
    var logName: StaticString { self?.name ?? "none" }
}
