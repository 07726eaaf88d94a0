internal import ArgumentParser
internal import OperatorCommands
internal import UploadService

struct SpoolCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "spool", abstract: "Look after the calls to the site that wait because it was down.",
        discussion: """
            With hook.when_down = "accept" an upload is accepted while the site's hook gives no verdict, and the call waits \
            in the folder hook.spool. A running `countersign serve` delivers it; where Countersign runs as a CGI program, \
            `countersign spool deliver` does, every minute from cron. Run these commands as the user that Countersign runs \
            as, or as root.
            """,
        subcommands: [Deliver.self, List.self, Show.self, Retry.self, Drop.self])

    struct Deliver: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Call the site with everything that is due, once.",
            discussion: "Exit status: 0 nothing was refused or given up, 1 something was, or the spool cannot be used.")

        @OptionGroup var common: CommonOptions

        func run() throws {
            let (desk, _) = try common.spool()
            let round = try Spool.attempt { () throws(SpoolError) in try desk.deliverWaiting() }
            let deliveries = round.deliveries
            // Nothing to do, nothing to say: cron mails every word.
            if common.json || !deliveries.isEmpty {
                common.say(SpoolText.deliveries(deliveries), json: SpoolText.deliveries(deliveries))
            }
            if let problem = round.problem { throw Spool.failure("\(problem)") }
            guard deliveries.allSatisfy({ $0.outcome == .delivered || $0.outcome == .postponed }) else {
                throw ExitCode.failure
            }
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List what waits and what is dead, and why.")

        @OptionGroup var common: CommonOptions

        func run() throws {
            let (_, outbox) = try common.spool()
            let entries = try Spool.attempt { () throws(SpoolError) in try outbox.entries() }
            common.say(SpoolText.list(entries), json: SpoolText.list(entries))
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print one call whole, as JSON.")

        @Argument(help: "Its webhook-id.")
        var id: String

        @OptionGroup var common: CommonOptions

        func run() throws {
            let (_, outbox) = try common.spool()
            let entry = try Spool.attempt { () throws(SpoolError) in try outbox.entry(id) }
            guard let entry else { throw Spool.failure("there is no \(id)") }
            StandardOutput.write(SpoolText.show(entry))
        }
    }

    struct Retry: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make calls due now; dead ones wait again, as if just accepted.")

        @Argument(help: "Their webhook-ids.")
        var ids: [String] = []

        @Flag(help: "All of them.")
        var all = false

        @OptionGroup var common: CommonOptions

        func validate() throws {
            guard ids.isEmpty == all else { throw ValidationError("give webhook-ids, or --all") }
        }

        func run() throws {
            let (desk, outbox) = try common.spool()
            let ids = all ? try Spool.attempt { () throws(SpoolError) in try outbox.entries() }.map(\.id) : ids
            try Spool.change(ids) { id throws(SpoolError) in try desk.retry(id) }
        }
    }

    struct Drop: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Forget calls: the site is never told of these uploads.")

        @Argument(help: "Their webhook-ids.")
        var ids: [String]

        @OptionGroup var common: CommonOptions

        func run() throws {
            let (_, outbox) = try common.spool()
            try Spool.change(ids) { id throws(SpoolError) in try outbox.drop(id) }
        }
    }
}

extension CommonOptions {
    fileprivate func spool() throws -> (Desk, Outbox) {
        let desk = try desk()
        guard let outbox = desk.outbox else {
            StandardError.write(Array("countersign: the configuration has no hook.spool".utf8))
            throw ExitCode.configuration
        }
        return (desk, outbox)
    }
}

private enum Spool {
    static func attempt<Value>(_ body: () throws(SpoolError) -> Value) throws -> Value {
        do throws(SpoolError) {
            return try body()
        } catch {
            throw failure("\(error)")
        }
    }

    /// The same to each; fails where it could not be done to all.
    static func change(_ ids: [String], _ body: (String) throws(SpoolError) -> Outbox.Change) throws {
        var isDone = true
        for id in ids {
            switch try attempt({ () throws(SpoolError) in try body(id) }) {
            case .done: continue
            case .missing: _ = failure("there is no \(id)")
            case .busy: _ = failure("\(id) is being delivered at this moment; try again")
            case .unreadable: _ = failure("\(id) is no record of a call; it can only be dropped")
            }
            isDone = false
        }
        guard isDone else { throw ExitCode.failure }
    }

    static func failure(_ text: String) -> ExitCode {
        StandardError.write(Array("countersign: \(text)".utf8))
        return .failure
    }
}
