internal import UploadService

/// The site's own part of Apache's configuration; the rest is in `countersign-proxy_fcgi.conf`, which comes with the program.
struct ApacheSnippet {
    private let configuration: Configuration
    private let socket: String

    init(_ configuration: Configuration, socket: String) {
        self.configuration = configuration
        self.socket = socket
    }

    var text: String {
        var lines = [
            "# Into <VirtualHost>; a2enmod proxy proxy_fcgi headers", "Define COUNTERSIGN_SOCKET \(socket)", "",
        ]
        lines += location(configuration.server.mount, profile: nil)
        for name in configuration.profiles.keys.sorted() {
            lines += [""] + location("/\(name)", profile: name)
        }
        if configuration.bodyLimit > 1 << 20 || configuration.server.deadline >= 60 {
            lines += [
                "",
                "# In countersign-proxy_fcgi.conf, for this configuration: -gt "
                    + "\(max(configuration.bodyLimit, 1 << 20)), and",
                "# timeout=\(max(60, configuration.server.deadline + 10)).",
            ]
        }
        return lines.joined(separator: "\n")
    }

    private func location(_ mount: String, profile: String?) -> [String] {
        var lines = ["<Location \"\(mount)\">"]
        if configuration.identity.anonymous {
            lines.append("    Require all granted")
        } else {
            lines += [
                "    AuthType Basic", "    AuthName \"Uploads\"", "    AuthUserFile /etc/apache2/users",
                "    Require valid-user",
            ]
        }
        if let profile { lines.append("    SetEnv COUNTERSIGN_PROFILE \(profile)") }
        return lines + ["</Location>", "Define COUNTERSIGN_MOUNT \"\(mount)\"", "Include countersign-proxy_fcgi.conf"]
    }
}
