internal import Synchronization

/// How much a line of the log matters, by the numbers of RFC 5424, section 6.2.1.
///
/// <https://www.rfc-editor.org/rfc/rfc5424#section-6.2.1>
package enum Severity: String, Sendable, CaseIterable {
    case error, warning, info, debug

    var number: Int {
        switch self {
        case .error: 3
        case .warning: 4
        case .info: 6
        case .debug: 7
        }
    }

    var word: StaticString {
        switch self {
        case .error: "error"
        case .warning: "warning"
        case .info: "info"
        case .debug: "debug"
        }
    }
}

/// How lines of the log are written, and which; a reload may change it while others write.
package final class LogStyle: Sendable {
    package enum Format: String, Sendable, CaseIterable { case logfmt, json }

    /// What whoever reads our standard error adds by itself.
    package enum Destination: Sendable {
        /// Time and all: a web server's error log.
        case stamped
        /// The time; it reads the severity from `<N>` before a line. <https://www.freedesktop.org/software/systemd/man/latest/sd-daemon.html>
        case journal
        /// Nothing: a file, a terminal, a container.
        case plain
    }

    package let destination: Destination
    private let json: Atomic<Bool>
    private let level: Atomic<Int>

    package init(_ destination: Destination = .stamped, format: Format = .logfmt, level: Severity = .info) {
        self.destination = destination
        json = Atomic(format == .json)
        self.level = Atomic(level.number)
    }

    package func adopt(_ log: Configuration.Log) {
        json.store(log.format == .json, ordering: .relaxed)
        level.store(log.level.number, ordering: .relaxed)
    }

    var isJSON: Bool { json.load(ordering: .relaxed) }

    func wants(_ severity: Severity) -> Bool { severity.number <= level.load(ordering: .relaxed) }
}

extension Surroundings {
    /// Writes a line, where lines of this severity are wanted.
    func note(_ severity: Severity, _ fill: (inout LogLine) -> Void) {
        guard style.wants(severity) else { return }
        var line = LogLine(style, severity, milliseconds: now())
        fill(&line)
        line.end(log)
    }
}
