internal import ArgumentParser
internal import OperatorCommands
internal import UploadService

extension Paper: ExpressibleByArgument {}
extension Side: ExpressibleByArgument {}

struct PrintCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "print", abstract: "Write what else must be configured, made from the one configuration.",
        discussion: """
            iam            what the two keys must be able to do, and nothing else; with --sweep, what countersign sweep
                           --delete --abort-multipart needs as well
            bucket-policy  what the buckets refuse, whoever asks
            cors           who may upload from a page (JSON as the AWS CLI takes it; XML with --xml)
            lifecycle      what clears the buckets up by themselves (the same)
            csp            directives for the Content-Security-Policy of a page that uploads
            nginx, apache  the site's own part of the web server's configuration
            systemd        a socket and a sandboxed service
            fineuploader   the options of Fine Uploader
            uppy           the same for Uppy's @uppy/aws-s3

                countersign print cors > cors.json
                aws s3api put-bucket-cors --bucket example-uploads --cors-configuration file://cors.json
            """)

    @Argument(help: "What to write.")
    var paper: Paper

    @Option(name: .customLong("bucket"), help: "Only that of one bucket or its key (iam, bucket-policy, lifecycle).")
    var side: Side?

    @Option(name: .customLong("origin"), help: "One more origin whose pages may upload (cors); may be repeated.")
    var origins: [String] = []

    @Option(help: "Days after which uploads are removed (lifecycle).")
    var days = 1

    @Flag(help: "Let the storage key sweep the uploads bucket too (iam).")
    var sweep = false

    @Flag(help: "XML instead of JSON (cors, lifecycle).")
    var xml = false

    @Option(help: "Where the program listens (nginx, apache, systemd).")
    var socket = "/run/countersign/countersign.sock"

    @OptionGroup var place: ConfigurationOption

    func validate() throws {
        guard (1...3650).contains(days) else { throw ValidationError("--days is from 1 to 3650") }
        guard !sweep || paper == .iam && side != .uploads else {
            throw ValidationError("--sweep is about iam, and about the key of the storage bucket")
        }
    }

    func run() throws {
        let desk = try place.desk()
        var choices = Printer.Choices()
        choices.side = side
        choices.origins = try origins.map(Origins.checked)
        choices.days = days
        choices.sweeps = sweep
        choices.isXML = xml
        choices.socket = socket
        choices.configurationFile = place.file ?? choices.configurationFile
        do throws(PaperError) {
            StandardOutput.write(Array(try Printer(desk, choices).print(paper).utf8))
        } catch {
            StandardError.write(Array("countersign: \(error)".utf8))
            throw ExitCode.failure
        }
    }
}

enum Origins {
    /// An origin of the command line, as browsers spell it.
    static func checked(_ text: String) throws -> String {
        guard let origin = CORSRules.origin(text) else {
            throw ValidationError("--origin wants for example https://www.example.org, not '\(text)'")
        }
        return origin
    }
}
