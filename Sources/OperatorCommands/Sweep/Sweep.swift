package import S3Authorization
internal import S3Client
internal import Synchronization
internal import UploadService

/// `countersign sweep`: finds uploads whose completion never came, and completes or deletes them.
///
/// Page by page, so that a million keys take no more memory than a thousand; safe beside the running program and beside
/// another sweep, because a claim decides what becomes of an upload.
package struct Sweep: Sendable {
    package enum Action: Sendable { case list, complete, delete }

    package struct Choices: Sendable {
        package var action = Action.list
        package var abortsMultipart = false
        package var olderThan = Age(seconds: 86_400)
        package var prefix: ByteString = ""
        /// The profile whose rules hold; nil: that of `[events]`.
        package var profile: ByteString?
        /// How many uploads are looked at at once.
        package var width = 8
        /// Keys a page.
        package var pageLength = 1000

        package init() {}
    }

    package enum Failure: Error, Sendable, CustomStringConvertible {
        case nothingIsCompletedHere
        case unknownProfile(String)

        package var description: String {
            switch self {
            case .nothingIsCompletedHere: "there is no [storage], so no upload is ever completed"
            case .unknownProfile(let name): "there is no profile '\(name)'"
            }
        }
    }

    /// What the sweep says while it goes on; from several threads.
    package struct Listener: Sendable {
        /// An upload worth a line: its key, what became of it, and why.
        package var line: @Sendable (SweepTally.Fate, ByteString, String) -> Void
        package var progress: @Sendable (SweepTally) -> Void

        package init(
            line: @escaping @Sendable (SweepTally.Fate, ByteString, String) -> Void = { _, _, _ in },
            progress: @escaping @Sendable (SweepTally) -> Void = { _ in }
        ) {
            self.line = line
            self.progress = progress
        }
    }

    /// Milliseconds for a page or a small call, and for one completion, which may copy a large object.
    private static let patience: Int64 = 60_000
    private static let longPatience: Int64 = 900_000

    private let desk: Desk
    private let completion: LateCompletion
    private let choices: Choices

    package init(_ desk: Desk, _ choices: Choices) throws(Failure) {
        let name = (choices.profile ?? desk.site.events?.profile).flatMap { $0.is("default") ? nil : $0 }
        if let name, desk.site.profiles[name] == nil { throw .unknownProfile("\(name)") }
        guard let completion = LateCompletion(desk.site, profile: name, desk.surroundings) else {
            throw .nothingIsCompletedHere
        }
        self.desk = desk
        self.completion = completion
        self.choices = choices
    }

    private var client: S3Client { completion.desk.client }

    /// Seconds since 1970, as S3 has it.
    private var now: Int64 { desk.surroundings.now() / 1000 + client.clockOffset }

    package func run(_ listener: Listener = Listener()) -> SweepTally {
        let tally = Locked(SweepTally())
        do throws(S3Error) {
            try sweepObjects(tally, listener)
        } catch {
            tally.withLock { $0.problems.append("the uploads cannot be listed: \(error)") }
        }
        do throws(S3Error) {
            try sweepMultipart(tally, listener)
        } catch {
            // Most sites never let the key list these, so that only who asks for it is told.
            if choices.abortsMultipart {
                tally.withLock { $0.problems.append("the uploads in parts cannot be listed: \(error)") }
            }
        }
        return tally.withLock { $0 }
    }

    private func sweepObjects(_ tally: Locked<SweepTally>, _ listener: Listener) throws(S3Error) {
        var continuation: ByteString?
        repeat {
            let page = try client.list(
                bucket: completion.desk.uploads, prefix: choices.prefix, continuation: continuation,
                maximum: choices.pageLength, until: deadline)
            let rest = Locked(page.objects[...])
            Parallel.run(width: min(choices.width, max(1, page.objects.count))) {
                while let entry = rest.withLock({ $0.popFirst() }) {
                    let (fate, why) = judge(entry)
                    tally.withLock { $0.add(fate) }
                    if fate.isNews { listener.line(fate, entry.key, why) }
                }
            }
            listener.progress(tally.withLock { $0 })
            if let next = page.continuation, next == continuation {
                throw .badAnswer("a page of objects that leads nowhere")
            }
            continuation = page.continuation
        } while continuation != nil
    }

    private func judge(_ entry: ObjectPage.Entry) -> (SweepTally.Fate, String) {
        guard isOld(entry.lastModified, than: choices.olderThan.seconds) else { return (.young, "") }
        guard completion.hasOwner(entry.key) else { return (.foreign, "in nobody's prefix") }
        do throws(S3Error) {
            let about = "\(entry.size) bytes, \(age(entry.lastModified))"
            switch try completion.desk.claimedState(of: entry.key, entry.etag, until: deadline) {
            case .accepted: return (.accepted, "")
            case .open(let since) where now - since < choices.olderThan.seconds && choices.action == .delete:
                return (.busy, "its completion began \(Age(seconds: now - since).text) ago")
            case .refused:
                guard choices.action == .delete else { return (.refused, "by the site, \(about)") }
                return try delete(entry, about)
            case .open, .none: return try act(on: entry, about)
            }
        } catch {
            return (.failed, "\(error)")
        }
    }

    private func act(on entry: ObjectPage.Entry, _ about: String) throws(S3Error) -> (SweepTally.Fate, String) {
        switch choices.action {
        case .list: return (.waiting, about)
        case .delete: return try delete(entry, about)
        case .complete:
            switch completion.run([entry.key], until: client.deadline(milliseconds: Self.longPatience)) {
            case .completed(let key): return (.completed, "as \(key)")
            case .refused(let why): return (.rejected, why)
            case .foreign: return (.foreign, "in nobody's prefix")
            case .unfinished(let why): return (.failed, why)
            }
        }
    }

    /// Only what is still what the page said: its owner may have uploaded it anew.
    private func delete(_ entry: ObjectPage.Entry, _ about: String) throws(S3Error) -> (SweepTally.Fate, String) {
        let object = ObjectLocation(bucket: completion.desk.uploads, key: entry.key)
        do throws(S3Error) {
            let head = try client.head(object, until: deadline)
            guard head.etag == entry.etag, isOld(head.lastModified, than: choices.olderThan.seconds) else {
                return (.young, "")
            }
        } catch .notFound(let code) where !code.is("NoSuchBucket") {
            return (.deleted, "gone already")
        }
        try client.delete(object, until: deadline)
        return (.deleted, about)
    }

    private func sweepMultipart(_ tally: Locked<SweepTally>, _ listener: Listener) throws(S3Error) {
        // As long as its ticket is good, its owner may go on with it.
        let uploads = desk.configuration.uploads
        let lifetime = desk.site.tickets == nil ? 0 : Int64(uploads.ticketExpiresAfter)
        let limit = max(choices.olderThan.seconds, lifetime)
        var marker: MultipartUploadPage.Marker?
        repeat {
            let page = try client.listMultipartUploads(
                bucket: completion.desk.uploads, prefix: choices.prefix, after: marker, maximum: choices.pageLength,
                until: deadline)
            for entry in page.uploads where isOld(entry.initiated, than: limit) {
                let (fate, why) = abort(entry)
                tally.withLock { $0.add(fate) }
                listener.line(fate, entry.upload.object.key, why)
            }
            listener.progress(tally.withLock { $0 })
            marker = page.next
        } while marker != nil
    }

    private func abort(_ entry: MultipartUploadPage.Entry) -> (SweepTally.Fate, String) {
        let about = "in parts, begun \(age(entry.initiated)) ago"
        guard choices.abortsMultipart else { return (.stale, about) }
        do throws(S3Error) {
            try client.abort(entry.upload, until: deadline)
            return (.aborted, about)
        } catch {
            return (.failed, "\(error)")
        }
    }

    private var deadline: Deadline { client.deadline(milliseconds: Self.patience) }

    /// What has no date is left alone.
    private func isOld(_ time: SigningTime?, than seconds: Int64) -> Bool {
        time.map { now - $0.secondsSince1970 >= seconds } ?? false
    }

    private func age(_ time: SigningTime?) -> String {
        time.map { Age(seconds: now - $0.secondsSince1970).text } ?? "of unknown age"
    }
}

extension SweepTally.Fate {
    /// Whether a line is worth reading.
    fileprivate var isNews: Bool { self != .young && self != .accepted }
}

/// A value that several threads change.
private final class Locked<Value: Sendable>: Sendable {
    private let mutex: Mutex<Value>

    init(_ value: Value) {
        mutex = Mutex(value)
    }

    func withLock<Result: Sendable>(_ body: (inout Value) -> Result) -> Result {
        mutex.withLock { value in body(&value) }
    }
}
