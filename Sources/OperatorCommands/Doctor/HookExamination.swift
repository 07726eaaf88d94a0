internal import Glibc
internal import S3Authorization
internal import S3Client
internal import UploadService

/// Whether the site's hook can be reached; it hears of no upload that never was.
struct HookExamination {
    let visit: Visit

    func run() {
        guard let hook = visit.desk.configuration.hook else { return }
        visit.doing("calling the hook")
        switch hook.action {
        case .run(let command):
            let program = command.first ?? ""
            if unsafe access(program, X_OK) == 0 {
                visit.ok("hook", "\(program) can be started")
            } else {
                visit.fail(
                    "hook", "\(program) cannot be started",
                    mending: "Make hook.command name a program that may be "
                        + "executed.")
            }
        case .call(let target, _):
            if hook.authorize { ask(hook) } else { reach(target) }
        }
    }

    /// `upload.signing` has no effect by contract, so it may be asked.
    private func ask(_ hook: Configuration.Hook) {
        let made = hook.make(transport: visit.desk.transport, stopwatch: visit.desk.surroundings.stopwatch)
        var data = JSONWriter()
        data.beginObject()
        data.name("user")
        data.string(Visit.user)
        data.name("profile")
        data.string("default")
        data.name("key")
        data.string(visit.newKey())
        data.name("size")
        data.number(16)
        data.endObject()
        let id = Hexadecimal.encode(visit.desk.surroundings.random(16))
        let event = HookEvent(kind: .signing, id: id, time: visit.now, data: ByteString(data.bytes))
        switch made.call(event, until: visit.deadline) {
        case .accepted: visit.ok("hook", "the hook answers, and lets \(Visit.user) upload")
        case .refused: visit.ok("hook", "the hook answers, and refuses \(Visit.user)")
        case .undecided(let reason):
            visit.fail(
                "hook", reason, mending: "Let the hook answer upload.signing with 200 or 422 within hook.timeout.")
        }
    }

    /// Any answer will do: what it says to OPTIONS says nothing about uploads.
    private func reach(_ target: Configuration.Hook.Target) {
        let request: HTTPRequest =
            switch target {
            case .http(let url): HTTPRequest(method: "OPTIONS", url: ByteString(url.description))
            case .unix(let socket, let url):
                HTTPRequest(method: "OPTIONS", url: ByteString(url.description), unixSocket: socket)
            }
        switch visit.send(request) {
        case .success(let answer) where answer.status == 404 || answer.status >= 502:
            visit.warn(
                "hook", "the hook's server answers \(answer.status)",
                mending: "Make hook.url the path that the site really serves.")
        case .success: visit.ok("hook", "the hook's server answers")
        case .failure(let error):
            let (message, mending) = ClockExamination.meaning(of: error, "hook.url")
            visit.fail("hook", message, mending: mending)
        }
    }
}
