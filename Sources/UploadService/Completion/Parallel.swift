internal import Glibc

/// Runs pieces of work on several threads at once and waits for all of them.
package enum Parallel {
    private final class Work: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) {
            self.body = body
        }
    }

    /// Runs `body` on `width` threads, this one among them; where no thread can be had, on fewer.
    package static func run(width: Int, _ body: @escaping @Sendable () -> Void) {
        var threads: [pthread_t] = []
        for _ in 1..<max(2, width) {
            var thread = pthread_t()
            let work = unsafe Unmanaged.passRetained(Work(body))
            let failure = unsafe pthread_create(
                &thread, nil,
                { context in
                    guard let context = unsafe context else { return nil }
                    unsafe Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body()
                    return nil
                }, work.toOpaque())
            if failure == 0 {
                threads.append(thread)
            } else {
                unsafe work.release()
            }
        }
        body()
        for thread in threads {
            pthread_join(thread, nil)
        }
    }
}
