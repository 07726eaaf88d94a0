import Dispatch
import Foundation

/// Runs `body` on a thread of its own.
func startThread(_ body: @escaping @Sendable () -> Void) -> DispatchSemaphore {
    let over = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
        body()
        over.signal()
    }
    return over
}

func join(_ thread: DispatchSemaphore) { thread.wait() }
