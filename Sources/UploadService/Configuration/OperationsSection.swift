/// `[log]` and `[operations]`: what is for whoever runs the program.
enum OperationsSection {
    static func log(_ section: ConfigurationSection) -> Configuration.Log {
        var log = Configuration.Log()
        section.set(&log.format, "format") { value throws(WrongValue) in try value.choice(LogStyle.Format.self) }
        section.set(&log.level, "level") { value throws(WrongValue) in try value.choice(Severity.self) }
        return log
    }

    static func read(_ section: ConfigurationSection) -> Configuration.Operations {
        var operations = Configuration.Operations()
        section.set(&operations.listen, "listen", Checks.listener)
        section.set(&operations.pages, "public") { value throws(WrongValue) in
            try value.list { item throws(WrongValue) in try item.choice(OperatorsPage.self) }
        }
        if let listen = operations.listen, listen.hasPrefix("tcp:"), !listen.hasPrefix("tcp:127."),
            !listen.hasPrefix("tcp:[::1]:")
        {
            section.warn("listen", "\(quoted(listen)) is open to other machines; a firewall must say which")
        }
        return operations
    }
}

extension Checks {
    /// `unix:/path` or `tcp:ADDRESS:PORT`; empty: none.
    static func listener(_ value: ConfigurationValue) throws(WrongValue) -> String? {
        let text = try value.string()
        if text.isEmpty { return nil }
        let isPath = text.utf8.starts(with: "unix:/".utf8) && text.utf8.count <= "unix:".utf8.count + 107
        let port = text.utf8.lastIndex(of: UInt8(ascii: ":")).flatMap { UInt16(text[text.utf8.index(after: $0)...]) }
        let isAddress = text.utf8.starts(with: "tcp:".utf8) && (port ?? 0) > 0
        guard isPath || isAddress else {
            throw WrongValue(
                "\(quoted(text)) is no socket; write for example \"unix:/run/countersign/operations.sock\" or \"tcp:127.0.0.1:9180\""
            )
        }
        return text
    }
}
