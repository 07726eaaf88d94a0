internal import CSpawn
internal import Glibc

/// `posix_spawn` with nothing of ours but standard error: no descriptors, no environment, no signal dispositions.
///
/// <https://man7.org/linux/man-pages/man3/posix_spawn.3.html>
enum Spawn {
    static func run(
        _ command: [String], _ environment: [String], input: Int32, output: Int32
    ) throws(ChildProcess.Failure) -> pid_t {
        guard let program = command.first else { throw ChildProcess.Failure(step: "command", code: ENOENT) }
        var process: pid_t = 0
        let code = unsafe withVector(command) { arguments in
            unsafe withVector(environment) { variables in
                unsafe countersign_spawn(&process, program, arguments, variables, input, output)
            }
        }
        guard code == 0 else { throw ChildProcess.Failure(step: program, code: code) }
        return process
    }

    /// Closed on exec, and above the three standard descriptors, whichever of those we were started without.
    static func pipe() throws(ChildProcess.Failure) -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        let code = unsafe countersign_pipe(&ends)
        guard code == 0 else { throw ChildProcess.Failure(step: "pipe", code: code) }
        return (ends[0], ends[1])
    }

    /// Lends the texts as a C vector with a null pointer at its end.
    private static func withVector(
        _ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Int32
    ) -> Int32 {
        var copies = unsafe texts.map { unsafe strdup($0) }
        unsafe copies.append(nil)
        defer { unsafe copies.forEach { unsafe free($0) } }
        return unsafe copies.withUnsafeBufferPointer { vector in
            guard let start = vector.baseAddress else { return EINVAL }
            return unsafe body(start)
        }
    }
}
