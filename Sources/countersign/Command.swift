/// What the command line asks for.
enum Command {
    case serve(listen: String?, configuration: String?)
    case check(configuration: String?)
    /// One of the operator's commands, which another program carries out.
    case operate([String])
    case help
    case version
    case wrong(String)

    /// Parses the words after the program's name; without any the responder serves.
    init(_ words: ArraySlice<String>) {
        guard !OperatorProgram.knows(words) else {
            self = .operate(Array(words))
            return
        }
        var words = words
        var name = "serve"
        if let first = words.first, !first.hasPrefix("-") {
            name = words.removeFirst()
        }
        var options: [String: String] = [:]
        while let word = words.popFirst() {
            if word == "--help" || word == "-h" {
                self = .help
                return
            }
            if word == "--version" {
                self = .version
                return
            }
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard ["--config", "--listen"].contains(parts[0]) else {
                self = .wrong("unknown option \(word)")
                return
            }
            guard let value = parts.count == 2 ? parts[1] : words.popFirst(), !value.isEmpty else {
                self = .wrong("\(parts[0]) needs a value")
                return
            }
            options[parts[0]] = value
        }
        switch name {
        case "serve": self = .serve(listen: options["--listen"], configuration: options["--config"])
        case "check" where options["--listen"] == nil: self = .check(configuration: options["--config"])
        case "help": self = .help
        case "version": self = .version
        case "check": self = .wrong("check takes no --listen")
        default: self = .wrong("unknown command \(name)")
        }
    }

    func run() -> ExitStatus {
        switch self {
        case .serve(let listen, let configuration): return Serving(configurationFile: configuration).run(listen: listen)
        case .check(let configuration): return Checking(configurationFile: configuration).run()
        case .operate(let words): return OperatorProgram.run(words)
        case .help:
            Terminal.say(Usage.text)
            return .success
        case .version:
            Terminal.say("countersign \(Usage.version)")
            return .success
        case .wrong(let problem):
            Terminal.complain("\(problem)\n\n\(Usage.text)")
            return .usage
        }
    }
}

enum Usage {
    static let version = "0.1.0"

    static let text = """
        Usage: countersign [serve] [--listen ADDRESS] [--config FILE]
               countersign check [--config FILE]
               countersign doctor | explain | print | setup | sign | complete | spool | sweep ...
               countersign help COMMAND

        serve     answer the upload requests that a web server hands over by FastCGI or CGI
        check     read the configuration, say what is wrong with it, and leave
        doctor    try everything out with real traffic, and say what is wrong and how to mend it
        explain   say why S3 refused a signature, a signed URL or a policy
        print     write what else must be configured: iam, bucket-policy, cors, lifecycle, csp, nginx, apache,
                  systemd, fineuploader, uppy
        setup     put CORS and lifecycle rules on the uploads bucket
        sign      sign as POST sign does, or print what sends one file, as a curl command too
        complete  complete uploads as POST file_uploaded does
        spool     list, deliver, retry or drop the calls to the site that wait because it was down
        sweep     find uploads whose completion never came, and complete or delete them

        --listen ADDRESS   unix:PATH, a socket of mode 0660, or tcp:ADDRESS:PORT; without it the sockets
                           of systemd (LISTEN_FDS) or the listening socket at descriptor 0 are used, or
                           one CGI request is answered (GATEWAY_INTERFACE)
        --config FILE      else the file in COUNTERSIGN_CONFIG, else /etc/countersign/countersign.toml

        Signals: SIGTERM, SIGINT and SIGUSR1 answer what is in flight, then leave. SIGHUP reads the
        configuration and the secrets again; one that is wrong is not used, and the log says why.
        """
}
