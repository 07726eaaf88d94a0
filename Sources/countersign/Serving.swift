internal import FastCGI
internal import Glibc
internal import UploadService

/// `countersign serve`: answers requests from wherever the program was started to get them.
struct Serving {
    let configurationFile: String?

    func run(listen: String?) -> ExitStatus {
        do {
            let launch = try Launch.detect(listen: listen, environment: .ofProcess)
            if case .none = launch {
                Terminal.complain("nobody said where requests come from\n\n\(Usage.text)")
                return .usage
            }
            let loaded = try Checking(configurationFile: configurationFile).load()
            let site = try Site(loaded.configuration, .real)
            let dispatcher = Dispatcher(site: site, surroundings: .real)
            switch launch {
            case .cgi: return answerOnce(dispatcher, loaded.configuration)
            case .listen(let listener):
                try loaded.configuration.loadInspector(of: site)
                for warning in loaded.warnings {
                    Terminal.complain("warning: \(warning)")
                }
                return try serve(listener, dispatcher, loaded.configuration)
            case .none: return .usage
            }
        } catch {
            Terminal.complain("\(error)")
            return error is ConfigurationError ? .configuration : .failure
        }
    }

    private func serve(
        _ listener: Listener, _ dispatcher: Dispatcher, _ configuration: Configuration
    ) throws(ListenerError) -> ExitStatus {
        let responder = try Responder(
            workers: configuration.server.workers, limits: limits(configuration), trusted: trusted(configuration),
            handler: { dispatcher.respond(to: $0) }, refusal: { dispatcher.respond(to: $0, $1) },
            event: { dispatcher.log("\($0)") })
        let drain = try responder.run(listener)
        guard case .complete = drain else {
            Terminal.complain("the time to drain was over: \(drain)")
            return .failure
        }
        return .success
    }

    private func answerOnce(_ dispatcher: Dispatcher, _ configuration: Configuration) -> ExitStatus {
        let isAnswered = CGI.serve(
            limits: limits(configuration), trusted: trusted(configuration), handler: { dispatcher.respond(to: $0) },
            refusal: { dispatcher.respond(to: $0, $1) })
        return isAnswered ? .success : .failure
    }

    private func limits(_ configuration: Configuration) -> Limits {
        var limits = Limits()
        limits.body = configuration.bodyLimit
        limits.grace = .seconds(configuration.server.grace)
        return limits
    }

    private func trusted(_ configuration: Configuration) -> [String] {
        Responder.trustedParameters + [configuration.identity.parameter, "COUNTERSIGN_PROFILE", "HTTP_COOKIE"]
    }
}

extension Surroundings {
    static var real: Surroundings {
        Surroundings(
            now: { clock(CLOCK_REALTIME, unit: 1_000_000) }, stopwatch: { clock(CLOCK_MONOTONIC, unit: 1000) },
            random: { count in
                var generator = SystemRandomNumberGenerator()
                let words = (0..<(count + 7) / 8).map { _ in generator.next() as UInt64 }
                return (0..<count).map { UInt8(truncatingIfNeeded: words[$0 / 8] >> UInt64($0 % 8 * 8)) }
            },
            log: { StandardError.write($0) })
    }

    /// Nanoseconds of a clock, in units of so many.
    private static func clock(_ id: clockid_t, unit: Int64) -> Int64 {
        var time = timespec()
        _ = unsafe clock_gettime(id, &time)
        return (Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)) / unit
    }
}
