internal import ArgumentParser
internal import OperatorCommands
internal import S3Authorization
internal import UploadService

struct CompleteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "complete", abstract: "Complete uploads as POST file_uploaded does.",
        discussion: """
            Each upload is verified, copied once to the storage bucket and told to the site, or was so before: it may run \
            beside the site and as often as you like. A - among the keys stands for those on standard input, one a line. One \
            line is printed for each: completed, refused or unfinished, the key, and where it is stored or why not.

                countersign complete --user frodo frodo/2f1c.jpg

            Who the user is says --user, which is believed as the web server's REMOTE_USER is. Run it as the user that \
            Countersign runs as, or as root, where the configuration has hook.spool.

            Exit status: 0 all are complete, 75 some are not, but may be in a moment: run it again; 1 the others were \
            refused, and will be; 78 the configuration is wrong.
            """)

    @Option(help: "Whose uploads they are; the name as the web server would pass it.")
    var user: String

    @Option(help: "The profile whose rules hold; else [rules].")
    var profile: String?

    @Option(help: "The ETag that the upload must have (with one key).")
    var etag: String?

    @Option(help: "The file's name; else what the uploader called it (with one key).")
    var name: String?

    @Argument(help: "The keys of the uploads; - reads them from standard input.")
    var keys: [String]

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard etag == nil && name == nil || keys.count == 1 && keys != ["-"] else {
            throw ValidationError("--etag and --name are for one key")
        }
    }

    func run() throws {
        let desk = try common.desk()
        let shell = try desk.shell(user, profile)
        let completion: ShellCompletion
        do throws(Shell.Failure) {
            completion = try ShellCompletion(shell)
        } catch {
            StandardError.write(Array("countersign: \(error)".utf8))
            throw ExitCode.configuration
        }
        var fates: Set<ShellCompletion.Fate> = []
        for key in keys {
            guard key == "-" else {
                fates.insert(complete(ByteString(key), completion))
                continue
            }
            var lines = InputLines()
            while let line = try next(&lines) { fates.insert(complete(ByteString(line), completion)) }
        }
        if fates.contains(.unfinished) { throw ExitCode.temporary }
        if fates.contains(.refused) { throw ExitCode.failure }
    }

    private func complete(_ key: ByteString, _ completion: ShellCompletion) -> ShellCompletion.Fate {
        let outcome = completion.run(key, etag: etag, name: name)
        StandardOutput.write(common.json ? outcome.json : outcome.text)
        return outcome.fate
    }

    private func next(_ lines: inout InputLines) throws -> [UInt8]? {
        do throws(ConfigurationFile.Failure) {
            return try lines.next()
        } catch {
            StandardError.write(Array("countersign: standard input: \(error)".utf8))
            throw ExitCode.data
        }
    }
}
