internal import S3Authorization
package import S3Client
package import UploadService

/// What the configuration says about S3, in the form that requests and signatures use.
package struct Desk: Sendable {
    package let configuration: Configuration
    let site: Site
    /// What we call.
    let endpoint: Endpoint
    let surroundings: Surroundings
    let transport: any Transport

    /// `transport` stands in for libcurl in tests.
    package init(
        _ configuration: Configuration, _ surroundings: Surroundings, transport: (any Transport)? = nil
    ) throws(ConfigurationError) {
        self.configuration = configuration
        // Failed calls are findings here, not lines of a log.
        var surroundings = surroundings
        surroundings.log = { _ in }
        self.surroundings = surroundings
        self.transport =
            transport
            ?? CurlTransport(authorities: configuration.s3.authorities, stopwatch: surroundings.stopwatch)
        site = try Site(configuration, surroundings)
        endpoint = try Endpoint(configured: configuration.s3.endpoint)
    }

    /// What browsers call.
    var publicEndpoint: Endpoint { site.endpoint }
    var addressing: Addressing { site.addressing }
    /// What signs for clients; a key without id or secret where there is none at the moment.
    var credentials: Credentials {
        (try? site.credentials.credentials(until: deadline)) ?? Credentials(accessKeyID: "", secret: Secret(""))
    }
    /// Where that comes from.
    var provider: any CredentialsProvider { site.credentials }
    /// The default profile's.
    var rules: UploadRules { site.rules.rules }
    /// The version that the doctor's own uploads are signed with.
    var signatureVersion: SignatureVersion { rules.signatureVersions.contains(.v4) ? .v4 : .v2 }
    /// Fifteen seconds from now, for one call.
    var deadline: Deadline { Deadline(milliseconds: 15_000, after: surroundings.stopwatch()) }
    var bucket: ByteString { ByteString(configuration.uploads.bucket) }
    var region: ByteString { ByteString(configuration.s3.region) }

    /// The rules of every profile, the default one first.
    var profiles: [Site.Profile] {
        [site.rules] + site.profiles.values.sorted { $0.name.precedes($1.name) }
    }

    /// A secret of the configuration, and where it stands there.
    struct Key: Sendable {
        let section: String
        let id: ByteString
        let secret: Secret
    }

    /// Those that sign for clients first.
    var keys: [Key] {
        var keys: [Key] = []
        if let found = try? site.credentials.credentials(until: deadline) {
            keys.append(Key(section: "uploads", id: found.accessKeyID, secret: found.secret))
        }
        if let found = try? site.storage?.client.credentials.credentials(until: deadline) {
            keys.append(Key(section: "storage", id: found.accessKeyID, secret: found.secret))
        }
        return keys
    }
}

extension Desk {
    /// Somebody's calls to the configured S3.
    func client(_ credentials: any CredentialsProvider) throws(S3Error) -> S3Client {
        do throws(CredentialScope.Invalid) {
            return try S3Client(
                endpoint: endpoint, addressing: addressing, region: region,
                signatureVersion: configuration.s3.signatureVersion == .v2 ? .v2 : .v4, credentials: credentials,
                transport: transport, surroundings: surroundings.ofOperator, retries: RetryPolicy(tries: 2))
        } catch {
            throw .credentials(.malformed("the region"))
        }
    }

    /// Those that Amazon's own tools would find.
    package func foundCredentials(
        _ environment: [String: String], fileExists: (String) -> Bool
    ) throws(CredentialsError) -> any CredentialsProvider {
        try StandardCredentials.provider(
            environment: { environment[$0] }, region: region, transport: transport,
            surroundings: surroundings.ofOperator, fileExists: fileExists)
    }
}

extension Surroundings {
    fileprivate var ofOperator: S3Surroundings {
        S3Surroundings(now: now, stopwatch: stopwatch, random: random)
    }
}
