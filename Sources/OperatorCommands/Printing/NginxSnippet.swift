internal import S3Authorization
internal import UploadService

/// The site's own part of nginx's configuration; the rest is in `countersign.conf`, which comes with the program.
struct NginxSnippet {
    private let configuration: Configuration
    private let socket: String

    init(_ configuration: Configuration, socket: String) {
        self.configuration = configuration
        self.socket = socket
    }

    var text: String {
        var lines = [
            "# Into http { }: where Countersign listens and what nginx says where it does not answer. The socket in "
                + "there",
            "# must be \(socket).",
            "#     include countersign-upstream.conf;",
            "#     limit_req_zone $binary_remote_addr zone=uploads:1m rate=5r/s;",
            "#",
            "# Into server { }:",
            "",
        ]
        lines += location(configuration.server.mount, profile: nil)
        for name in configuration.profiles.keys.sorted() {
            lines += [""] + location("/\(name)", profile: name)
        }
        return (lines + limits).joined(separator: "\n")
    }

    private func location(_ mount: String, profile: String?) -> [String] {
        var lines = ["location ^~ \(mount == "/" ? "/" : mount + "/") {"]
        if configuration.identity.anonymous {
            lines.append(
                "    set $countersign_user \"\";                  # without login: each browser has its "
                    + "own prefix")
        } else {
            lines += [
                "    auth_basic           \"Uploads\";            # how your site logs users in ...",
                "    auth_basic_user_file /etc/nginx/users;",
                "    set $countersign_user $remote_user;        # ... and who that says they are",
            ]
        }
        if configuration.identity.parameter != "REMOTE_USER" {
            lines.append("    fastcgi_param \(configuration.identity.parameter) $countersign_user;")
        }
        if let profile { lines.append("    fastcgi_param COUNTERSIGN_PROFILE \(profile);") }
        lines += ["    #limit_req zone=uploads burst=20 nodelay;", "    include countersign.conf;", "}"]
        return lines
    }

    /// What the shared file has to be changed in for this configuration.
    private var limits: [String] {
        var changes: [String] = []
        if configuration.bodyLimit > 1 << 20 {
            changes.append("client_max_body_size \((configuration.bodyLimit + (1 << 20) - 1) >> 20)m;")
        }
        if configuration.server.deadline >= 60 {
            changes.append("fastcgi_read_timeout \(configuration.server.deadline + 10)s;")
        }
        guard !changes.isEmpty else { return [] }
        return ["", "# In countersign.conf, for this configuration:"] + changes.map { "#     \($0)" }
    }
}
