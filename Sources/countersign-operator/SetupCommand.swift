internal import ArgumentParser
internal import Glibc
internal import OperatorCommands
internal import S3Authorization
internal import S3Client
internal import UploadService

struct SetupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "setup", abstract: "Put the CORS and lifecycle rules that uploads need on the buckets.",
        discussion: """
            Without --apply it only shows what would change. Rules of others stay; a rule of ours (its ID begins with \
            countersign) is replaced. It needs the rights of whoever administers the buckets, which neither configured key \
            should have: --access-key-id and --secret-access-key-file, else what Amazon's own tools would use (AWS_… in the \
            environment, the shared credentials file, container or instance).

            Exit status: 0 the rules are as they should be, or were put; 1 not so; 78 the configuration is wrong.
            """)

    @Flag(help: "Put the rules, after showing the difference.")
    var apply = false

    @Option(name: .customLong("origin"), help: "One more origin whose pages may upload; may be repeated.")
    var origins: [String] = []

    @Option(help: "Days after which uploads are removed.")
    var days = 1

    @Option(help: "The administrator's access key.")
    var accessKeyId: String?

    @Option(help: "The file with its secret.", completion: .file())
    var secretAccessKeyFile: String?

    @OptionGroup var place: ConfigurationOption

    func validate() throws {
        guard (1...3650).contains(days) else { throw ValidationError("--days is from 1 to 3650") }
        guard (accessKeyId == nil) == (secretAccessKeyFile == nil) else {
            throw ValidationError("--access-key-id and --secret-access-key-file go together")
        }
    }

    func run() throws {
        let desk = try place.desk()
        let origins = try origins.map(Origins.checked)
        let isRight: Bool
        do throws(S3Error) {
            let setup = try BucketSetup(desk, credentials: try credentials(desk), origins: origins, days: days)
            if !setup.knowsOrigins {
                complain("no origin is known, so CORS is left alone; set server.url or give --origin")
            }
            isRight = try carryOut(setup)
        } catch {
            complain("\(error)")
            throw ExitCode.failure
        }
        guard isRight else { throw ExitCode.failure }
    }

    /// Whether all is as it should be in the end.
    private func carryOut(_ setup: BucketSetup) throws(S3Error) -> Bool {
        var isRight = setup.knowsOrigins
        for change in try setup.changes() {
            StandardOutput.write(Array(change.text.utf8))
            guard change.isNeeded else { continue }
            guard apply else {
                isRight = false
                continue
            }
            if try setup.apply(change) {
                StandardOutput.write(Array("\(change.bucket): done".utf8))
            } else {
                complain("\(change.bucket): the store took the rules but does not show them")
                isRight = false
            }
        }
        return isRight
    }

    private func credentials(_ desk: Desk) throws(S3Error) -> any CredentialsProvider {
        if let accessKeyId, let secretAccessKeyFile {
            switch ConfigurationFile.read(secretAccessKeyFile) {
            case .success(let file):
                let secret = Secret(FileCredentials.withoutLineBreak(file.bytes))
                return StaticCredentials(Credentials(accessKeyID: ByteString(accessKeyId), secret: secret))
            case .failure(let failure):
                throw .credentials(.unreadable(path: secretAccessKeyFile, "\(failure)"))
            }
        }
        do {
            return try desk.foundCredentials(ProcessEnvironment.all()) { unsafe access($0, R_OK) == 0 }
        } catch {
            throw .credentials(error)
        }
    }

    private func complain(_ text: String) {
        StandardError.write(Array("countersign: \(text)".utf8))
    }
}
