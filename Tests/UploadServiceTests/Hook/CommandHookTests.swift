import Foundation
import Glibc
import S3Authorization
import S3Client
import Testing

@testable import UploadService

@Suite(.serialized) struct CommandHookTests {
    private func run(
        _ script: String, _ arguments: [String] = [], timeout: Int64 = 40_000, data: ByteString = #"{"key":"frodo/1"}"#
    ) -> (verdict: HookVerdict, milliseconds: Int64) {
        call(["/bin/sh", "-c", script, "hook"] + arguments, timeout: timeout, data: data)
    }

    private func call(
        _ command: [String], timeout: Int64 = 40_000, data: ByteString = "{}"
    ) -> (verdict: HookVerdict, milliseconds: Int64) {
        let hook = CommandHook(command: command, timeout: timeout, stopwatch: realStopwatch)
        let start = realStopwatch()
        let verdict = hook.call(.make(data: data), until: .within(milliseconds: 50_000))
        return (verdict, (realStopwatch() - start) / 1000)
    }

    @Test func itGetsThePayloadAndItsAnswerIsTaken() {
        let (verdict, _) = run(#"printf '{"got": %s, "argument": "%s"}' "$(cat)" "$1""#, ["a b;$(id)"])
        let payload = #"{"type":"upload.completed","timestamp":"2026-11-22T12:34:56Z","data":{"key":"frodo/1"}}"#
        #expect(verdict.members == ["got": payload, "argument": "\"a b;$(id)\""])
    }

    @Test(arguments: [("/bin/sh", true), ("/etc/passwd", false), ("/nowhere/hook", false)])
    func isThere(program: String, expected: Bool) {
        let hook = CommandHook(command: [program], timeout: 1000, stopwatch: realStopwatch)
        #expect(hook.isThere(until: .within(milliseconds: 1000)) == expected)
    }

    @Test func itsEnvironmentIsClean() {
        let (verdict, _) = call([
            "/usr/bin/env", "-u", "PATH", "/bin/sh", "-c",
            #"cat >/dev/null; printf '{"e": "%s"}' "$(/usr/bin/env | /usr/bin/sort | /usr/bin/tr '\n' ' ')""#,
        ])
        let expected = "COUNTERSIGN_WEBHOOK_ID=msg_2KWPBgLlAfxdpx2AI54pPJ85f4W LANG=C.UTF-8 "
        #expect(verdict.members?["e"]?.hasPrefix("\"" + expected) == true)
        #expect(verdict.members?["e"]?.contains("HOME") == false)
        #expect(
            run(#"printf '"'; [ "$PATH" = /usr/local/bin:/usr/bin:/bin ] && exit 3"#).verdict
                == .undecided("the hook exited with 3"))
    }

    @Test func itHasNoDescriptorsOfOursAndItsOwnGroup() throws {
        // High, where no shell has descriptors of its own.
        let leak = fcntl(2, F_DUPFD, 300)
        try #require(leak >= 300)
        defer { close(leak) }
        #expect(run("[ -e /proc/$$/fd/\(leak) ]; exit $((3 + $?))").verdict == .undecided("the hook exited with 4"))
        #expect(run("[ -e /proc/$$/fd/2 ]; exit $((3 + $?))").verdict == .undecided("the hook exited with 3"))
        #expect(run(#"printf '{"pwd": "%s"}' "$(pwd)""#).verdict.members == ["pwd": "\"/\""])
        #expect(
            run(#"[ "$(ps -o pgid= -p $$ | tr -d ' ')" = $$ ]; exit $((3 + $?))"#).verdict
                == .undecided("the hook exited with 3"))
    }

    @Test func noSignalIsBlockedOrIgnored() throws {
        _ = signal(SIGPIPE, SIG_IGN)
        let (verdict, _) = run(#"printf '{"s": "%s"}' "$(grep -E '^Sig(Blk|Ign)' /proc/$$/status | tr -d '\n\t')""#)
        let text = try #require(verdict.members?["s"])
        #expect(text.hasPrefix("\"SigBlk:0000000000000000SigIgn:"))
        // 32 and 33 are glibc's own, and it has them ignored in what it spawns.
        let ignored = try #require(UInt64(text.dropLast().suffix(16), radix: 16))
        #expect(ignored & 0x7fff_ffff == 0)
    }

    @Test(arguments: [
        ("exit 0", HookVerdict.accepted([])), ("echo '{}'", .accepted([])),
        ("exit 1", .refused("The upload was refused")),
        (#"echo '{"error": "No room"}'; exit 1"#, .refused("No room")),
        ("echo no; exit 1", .refused("The upload was refused")),
        ("exit 2", .undecided("the hook exited with 2")), ("exit 75", .undecided("the hook exited with 75")),
        ("exit 127", .undecided("the hook exited with 127")),
        ("kill -TERM $$", .undecided("the hook was ended by signal 15")),
        ("kill -PIPE $$", .undecided("the hook was ended by signal 13")),
    ])
    func exitStatus(script: String, verdict: HookVerdict) {
        #expect(run(script).verdict == verdict)
    }

    /// As a server that starts CGI programs may leave it.
    @Test func ignoredChildrenAreStillHeardOf() {
        _ = signal(SIGCHLD, SIG_IGN)
        #expect(run("exit 1").verdict == .refused("The upload was refused"))
    }

    @Test func yesWithSomethingElseIsNoVerdict() {
        #expect(run("echo ok").verdict.reason?.contains("is no JSON object") == true)
    }

    @Test func itCannotBeStarted() {
        #expect(
            call(["/no/such/program"]).verdict == .undecided("the hook cannot be started: /no/such/program: error 2"))
        #expect(call(["/etc/passwd"]).verdict == .undecided("the hook cannot be started: /etc/passwd: error 13"))
    }

    @Test(arguments: ["sleep 60", "exec sleep 60", "trap '' TERM HUP INT; sleep 60", "exec <&- >&-; sleep 60"])
    func itIsKilledAtTheDeadline(script: String) {
        let (verdict, length) = run(script, timeout: 300)
        #expect(verdict == .undecided("the hook did not end in time and was killed"))
        #expect((300..<30_000).contains(length))
    }

    @Test func theRequestsDeadlineCountsToo() {
        let hook = CommandHook(command: ["/bin/sleep", "60"], timeout: 60_000, stopwatch: realStopwatch)
        let start = realStopwatch()
        #expect(hook.call(.make(), until: .within(milliseconds: 200)).reason?.contains("in time") == true)
        #expect(realStopwatch() - start < 30_000_000)
        #expect(
            hook.call(.make(), until: Deadline(microseconds: 0)) == .undecided("there is no time left for the hook"))
    }

    @Test func aGigabyteIsCutShort() {
        let (verdict, length) = run("head -c 1073741824 /dev/zero; sleep 60")
        #expect(verdict == .undecided("the hook printed more than 65536 bytes and was killed"))
        #expect(length < 30_000)
    }

    @Test func theLargestAnswerIsRead() {
        #expect(run(#"printf '{"a": "%065527d"}' 0"#).verdict.members?["a"]?.utf8.count == 65_529)
        #expect(run(#"printf '{"a": "%065528d"}' 0"#).verdict.reason?.contains("more than 65536") == true)
    }

    /// More than a pipe holds, both ways.
    @Test func bothDirectionsAtOnce() throws {
        let data = ByteString("{\"a\":\"\(String(repeating: "x", count: 400_000))\"}")
        #expect(
            run("head -c 5 >/dev/null; wc -c | tr -d '\\n'; exit 9", data: data).verdict
                == .undecided("the hook exited with 9"))
        let payload = try #require(HookEvent.make(data: data).payload)
        let (verdict, _) = run(#"n=$(wc -c); printf '{"n": %d}' "$n""#, data: data)
        #expect(verdict.members == ["n": String(payload.count)])
    }

    @Test(arguments: ["exec <&-; echo '{}'", "echo '{}'", "head -c 1 >/dev/null; echo '{}'"])
    func itNeedNotRead(script: String) {
        _ = signal(SIGPIPE, SIG_DFL)
        defer { _ = signal(SIGPIPE, SIG_IGN) }
        let data = ByteString("{\"a\":\"\(String(repeating: "x", count: 400_000))\"}")
        #expect(run(script, data: data).verdict == .accepted([]))
    }

    /// What it leaves running neither holds us up nor outlives it.
    @Test(arguments: ["sleep MARK & sleep 0.2; echo '{}'", "(sleep MARK; echo late) & sleep 60"])
    func itsChildrenEndWithIt(script: String) throws {
        let mark = "77.\(realStopwatch() % 1_000_000_000)"
        // First what runs is seen, or not to be seen afterwards would mean nothing.
        var control = try ChildProcess(["/bin/sleep", mark], environment: [])
        let isSeen = Self.waits { Self.isRunning(mark) }
        _ = control.end()
        #expect(isSeen)
        #expect(Self.waits { !Self.isRunning(mark) })
        let (_, length) = run(script.replacing("MARK", with: mark), timeout: 500)
        #expect(length < 30_000)
        #expect(Self.waits { !Self.isRunning(mark) })
    }

    /// Whether it holds within twenty seconds: the kernel takes a moment to start and to end a process.
    private static func waits(until condition: () -> Bool) -> Bool {
        for _ in 0..<1000 {
            if condition() { return true }
            usleep(20_000)
        }
        return condition()
    }

    /// Whether any process has this in its arguments.
    private static func isRunning(_ mark: String) -> Bool {
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return processes.contains { name in Int(name) != nil && arguments(name).contains(mark) }
    }

    /// Not by Foundation, which forgets to free what it read of a process that ends meanwhile.
    private static func arguments(_ process: String) -> String {
        let file = unsafe open("/proc/\(process)/cmdline", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe read(file, $0.baseAddress, $0.count) }
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }

    @Test func nothingIsLeftBehind() throws {
        // Other tests run beside this one and have descriptors of their own, but few pipes.
        func pipes() -> Int {
            (0..<4096).count { descriptor in
                var status = stat()
                return unsafe fstat(Int32(descriptor), &status) == 0 && status.st_mode & S_IFMT == S_IFIFO
            }
        }
        _ = run("exit 0")
        let before = pipes()
        for _ in 0..<20 { _ = run("exit 0") }
        // Killed with both pipes open: it reads nothing, and prints more than it may.
        let data = ByteString("{\"a\":\"\(String(repeating: "x", count: 400_000))\"}")
        for _ in 0..<20 { _ = run("head -c 70000 /dev/zero; sleep 60", data: data) }
        _ = call(["/no/such/program"])
        #expect(pipes() < before + 15)
        // Looked at, not reaped: no child that has ended waits for us. Others' children may still run, a sanitizer's
        // symbolizer among them, and the one other test that starts a program reaps it at once.
        var isClean = false
        for _ in 0..<400 where !isClean {
            var info = unsafe siginfo_t()
            let status = unsafe waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT)
            isClean = status == 0 ? unsafe info.si_signo == 0 : errno == ECHILD
            if !isClean { usleep(50_000) }
        }
        #expect(isClean)
    }
}
