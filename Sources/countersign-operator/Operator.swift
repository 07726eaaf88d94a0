internal import ArgumentParser
internal import Glibc
internal import UploadService

/// The operator's commands; `countersign` becomes this program for each of them.
@main
struct Operator: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "countersign",
        abstract: "The upload desk of a website: signs uploads to S3, and completes them.",
        discussion: """
            `countersign serve` answers the web server and `countersign check` reads the configuration; the commands here \
            are for whoever runs the site.
            """,
        subcommands: [
            ServeCommand.self, CheckCommand.self, DoctorCommand.self, ExplainCommand.self, PrintCommand.self,
            SetupCommand.self, SignCommand.self, CompleteCommand.self, SpoolCommand.self, SweepCommand.self,
        ],
        helpNames: [.short, .long])

    /// libcurl writes on connections that may be closed.
    static func main() {
        signal(SIGPIPE, SIG_IGN)
        guard let words = ProcessArguments.all() else { exit(withError: ValidationError("an argument is not UTF-8")) }
        main(words)
    }
}

/// What all commands have in common.
struct ConfigurationOption: ParsableArguments {
    @Option(
        name: .customLong("config"),
        help: "The configuration; else COUNTERSIGN_CONFIG's, else /etc/countersign/countersign.toml.",
        completion: .file(extensions: ["toml"]))
    var file: String?
}

/// What those have in common that speak to people and to programs.
struct CommonOptions: ParsableArguments {
    @OptionGroup var place: ConfigurationOption

    @Flag(help: "Print one JSON object, for programs.")
    var json = false
}

/// How the program ends, beside 0 and 1; sysexits.h has the numbers.
extension ExitCode {
    /// What was given cannot be read: EX_DATAERR.
    static let data = ExitCode(65)
    /// Another try may end better: EX_TEMPFAIL.
    static let temporary = ExitCode(75)
    /// The configuration is wrong: EX_CONFIG.
    static let configuration = ExitCode(78)
}
