import Glibc

/// A thread that runs `body`; nil where there can be none.
func startThread(_ body: @escaping @Sendable () -> Void) -> pthread_t? {
    final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
    var thread = pthread_t()
    let box = unsafe Unmanaged.passRetained(Body(body))
    let status = unsafe pthread_create(
        &thread, nil,
        { body in
            guard let body = unsafe body else { return nil }
            unsafe Unmanaged<Body>.fromOpaque(body).takeRetainedValue().run()
            return nil
        }, box.toOpaque())
    return status == 0 ? thread : nil
}

func join(_ thread: pthread_t) {
    pthread_join(thread, nil)
}
