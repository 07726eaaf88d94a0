internal import Glibc

/// Writing to a pipe that nobody reads any more.
enum BrokenPipe {
    /// Runs `write` so that a broken pipe is its error `EPIPE` only, whether or not the process ignores SIGPIPE.
    ///
    /// The signal is the calling thread's own: blocked, it waits there until it is taken back.
    /// <https://man7.org/linux/man-pages/man7/signal.7.html>
    static func silenced(_ write: () -> Int) -> Int {
        var pipe = sigset_t()
        unsafe sigemptyset(&pipe)
        unsafe sigaddset(&pipe, SIGPIPE)
        var pending = sigset_t()
        unsafe sigpending(&pending)
        let isPending = unsafe sigismember(&pending, SIGPIPE) == 1
        var before = sigset_t()
        unsafe pthread_sigmask(SIG_BLOCK, &pipe, &before)
        let result = write()
        let code = errno
        if result < 0, code == EPIPE, !isPending {
            var now = timespec()
            while unsafe sigtimedwait(&pipe, nil, &now) < 0, errno == EINTR {}
        }
        unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
        errno = code
        return result
    }
}
