internal import FastCGI
internal import Synchronization

/// How many requests may talk to S3 or to the hook at once, so that slow ones never keep a sign waiting.
package final class Permits: Sendable {
    private let limit: Int
    private let taken = Atomic<Int>(0)

    package init(_ limit: Int) {
        self.limit = max(1, limit)
    }

    /// Runs `body` if there is room, else answers nil at once.
    func run<Value, Failure: Error>(_ body: () throws(Failure) -> Value) throws(Failure) -> Value? {
        guard taken.add(1, ordering: .relaxed).oldValue < limit else {
            taken.subtract(1, ordering: .relaxed)
            return nil
        }
        defer { taken.subtract(1, ordering: .relaxed) }
        Responder.standAside()
        return try body()
    }
}
