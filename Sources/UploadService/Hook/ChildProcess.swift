internal import Glibc

/// A program that runs for one call, in a process group of its own, with pipes for standard input and output.
///
/// <https://man7.org/linux/man-pages/man3/posix_spawn.3.html>; `end` must be called, and reaps it.
struct ChildProcess: ~Copyable {
    struct Failure: Error, Equatable {
        let step: String
        /// An `errno`.
        let code: Int32
    }

    enum Ending: Equatable { case ended, late, tooMuch }

    enum Status: Equatable {
        case exited(Int32)
        case killed(Int32)
        case unknown
    }

    private(set) var output: [UInt8] = []
    private let process: pid_t
    /// -1 once closed.
    private var input: Int32
    private var outputEnd: Int32

    init(_ command: [String], environment: [String]) throws(Failure) {
        let (childInput, input) = try Spawn.pipe()
        defer { close(childInput) }
        let outputEnd: Int32
        let childOutput: Int32
        do throws(Failure) {
            (outputEnd, childOutput) = try Spawn.pipe()
        } catch {
            close(input)
            throw error
        }
        defer { close(childOutput) }
        do throws(Failure) {
            process = try Spawn.run(command, environment, input: childInput, output: childOutput)
        } catch {
            close(input)
            close(outputEnd)
            throw error
        }
        _ = fcntl(input, F_SETFL, O_NONBLOCK)
        _ = fcntl(outputEnd, F_SETFL, O_NONBLOCK)
        (self.input, self.outputEnd) = (input, outputEnd)
    }

    /// Writes all of `payload` that it takes and reads up to `limit` bytes, until it has exited or `remaining`, in
    /// microseconds, is 0.
    mutating func converse(_ payload: [UInt8], limit: Int, remaining: () -> Int64) -> Ending {
        var rest = payload[...]
        var pause: Int64 = 1
        while true {
            // Before the last reading, so that nothing is missed that it wrote before it exited.
            let hasExited = hasExited
            guard read(limit: limit) else { return .tooMuch }
            if hasExited { return .ended }
            write(&rest)
            let left = remaining()
            guard left > 0 else { return .late }
            wait(milliseconds: Int32(clamping: min(pause, max(1, left / 1000))))
            // Its exit closes the pipe, if nobody else holds it: nearly always that is what wakes us.
            pause = min(pause * 2, 20)
        }
    }

    /// Kills what is left of it and of all that it started in its group, and gives its exit status.
    mutating func end() -> Status {
        // Not reaped yet, it still holds its number: no other group can have it.
        kill(-process, SIGKILL)
        for descriptor in [input, outputEnd] where descriptor >= 0 { close(descriptor) }
        (input, outputEnd) = (-1, -1)
        var status: Int32 = 0
        var reaped: pid_t
        repeat { reaped = unsafe waitpid(process, &status, 0) } while reaped < 0 && errno == EINTR
        guard reaped == process else { return .unknown }
        let signal = status & 0x7f
        return signal == 0 ? .exited(status >> 8 & 0xff) : .killed(signal)
    }

    private var hasExited: Bool {
        var info = unsafe siginfo_t()
        let result = unsafe waitid(P_PID, id_t(process), &info, WEXITED | WNOHANG | WNOWAIT)
        return unsafe result != 0 ? errno != EINTR : info.si_signo == SIGCHLD
    }

    /// False where there is more than `limit`.
    private mutating func read(limit: Int) -> Bool {
        guard outputEnd >= 0 else { return true }
        return unsafe withUnsafeTemporaryAllocation(byteCount: 16_384, alignment: 16) { buffer in
            while true {
                let count = unsafe Glibc.read(outputEnd, buffer.baseAddress, buffer.count)
                if count < 0, errno == EINTR { continue }
                if count < 0, errno == EAGAIN { return true }
                guard count > 0 else {
                    close(outputEnd)
                    outputEnd = -1
                    return true
                }
                guard output.count + count <= limit else { return false }
                unsafe output.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
        }
    }

    private mutating func write(_ rest: inout ArraySlice<UInt8>) {
        while input >= 0 {
            let count =
                rest.isEmpty
                ? 0
                : BrokenPipe.silenced { [input] in
                    unsafe rest.withUnsafeBytes { unsafe Glibc.write(input, $0.baseAddress, $0.count) }
                }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if count < 0, errno == EINTR {
                continue
            } else if count < 0, errno == EAGAIN {
                return
            } else {
                // All is written, or nobody reads it, which is the hook's own choice.
                close(input)
                input = -1
            }
        }
    }

    /// Until one of the pipes is ready, or the time is over; closed ones, being negative, are ignored.
    private func wait(milliseconds: Int32) {
        var ready = [
            pollfd(fd: outputEnd, events: Int16(POLLIN), revents: 0),
            pollfd(fd: input, events: Int16(POLLOUT), revents: 0),
        ]
        _ = unsafe poll(&ready, 2, milliseconds)
    }
}
