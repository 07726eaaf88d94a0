internal import ArgumentParser
internal import Glibc
internal import OperatorCommands
internal import UploadService

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Try everything out with real traffic, and say what is wrong and how to "
            + "mend it.",
        discussion: """
            It does what a user's browser and the running program do: signs forms and URLs, uploads a few bytes under \
            countersign-doctor/, tries what must be refused, asks S3 as pages of each origin would, copies, and opens an \
            upload in parts. It removes what it made, or says what is left. With --url it visits the site through its web \
            server too; with a login it uploads as that user.

                countersign doctor --url https://www.example.org/upload --user frodo --password-file /root/frodo

            Exit status: 0 nothing failed (warnings may be), 1 something failed, 78 the configuration is wrong.
            """)

    @Option(help: "The site's upload desk, with its mount: https://www.example.org/upload.")
    var url: String?

    @Option(help: "A user of the site, to log in with HTTP Basic.")
    var user: String?

    @Option(help: "Their password; visible to other users of this machine.")
    var password: String?

    @Option(help: "The file with their password.", completion: .file())
    var passwordFile: String?

    @Option(help: "A Cookie header that logs in, as 'session=…'.")
    var cookie: String?

    @Option(name: .customLong("header"), help: "A header that logs in, as 'Authorization: Bearer …'; may be repeated.")
    var headers: [String] = []

    @Option(name: .customLong("origin"), help: "One more origin whose pages upload; may be repeated.")
    var origins: [String] = []

    @OptionGroup var common: CommonOptions

    func validate() throws {
        for header in headers where !header.utf8.contains(UInt8(ascii: ":")) {
            throw ValidationError("--header wants 'Name: value', not '\(header)'")
        }
        if let url, !url.hasPrefix("http://"), !url.hasPrefix("https://") {
            throw ValidationError("--url wants for example https://www.example.org/upload, not '\(url)'")
        }
        if password != nil || passwordFile != nil, user == nil { throw ValidationError("a password needs --user") }
        if password != nil, passwordFile != nil { throw ValidationError("--password or --password-file, not both") }
    }

    func run() throws {
        let desk = try common.desk()
        var choices = Doctor.Choices()
        choices.origins = try origins.map(Origins.checked)
        choices.site = url
        choices.user = user
        choices.password = try password ?? passwordFile.map(Self.password)
        choices.cookie = cookie
        choices.headers = headers
        let watched = isatty(2) == 1 && !common.json
        let isJSON = common.json
        let diagnosis = Doctor(desk, choices).examine(
            report: { finding in
                if watched { Progress.clear() }
                if !isJSON { StandardOutput.write(Array(finding.text.utf8)) }
            }, progress: { what in if watched { Progress.show(what) } })
        if watched { Progress.clear() }
        common.say("\n\(diagnosis.summary)", json: diagnosis.json)
        guard diagnosis.isHealthy else { throw ExitCode.failure }
    }

    private static func password(_ file: String) throws -> String {
        do {
            let line = try InputFile.read(file).prefix { $0 != 0x0a && $0 != 0x0d }
            return String(decoding: line, as: UTF8.self)
        } catch {
            throw ValidationError("\(file): \(error)")
        }
    }
}

/// One line on a terminal that is written over again and again.
enum Progress {
    static func show(_ what: String) { write("\r\u{1B}[K… \(what)") }
    static func clear() { write("\r\u{1B}[K") }

    private static func write(_ text: String) {
        let bytes = Array(text.utf8)
        _ = unsafe Glibc.write(2, bytes, bytes.count)
    }
}
