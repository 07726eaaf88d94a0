internal import FastCGI
internal import S3Authorization
internal import S3Client

/// `POST events`: the store says what was uploaded, whatever has become of the browser.
struct EventsHandler {
    private let inquiry: Inquiry
    private let surroundings: Surroundings

    init(_ inquiry: Inquiry, _ surroundings: Surroundings) {
        self.inquiry = inquiry
        self.surroundings = surroundings
    }

    /// 200 once every event is dealt with, for good; 503 where the sender is to come again with all of them.
    func respond(_ account: inout Account) throws(RequestError) -> Response {
        let site = inquiry.site
        guard let events = site.events else { throw .eventsAreNotConfigured }
        guard let storage = site.storage else { throw .completionIsNotConfigured }
        guard events.authenticates(inquiry, at: surroundings.now() / 1000) else { throw .unknownSender }
        if let name = events.profile, site.profiles[name] == nil { throw .unknownProfile(name) }
        guard let completion = LateCompletion(site, profile: events.profile, surroundings) else {
            throw .completionIsNotConfigured
        }
        account.profile = events.profile ?? site.rules.name
        try inquiry.checkBody(limit: EventNotification.bodyLimit)
        let notification = try EventNotification(parsing: inquiry.request.body)
        if let url = notification.confirmation {
            surroundings.note(.warning) { $0.add("event", "a subscription waits to be confirmed, at \(url)") }
        }
        let ours = notification.events.filter { $0.bucket == storage.uploads }
        var tally = Tally(ignored: notification.ignored + notification.events.count - ours.count)
        if !ours.isEmpty {
            let deadline = storage.client.deadline(milliseconds: storage.deadline)
            let isRun: Void? = storage.permits.run { tally.run(ours, completion, until: deadline, surroundings) }
            guard isRun != nil else { throw .busy }
        }
        guard tally.unfinished == 0 else {
            account.cause = tally.problem
            throw .unfinishedEvents(tally.unfinished)
        }
        return tally.answer
    }
}

/// What became of the events of one request.
private struct Tally {
    private var completed = 0
    private var refused = 0
    private var ignored: Int
    private(set) var unfinished = 0
    /// Why the first is unfinished.
    private(set) var problem: String?

    init(ignored: Int) {
        self.ignored = ignored
    }

    /// Those that the time is not enough for are left to the sender's next try, which has the others behind it.
    mutating func run(
        _ events: [StorageEvent], _ completion: LateCompletion, until deadline: Deadline, _ surroundings: Surroundings
    ) {
        var seen: Set<ByteString> = []
        for event in events where seen.insert(event.keys[0]).inserted {
            guard deadline.remaining(at: surroundings.stopwatch()) > 0 else {
                unfinished += 1
                problem = problem ?? "the time was over"
                continue
            }
            switch completion.run(event.keys, until: deadline) {
            case .completed: completed += 1
            case .refused: refused += 1
            case .foreign: ignored += 1
            case .unfinished(let why):
                unfinished += 1
                problem = problem ?? why
            }
        }
    }

    var answer: Response {
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("success")
        writer.boolean(true)
        for (name, count) in [("completed", completed), ("refused", refused), ("ignored", ignored)]
            as [(StaticString, Int)]
        {
            writer.name(name)
            writer.number(Int64(count))
        }
        writer.endObject()
        return Answers.json(writer.bytes)
    }
}

extension RequestError {
    static var eventsAreNotConfigured: RequestError {
        RequestError(status: 404, code: "not_configured", message: "This site takes no storage events")
    }

    static var unknownSender: RequestError {
        RequestError(
            status: 401, code: "unknown_sender", message: "Storage events need the token or the signature of this site",
            headers: [.init("WWW-Authenticate", "Bearer realm=\"events\"")])
    }

    static func unfinishedEvents(_ count: Int) -> RequestError {
        RequestError(
            status: 503, code: "unfinished_events",
            message: "\(count == 1 ? "One upload is" : "\(count) uploads are") not complete yet; send this again",
            headers: [.init("Retry-After", "5")])
    }
}
