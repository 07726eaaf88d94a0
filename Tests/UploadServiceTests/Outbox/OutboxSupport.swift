import Foundation
import S3Authorization
import S3Client
import Synchronization
import Testing

@testable import UploadService

/// Gives the verdicts in turn, the last one for ever, and keeps what it was told.
final class ScriptedHook: Hook {
    private struct State {
        var verdicts: [HookVerdict]
        var events: [HookEvent] = []
    }

    private let state: Mutex<State>
    private let during: @Sendable () -> Void

    init(_ verdicts: HookVerdict..., during: @escaping @Sendable () -> Void = {}) {
        state = Mutex(State(verdicts: verdicts))
        self.during = during
    }

    var events: [HookEvent] { state.withLock { $0.events } }

    func call(_ event: HookEvent, until deadline: Deadline) -> HookVerdict {
        during()
        return state.withLock { state in
            state.events.append(event)
            return state.verdicts.count > 1 ? state.verdicts.removeFirst() : state.verdicts[0]
        }
    }
}

/// A folder of its own and a clock that is set; the folder is removed with it.
final class TestOutbox: Sendable {
    let path = "/tmp/countersign-outbox-\(UUID().uuidString)"
    let log = LogRecorder()
    private let time = Mutex(testTime * 1000)

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var folder: SpoolFolder { SpoolFolder(path) }
    var outbox: Outbox { Outbox(folder) }

    /// Milliseconds since 1970.
    var now: Int64 {
        get { time.withLock { $0 } }
        set { time.withLock { $0 = newValue } }
    }

    var surroundings: Surroundings {
        var surroundings = Surroundings.fixed(log: log)
        surroundings.now = { [self] in now }
        // No chance: pauses are as long as they are at least.
        surroundings.random = { count in [UInt8](repeating: 0, count: count) }
        return surroundings
    }

    func courier(_ hook: any Hook, _ outbox: Outbox? = nil) throws -> Courier {
        var site = SiteHook(hook, permits: Permits(1))
        site.outbox = outbox ?? self.outbox
        return try #require(Courier(site, surroundings))
    }

    func keep(_ id: ByteString = "upload_1", _ outbox: Outbox? = nil) throws {
        var event = HookEvent.make(headers: [HeaderField("Cookie", "session=secret")])
        event.id = id
        try (outbox ?? self.outbox).keep(event, because: "the hook answered 503", surroundings)
    }

    /// The names in each box.
    var files: [String: [String]] {
        var files: [String: [String]] = [:]
        for box in SpoolFolder.Box.allCases {
            files[box.rawValue] = try? FileManager.default.contentsOfDirectory(atPath: "\(path)/\(box.rawValue)")
                .sorted()
        }
        return files
    }

    func mode(_ place: String = "") throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path + place)
        return (attributes[.posixPermissions] as? NSNumber)?.intValue ?? -1
    }
}
