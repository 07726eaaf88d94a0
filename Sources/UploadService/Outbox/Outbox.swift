internal import S3Authorization

/// Calls to the site that are made later, because it could not be reached when an upload was complete.
package struct Outbox: Sendable {
    package var folder: SpoolFolder
    /// Whether an upload is accepted while the site cannot be reached; else only what waits already is delivered.
    package var accepts: Bool
    /// Seconds from when an upload was accepted.
    package var giveUpAfter: Int64

    package init(_ folder: SpoolFolder, accepts: Bool = true, giveUpAfter: Int64 = 259_200) {
        self.folder = folder
        self.accepts = accepts
        self.giveUpAfter = giveUpAfter
    }

    /// Returns once the call will be made, whatever happens to this machine but the loss of its disk. One that waits
    /// already is as good: everything about an upload that the site is told stands in its claim.
    func keep(_ event: HookEvent, because reason: String, _ surroundings: Surroundings) throws(SpoolError) {
        let name = event.id.description
        try folder.prepare()
        guard !folder.contains(name, in: .new) else { return try folder.flush(.new) }
        let record = SpoolRecord(event, created: surroundings.now() / 1000, reason: reason)
        try folder.write(
            record.document, as: name, into: .new,
            due: surroundings.now() + BackOff.pause(after: 0, surroundings), mark: surroundings.mark)
    }

    /// Forgets a call that is not to be made after all.
    func forget(_ event: HookEvent) throws(SpoolError) { try folder.remove(event.id.description, from: .new) }
}

/// How long a call waits for its next try.
enum BackOff {
    /// Milliseconds: five seconds, then twice as long each time up to an hour, and up to a fifth more, so that the
    /// calls of one breakdown do not all come at once.
    static func pause(after attempts: Int, _ surroundings: Surroundings) -> Int64 {
        let pause = min(longest, 5000 << Int64(min(attempts, 20)))
        let chance = surroundings.random(2).reduce(0) { $0 << 8 | Int64($1) }
        return pause + pause / 5 * chance / 65_536
    }

    static let longest: Int64 = 3_600_000
}

extension Surroundings {
    /// Makes the name of a temporary file one of its own.
    var mark: String { Hexadecimal.encode(random(8)).description }
}
