internal import ArgumentParser
internal import Glibc
internal import OperatorCommands
internal import S3Authorization
internal import UploadService

struct SweepCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sweep", abstract: "Find uploads whose completion never came, and complete or delete them.",
        discussion: """
            Without an option it only lists them. It may run beside the site and as often as you like: what is complete \
            is left alone, and nothing is completed twice.

            The storage key does all of it. It needs s3:ListBucket and s3:GetObject on the uploads bucket, s3:DeleteObject \
            for --delete, s3:ListBucketMultipartUploads and s3:AbortMultipartUpload for --abort-multipart: `countersign \
            print iam --sweep` writes them.

            Exit status: 0 all was done (refused uploads among it), 1 something failed, 78 the configuration is wrong.
            """)

    @Flag(help: "Complete them, by the very steps of file_uploaded.")
    var complete = false

    @Flag(help: "Delete them.")
    var delete = false

    @Flag(help: "Give up uploads in parts that were begun long ago, and longer ago than a ticket is good.")
    var abortMultipart = false

    @Option(help: "How old an upload must be: 90s, 30m, 12h, 1d.")
    var olderThan = "1d"

    @Option(help: "Only keys that begin so, as frodo/.")
    var prefix = ""

    @Option(help: "The profile whose rules hold; else that of [events], else [rules].")
    var profile: String?

    @Option(help: "How many uploads are looked at at once.")
    var parallel = 8

    @Option(help: .hidden)
    var pageLength = 1000

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard Age(olderThan) != nil else {
            throw ValidationError("--older-than wants for example 1d, not '\(olderThan)'")
        }
        guard !complete || !delete else { throw ValidationError("--complete or --delete, not both") }
        guard (1...1000).contains(pageLength) else { throw ValidationError("--page-length is from 1 to 1000") }
        guard (1...64).contains(parallel) else { throw ValidationError("--parallel is from 1 to 64") }
    }

    func run() throws {
        let desk = try common.desk()
        var choices = Sweep.Choices()
        choices.action = complete ? .complete : delete ? .delete : .list
        choices.abortsMultipart = abortMultipart
        if let age = Age(olderThan) { choices.olderThan = age }
        choices.prefix = ByteString(prefix)
        choices.profile = profile.map { ByteString($0) }
        choices.width = parallel
        choices.pageLength = pageLength
        let sweep: Sweep
        do throws(Sweep.Failure) {
            sweep = try Sweep(desk, choices)
        } catch {
            StandardError.write(Array("countersign: \(error)".utf8))
            throw ExitCode.configuration
        }
        let tally = sweep.run(listener)
        if isWatched { Progress.clear() }
        for problem in tally.problems { StandardError.write(Array("countersign: \(problem)".utf8)) }
        let isDry = choices.action == .list && !abortMultipart
        common.say(tally.text + (isDry ? "; nothing was changed" : ""), json: tally.json(isDry: isDry))
        guard tally.isClean else { throw ExitCode.failure }
    }

    private var isWatched: Bool { isatty(2) == 1 && !common.json }

    private var listener: Sweep.Listener {
        let (isWatched, isJSON) = (isWatched, common.json)
        return Sweep.Listener(
            line: { fate, key, why in
                if isWatched { Progress.clear() }
                guard !isJSON else { return }
                StandardOutput.write(Array("\(fate.rawValue)  \(key.shown)  \(why)".utf8))
            },
            progress: { tally in
                if isWatched { Progress.show("\(tally.examined) examined, \(tally[.waiting]) waiting") }
            })
    }
}
