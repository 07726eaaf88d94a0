internal import FastCGI
internal import S3Client
internal import Synchronization

/// Delivers what waits in the outbox, for as long as the process runs; a reload gives it another hook or folder.
package final class OutboxWorker: Sendable {
    /// Microseconds between two looks into the folder, which CGI programs and other processes write to as well.
    private static let pause: Int64 = 2_000_000

    private let dispatcher: Dispatcher
    private let surroundings: Surroundings
    private let isRunning = Atomic<Bool>(false)

    package init(_ dispatcher: Dispatcher, _ surroundings: Surroundings) {
        self.dispatcher = dispatcher
        self.surroundings = surroundings
    }

    /// Begins where the site has an outbox by now and nobody delivers yet: a reload may bring the first.
    package func startWhereNeeded() {
        guard dispatcher.site.hook?.outbox != nil, !isRunning.exchange(true, ordering: .acquiringAndReleasing) else {
            return
        }
        guard !Thread.start("outbox", { [self] in run() }) else { return }
        isRunning.store(false, ordering: .releasing)
        surroundings.note(.error) { $0.add("event", "no thread for the outbox: nothing that waits is delivered") }
    }

    private func run() {
        var problem: SpoolError?
        if let folder = dispatcher.site.hook?.outbox?.folder {
            do throws(SpoolError) {
                try folder.prepare()
                if folder.isOpenToOthers {
                    surroundings.note(.warning) { $0.add("event", "\(folder.path) is open to other users: chmod 0700") }
                }
            } catch {
                problem = error
                note(error)
            }
        }
        while true {
            let last = problem
            do throws(SpoolError) {
                problem = try Courier(dispatcher.site.hook, surroundings)?.round().problem
            } catch {
                problem = error
            }
            // Once, not every other second.
            if let problem, problem != last { note(problem) }
            S3Surroundings.sleep(microseconds: Self.pause)
        }
    }

    private func note(_ error: SpoolError) {
        surroundings.note(.error) { line in
            line.add("event", word: "outbox")
            line.add("cause", "\(error)")
        }
    }
}
