internal import FastCGI
internal import S3Authorization

/// `GET ready`: 200 or 503, and which part is not as it should be; why is in the log.
struct ReadinessPage {
    let desk: OperationsDesk
    let shared: SharedSite
    let surroundings: Surroundings

    func response() -> Response {
        // Whoever asks is to look away at once; how S3 is does not matter any more.
        guard !desk.load.isDraining else { return notReady("draining") }
        guard let report = desk.readiness.report(shared, surroundings) else { return notReady("checking") }
        return answer(report.isReady) { write(report, to: &$0) }
    }

    private func notReady(_ reason: StaticString) -> Response {
        answer(false) { writer in
            writer.name(reason)
            writer.boolean(true)
        }
    }

    private func answer(_ isReady: Bool, _ write: (inout JSONWriter) -> Void) -> Response {
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("ready")
        writer.boolean(isReady)
        write(&writer)
        if let last = desk.reloads.latest {
            writer.name("reload")
            writer.beginObject()
            writer.name("ok")
            writer.boolean(last.isGood)
            writer.name("time")
            writer.number(last.time)
            writer.endObject()
        }
        writer.endObject()
        let headers = isReady ? [] : [Response.Header("Retry-After", "10")]
        return Response(status: isReady ? 200 : 503, headers: Answers.common + headers, body: writer.bytes)
    }

    private func write(_ report: Readiness.Report, to writer: inout JSONWriter) {
        writer.name("checked")
        writer.number(report.time)
        writer.name("credentials")
        writer.beginObject()
        for part in report.credentials {
            writer.name(part.use)
            writer.beginObject()
            writer.name("ok")
            writer.boolean(part.problem == nil)
            if let expiration = part.expiration {
                writer.name("expiresIn")
                writer.number(max(0, expiration.secondsSince1970 - surroundings.now() / 1000))
            }
            writer.endObject()
        }
        writer.endObject()
        if let storage = report.storage {
            write("s3", storage, to: &writer)
        }
        if let drift = report.drift {
            writer.name("clockDrift")
            writer.number(drift)
        }
        if let hook = report.hook {
            write("hook", hook, to: &writer)
        }
        if let outbox = report.outbox {
            write("outbox", outbox, to: &writer)
        }
    }

    private func write(_ name: StaticString, _ part: Readiness.Report.Part, to writer: inout JSONWriter) {
        writer.name(name)
        writer.beginObject()
        writer.name("ok")
        writer.boolean(part.problem == nil)
        writer.endObject()
    }
}
