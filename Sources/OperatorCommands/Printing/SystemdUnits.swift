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
        Description=Socket of Countersign

        [Socket]
        ListenStream=\(choices.socket)
        SocketUser=root
        SocketGroup=www-data
        SocketMode=0660

        [Install]
        WantedBy=sockets.target

        # /etc/systemd/system/countersign.service
        [Unit]
        Description=Countersign, which signs uploads to S3
        Requires=countersign.socket
        After=network.target

        [Service]
        ExecStart=/usr/bin/countersign serve --config \(choices.configurationFile)
        User=countersign
        Restart=on-failure
        RestartPreventExitStatus=64 78
        TimeoutStopSec=\(configuration.server.grace + 10)
        LimitCORE=0
        UMask=0077
        NoNewPrivileges=yes
        CapabilityBoundingSet=
        ProtectSystem=strict
        ProtectHome=yes
        ProtectClock=yes
        ProtectControlGroups=yes
        ProtectHostname=yes
        ProtectKernelLogs=yes
        ProtectKernelModules=yes
        ProtectKernelTunables=yes
        PrivateTmp=yes
        PrivateDevices=yes
        RestrictNamespaces=yes
        RestrictRealtime=yes
        RestrictSUIDSGID=yes
        LockPersonality=yes
        MemoryDenyWriteExecute=yes
        SystemCallArchitectures=native
        SystemCallFilter=@system-service
        RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6\(metadata)\(spool)

        [Install]
        Also=countersign.socket
        """
    }

    /// The one folder that is written to; systemd makes one below `/var/lib` by itself.
    private var spool: String {
        guard let path = configuration.hook?.spool else { return "" }
        let states = "/var/lib/"
        guard path.hasPrefix(states) else { return "\nReadWritePaths=\(path)" }
        return "\nStateDirectory=\(path.dropFirst(states.count))\nStateDirectoryMode=0700"
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
