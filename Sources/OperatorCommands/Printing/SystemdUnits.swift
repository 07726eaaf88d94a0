internal import UploadService

/// The socket and the service, sandboxed as far as this configuration allows.
///
/// https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#Sandboxing
struct SystemdUnits {
    private let configuration: Configuration
    private let choices: Printer.Choices

    init(_ configuration: Configuration, _ choices: Printer.Choices) {
        self.configuration = configuration
        self.choices = choices
    }

    var text: String {
        """
        # /etc/systemd/system/countersign.socket
        [Unit]
        Description=Socket of Countersign, the upload desk

        [Socket]
        ListenStream=\(choices.socket)
        SocketUser=root
        SocketGroup=www-data
        SocketMode=0660
        DirectoryMode=0755
        RemoveOnStop=yes

        [Install]
        WantedBy=sockets.target

        # /etc/systemd/system/countersign.service
        [Unit]
        Description=Countersign, the upload desk: signs and completes uploads to S3
        Requires=countersign.socket
        After=network-online.target countersign.socket
        Wants=network-online.target

        [Service]
        Type=notify
        NotifyAccess=main
        ExecStart=/usr/bin/countersign serve --config \(choices.configurationFile)
        ExecReload=/bin/kill -HUP $MAINPID
        EnvironmentFile=-/etc/default/countersign
        User=countersign
        Group=countersign
        WatchdogSec=120
        Restart=on-failure
        RestartPreventExitStatus=64 78
        TimeoutStopSec=\(configuration.server.grace + 10)
        LimitCORE=0
        LimitNOFILE=16384
        UMask=0077

        CapabilityBoundingSet=
        AmbientCapabilities=
        NoNewPrivileges=yes
        ProtectSystem=strict
        ProtectHome=yes
        ProtectProc=invisible
        ProcSubset=pid
        PrivateTmp=yes
        PrivateDevices=yes
        PrivateUsers=yes
        DevicePolicy=closed
        ProtectHostname=yes
        ProtectClock=yes
        ProtectKernelTunables=yes
        ProtectKernelModules=yes
        ProtectKernelLogs=yes
        ProtectControlGroups=yes
        RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
        RestrictNamespaces=yes
        RestrictRealtime=yes
        RestrictSUIDSGID=yes
        LockPersonality=yes
        MemoryDenyWriteExecute=yes
        RemoveIPC=yes
        KeyringMode=private
        SystemCallArchitectures=native
        SystemCallFilter=@system-service
        SystemCallFilter=~@privileged @resources @mount
        SystemCallErrorNumber=EPERM\(metadata)
        \(folders)

        [Install]
        Also=countersign.socket
        """
    }

    /// The folders that are written to; systemd makes those below `/var/lib` and `/run` by itself.
    private var folders: String {
        let quotas = configuration.quotas.file.map { $0.split(separator: "/").dropLast().joined(separator: "/") }
        let used = [configuration.hook?.spool, quotas.map { "/\($0)" }].compactMap { $0 }
        var lines = ["StateDirectory=\((["countersign"] + below("/var/lib/", used)).joined(separator: " "))"]
        lines.append("StateDirectoryMode=0700")
        // The socket's is root's, and nobody else may put anything there.
        let runtime = below("/run/", used).filter { !choices.socket.hasPrefix("/run/\($0)/") }
        if !runtime.isEmpty {
            lines.append("RuntimeDirectory=\(runtime.joined(separator: " "))")
            lines += ["RuntimeDirectoryMode=0700", "RuntimeDirectoryPreserve=yes"]
        }
        let others = used.filter { path in !["/var/lib/", "/run/"].contains { path.hasPrefix($0) } }
        return (lines + others.map { "ReadWritePaths=\($0)" }).joined(separator: "\n")
    }

    /// What follows `parent` in those that lie below it, but for our own folder.
    private func below(_ parent: String, _ paths: [String]) -> [String] {
        paths.filter { $0.hasPrefix(parent) }.map { String($0.dropFirst(parent.count)) }
            .filter { parent != "/var/lib/" || $0 != "countersign" }
    }

    /// Nobody but who needs credentials from there may ask a machine's metadata service.
    private var metadata: String {
        let sources = [configuration.uploads.credentials, configuration.storage?.credentials].compactMap { $0 }
        let isAsked = sources.contains { source in
            if case .aws = source { true } else { false }
        }
        return isAsked ? "" : "\nIPAddressDeny=link-local"
    }
}
