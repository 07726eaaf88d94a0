import CFastCGI
import Glibc

/// A detached POSIX thread that runs one closure, under a name that `ps -L` and `top -H` show.
///
/// Here, not in `main.swift`: a closure of its top level dies in `pthread_create` for want of its actor.
package enum Thread {
    private final class Body: Sendable {
        let name: StaticString
        let run: @Sendable () -> Void

        init(_ name: StaticString, _ run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }

    /// Lets threads share their heaps, as many as can be used at once: with one for each thread most of it lies idle.
    ///
    /// Before there are threads. <https://man7.org/linux/man-pages/man3/mallopt.3.html>
    static func shareHeaps() { heaps }

    /// Set once, however many responders run: under a sanitizer this is the first that glibc's own allocator hears of the
    /// process, and two threads that begin it at once make it abort when they end.
    private static let heaps: Void = {
        _ = mallopt(M_ARENA_MAX, Int32(clamping: max(2, sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
    }()

    /// The name has 15 bytes at most.
    package static func start(_ name: StaticString = "worker", _ run: @escaping @Sendable () -> Void) -> Bool {
        var thread = pthread_t()
        let body = unsafe Unmanaged.passRetained(Body(name, run))
        let status = unsafe pthread_create(
            &thread, nil,
            { body in
                guard let body = unsafe body else { return nil }
                let thread = unsafe Unmanaged<Body>.fromOpaque(body).takeRetainedValue()
                thread.name.withUTF8Buffer { unsafe countersign_name_thread($0.baseAddress) }
                thread.run()
                return nil
            }, body.toOpaque()
        )
        guard status == 0 else {
            unsafe body.release()
            return false
        }
        pthread_detach(thread)
        return true
    }
}
