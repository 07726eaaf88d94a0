internal import S3Authorization
package import UploadService

/// What the configuration says about S3, in the form that requests and signatures use.
package struct Desk: Sendable {
    package let configuration: Configuration
    let site: Site
    /// What we call.
    let endpoint: Endpoint

    package init(_ configuration: Configuration, _ surroundings: Surroundings) throws(ConfigurationError) {
        self.configuration = configuration
        site = try Site(configuration, surroundings)
        endpoint = try Endpoint(configured: configuration.s3.endpoint)
    }

    /// What browsers call.
    var publicEndpoint: Endpoint { site.endpoint }
    var addressing: Addressing { site.addressing }
    /// What signs for clients.
    var credentials: Credentials { site.credentials }
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

    /// The keys that are written down: uploads first.
    var keys: [Key] {
        var keys = [Key(section: "uploads", id: credentials.accessKeyID, secret: credentials.secret)]
        if let storage = configuration.storage?.credentials {
            keys.append(
                Key(section: "storage", id: ByteString(storage.accessKeyID), secret: storage.secretAccessKey))
        }
        return keys
    }
}
