internal import UploadService

/// What `countersign print` writes, each made from the one configuration.
package enum Paper: String, Sendable, CaseIterable {
    case iam
    case bucketPolicy = "bucket-policy"
    case cors
    case lifecycle
    case csp
    case nginx
    case apache
    case systemd
    case fineuploader
    case uppy
}

/// Which of the two buckets, or of their keys.
package enum Side: String, Sendable, CaseIterable {
    case uploads
    case storage
}

/// Why a paper cannot be written.
package enum PaperError: Error, Sendable, Equatable, CustomStringConvertible {
    case noOrigin
    case noStorage

    package var description: String {
        switch self {
        case .noOrigin: "no origin is known; set server.url, or name the site's with --origin https://www.example.org"
        case .noStorage: "there is no [storage] in the configuration"
        }
    }
}

/// `countersign print`.
package struct Printer: Sendable {
    /// What is chosen beside the configuration.
    package struct Choices: Sendable {
        /// One of the two; nil: both where that makes sense, else uploads.
        package var side: Side?
        /// More origins than the configuration's.
        package var origins: [String] = []
        /// Days after which uploads are removed.
        package var days = 1
        /// Whether the storage key is to sweep the uploads bucket too.
        package var sweeps = false
        package var isXML = false
        package var socket = "/run/countersign/countersign.sock"
        package var configurationFile = "/etc/countersign/countersign.toml"

        package init() {}
    }

    let desk: Desk
    let choices: Choices

    package init(_ desk: Desk, _ choices: Choices = Choices()) {
        self.desk = desk
        self.choices = choices
    }

    var configuration: Configuration { desk.configuration }

    package func print(_ paper: Paper) throws(PaperError) -> String {
        switch paper {
        case .iam:
            let policies = IAMPolicies(desk, sweeps: choices.sweeps)
            if choices.sweeps, policies.storage == nil { throw .noStorage }
            return try sides(uploads: policies.uploads, storage: policies.storage, role: RolePolicies(desk)?.both)
        case .bucketPolicy:
            return try sides(uploads: BucketPolicies(desk).uploads, storage: BucketPolicies(desk).storage)
        case .cors:
            guard let rules = CORSRules(configuration, and: choices.origins) else { throw .noOrigin }
            return choices.isXML ? rules.xml.document : rules.json.text
        case .lifecycle:
            if choices.side == .storage, configuration.storage == nil { throw .noStorage }
            let rules = choices.side == .storage ? LifecycleRules.storage : .uploads(days: choices.days)
            return choices.isXML ? rules.xml.document : rules.json.text
        case .csp: return ContentSecurityPolicy(desk).text
        case .nginx: return NginxSnippet(configuration, socket: choices.socket).text
        case .apache: return ApacheSnippet(configuration, socket: choices.socket).text
        case .systemd: return SystemdUnits(configuration, choices).text
        case .fineuploader: return FineUploaderScript(desk).text
        case .uppy: return UppyScript(desk).text
        }
    }

    /// `role` stands beside the two sides only where none of them is chosen.
    private func sides(
        uploads: JSONTree, storage: JSONTree?, role: JSONTree? = nil
    ) throws(PaperError) -> String {
        switch (choices.side, storage) {
        case (.uploads, _): uploads.text
        case (.storage, let storage?): storage.text
        case (.storage, nil): throw .noStorage
        case (nil, _):
            JSONTree.object(
                [.init("uploads", uploads)] + [storage.map { .init("storage", $0) }].compactMap { $0 }
                    + [role.map { .init("browser_credentials", $0) }].compactMap { $0 }
            ).text
        }
    }
}
