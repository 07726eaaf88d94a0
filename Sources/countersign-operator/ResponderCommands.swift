internal import ArgumentParser

/// Here for the help and for completion only: the responder answers these words itself.
struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Answer the upload requests that a web server hands over by FastCGI or CGI.",
        discussion: """
            Without --listen the sockets of systemd (LISTEN_FDS) or the listening socket at descriptor 0 are used, or one \
            CGI request is answered (GATEWAY_INTERFACE).
            """)

    @Option(help: "unix:PATH, a socket of mode 0660, or tcp:ADDRESS:PORT.")
    var listen: String?

    @Option(help: "The configuration.", completion: .file(extensions: ["toml"]))
    var config: String?

    func run() throws {
        throw ValidationError("run `countersign serve`, not this program")
    }
}

/// As `ServeCommand`.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Read the configuration, say what is wrong with it, and leave.")

    @Option(help: "The configuration.", completion: .file(extensions: ["toml"]))
    var config: String?

    func run() throws {
        throw ValidationError("run `countersign check`, not this program")
    }
}
