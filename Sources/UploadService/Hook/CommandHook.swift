internal import Glibc
internal import S3Authorization
package import S3Client

/// A hook that is a program: the payload on its standard input, its verdict by exit status and standard output.
///
/// 0 accepts, and what it prints is a JSON object or nothing; 1 refuses; anything else is no verdict. Its standard error
/// is ours. What it leaves behind in its process group is killed when it ends.
package struct CommandHook: Hook {
    private let command: [String]
    /// Milliseconds.
    private let timeout: Int64
    private let stopwatch: @Sendable () -> Int64

    /// The command's first word is an absolute path.
    package init(
        command: [String], timeout milliseconds: Int64, stopwatch: @escaping @Sendable () -> Int64
    ) {
        self.command = command
        self.timeout = milliseconds
        self.stopwatch = stopwatch
        // Whoever started us may have had it ignored, and then exit statuses are lost.
        _ = signal(SIGCHLD, SIG_DFL)
    }

    package func call(_ event: HookEvent, until deadline: Deadline) -> HookVerdict {
        guard let payload = event.payload else {
            return .undecided("the event cannot be sent: its id or time is not valid")
        }
        let deadline = min(deadline, Deadline(milliseconds: timeout, after: stopwatch()))
        guard deadline.remaining(at: stopwatch()) > 0 else { return .undecided("there is no time left for the hook") }
        let environment = [
            "PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8", "COUNTERSIGN_WEBHOOK_ID=\(event.id)",
        ]
        do throws(ChildProcess.Failure) {
            var child = try ChildProcess(command, environment: environment)
            let ending = child.converse(payload, limit: HookAnswer.limit) { [stopwatch] in
                deadline.remaining(at: stopwatch())
            }
            return Self.verdict(child.end(), ending, child.output)
        } catch {
            return .undecided("the hook cannot be started: \(error.step): error \(error.code)")
        }
    }

    package func isThere(until deadline: Deadline) -> Bool {
        command.first.map { unsafe access($0, X_OK) == 0 } ?? false
    }

    private static func verdict(
        _ status: ChildProcess.Status, _ ending: ChildProcess.Ending, _ output: [UInt8]
    ) -> HookVerdict {
        switch (ending, status) {
        case (.late, _): .undecided("the hook did not end in time and was killed")
        case (.tooMuch, _): .undecided("the hook printed more than \(HookAnswer.limit) bytes and was killed")
        case (.ended, .exited(0)): HookAnswer.accepted(output)
        case (.ended, .exited(1)): HookAnswer.refused(output)
        case (.ended, .exited(let code)): .undecided("the hook exited with \(code)")
        case (.ended, .killed(let signal)): .undecided("the hook was ended by signal \(signal)")
        case (.ended, .unknown): .undecided("the hook's exit status is not known")
        }
    }
}
