package import S3Authorization

/// The settings of one responder, whole and checked; made by `Configuration.load`.
///
/// The sections and keys are those of the TOML file, in Swift's spelling.
package struct Configuration: Sendable {
    package var server = Server()
    package var identity = Identity()
    package var s3: S3
    package var uploads: Uploads
    /// Nil where there is no section: uploads stay in the untrusted bucket.
    package var storage: Storage?
    /// The default profile.
    package var rules = Rules()
    /// By name, each already holding what it takes over from `rules`.
    package var profiles: [String: Rules] = [:]
    /// Nil where there is no section, or neither url nor command.
    package var hook: Hook?
    /// Signs receipts; nil where there is none, and then no receipts are given.
    package var receiptSecret: Secret?
    /// Nil where there is no section: no storage events are taken.
    package var events: Events?
    /// Nil where there is no section: browsers get no keys.
    package var browserCredentials: BrowserCredentials?
    package var quotas = Quotas()
    package var log = Log()
    package var operations = Operations()

    /// The rules of a profile; nil and `""` are the default profile. Nil where there is no such profile.
    package func rules(profile name: String?) -> Rules? {
        guard let name, !name.isEmpty, name != Self.defaultProfile else { return rules }
        return profiles[name]
    }

    /// What logs call `[rules]`; no `[profiles.…]` may have the name.
    package static let defaultProfile = "default"

    /// The largest body that any profile takes, in bytes.
    package var bodyLimit: Int {
        let ofMultipart = server.secrets.isEmpty ? 0 : MultipartCompletion.bodyLimit
        let ofEvents = events == nil ? 0 : EventNotification.bodyLimit
        return profiles.values.reduce(max(rules.bodyLimit, ofMultipart, ofEvents)) { max($0, $1.bodyLimit) }
    }
}

extension Configuration {
    package struct Server: Sendable {
        /// The site's own origin; nil: Host and scheme of the request say it.
        package var url: HTTPURL?
        /// Begins with a slash and ends without one, unless it is `/`.
        package var mount = "/upload"
        package var workers = 32
        /// Seconds for one request, all calls to S3 and the hook included.
        package var deadline = 50
        /// Seconds to answer what is in flight when told to stop.
        package var grace = 30
        /// More origins that may call us.
        package var origins: [HTTPURL] = []
        package var iframeErrors = Site.IframeErrors.always
        /// Seal tickets and sign cookies, the first of them; all of them are accepted. There whenever identity is
        /// `anonymous`.
        package var secrets: [Secret] = []
    }

    /// Who may say that an upload is there, and by which rules it is completed then.
    package struct Events: Sendable {
        package var tokens: [Secret] = []
        package var signatures: [WebhookSignature] = []
        /// Nil: the default one.
        package var profile: String?
    }

    /// Keys that browsers get, and sign with themselves.
    package struct BrowserCredentials: Sendable {
        package var role: String
        package var externalID: String?
        /// Where STS answers.
        package var endpoint: HTTPURL
        /// Seconds that a key is good.
        package var duration = 3600
    }

    /// Where all processes of a machine count what users are let upload.
    package struct Quotas: Sendable {
        /// There whenever any rules have a quota of files or bytes.
        package var file: String?
        /// How many users' windows it has room for.
        package var entries = 65_536
    }

    package struct Log: Sendable {
        package var format = LogStyle.Format.logfmt
        package var level = Severity.info
    }

    /// What is for operators and their programs.
    package struct Operations: Sendable {
        /// A socket of their own, as `--listen` has it; nil: none.
        package var listen: String?
        /// What the public may ask for, beside the uploads.
        package var pages: [OperatorsPage] = [.health, .time]
    }

    package struct Identity: Sendable {
        /// The FastCGI parameter that holds the user's name.
        package var parameter = "REMOTE_USER"
        package var anonymous = false
        /// Nil: no cookie.
        package var prefixCookie: String?
    }

    package struct S3: Sendable {
        package enum Addressing: String, Sendable, CaseIterable {
            case virtual, path
        }

        /// What we call.
        package var endpoint: HTTPURL
        /// What browsers call: `public_endpoint`, else `endpoint`.
        package var publicEndpoint: HTTPURL
        package var region: String
        package var addressing = Addressing.virtual
        /// A PEM file of the certificates to trust instead of the system's, for our own calls.
        package var authorities: String?
        /// Of our own calls.
        package var signatureVersion = Rules.SignatureVersion.v4
    }

    /// The access control lists that may be set; none of them lets strangers read.
    package enum CannedACL: String, Sendable, CaseIterable {
        case `private`
        case bucketOwnerFullControl = "bucket-owner-full-control"
    }

    package struct Credentials: Sendable {
        package var accessKeyID: String
        package var secretAccessKey: Secret
        package var sessionToken: Secret?
        /// The files that these came from, if they did, which may change later.
        package var secretAccessKeyFile: String?
        package var sessionTokenFile: String?
    }

    package enum CredentialsSource: Sendable {
        case configured(Credentials)
        /// Environment, web identity, shared file, container, instance, in this order.
        case aws

        enum Name: String, CaseIterable { case configured, aws }
    }

    /// Where anybody with leave may write, and nobody trusts what is in it.
    package struct Uploads: Sendable {
        package var bucket: String
        /// Nil: no acl is asked for.
        package var acl: CannedACL? = .private
        package var credentials: CredentialsSource
        /// The template of the keys that we choose; begins with `{user}/`.
        package var key = "{user}/{uuid}/{name}"
        /// Seconds that an upload in parts may take.
        package var ticketExpiresAfter = 604_800
    }

    /// The trusted side.
    package struct Storage: Sendable {
        package var bucket: String
        /// Nil: none is sent.
        package var acl: CannedACL?
        package var credentials: CredentialsSource
        package var storageClass: String?
        package var encryption: Rules.Encryption?
        package var encryptionKeyID: String?
        /// From how many bytes on an object is copied in parts.
        package var partCopyThreshold = 256 << 20
        /// The template of a stored key: `{user}`, `{uuid}`, `{ext}`, `{date}`, `{name}`.
        package var key = "{user}/{uuid}{ext}"
        /// The prefix of the claim objects; ends with a slash.
        package var claims = ".countersign/claims/"
    }

    package struct Rules: Sendable, Equatable {
        package enum SignatureVersion: Int, Sendable, CaseIterable {
            case v2 = 2
            case v4 = 4
        }
        package enum KeyCharacters: String, Sendable, CaseIterable {
            /// Letters of any script and spaces too.
            case unicode
            /// The URL characters of drf-to-s3 only.
            case strict
        }
        package enum UploadMethod: String, Sendable, CaseIterable {
            /// Forms, but for stores that are known to take none.
            case auto
            case post, put
        }
        package enum Encryption: String, Sendable, CaseIterable {
            case aes256 = "AES256"
            case kms = "aws:kms"
        }

        /// Bytes.
        package var maxSize = 5 << 30
        /// Lower case: `image/*`, `application/pdf`, `*/*`; empty: any.
        package var types: [String] = []
        package var signatureVersions: [SignatureVersion] = [.v2, .v4]
        /// Seconds.
        package var expiresAfter = 300
        /// Where `success_action_redirect` may point besides our own `empty_html`.
        package var redirects: [HTTPURL] = []
        package var keyCharacters = KeyCharacters.unicode
        /// Values of `x-amz-storage-class`; empty: the element is refused.
        package var storageClasses: [String] = []
        /// Values of `x-amz-server-side-encryption`; empty: the element is refused.
        package var encryption: [Encryption] = []
        /// Values of `x-amz-server-side-encryption-aws-kms-key-id`; empty: the element is refused.
        package var encryptionKeyIDs: [String] = []
        /// The largest request body, in bytes.
        package var bodyLimit = 64 << 10
        /// Whether the type of an upload is looked up in its first bytes, with libmagic.
        package var inspect = false
        /// Whether users may delete their uploads before these are complete.
        package var delete = false
        /// Whether users may list their uploads.
        package var session = false
        package var method = UploadMethod.auto
        /// Whether putting the parts of an upload together is its completion too.
        package var completeOnMultipart = false
        /// Files of one user in one window; 0: no limit.
        package var quotaRequests = 0
        /// Their declared bytes; 0: no limit.
        package var quotaBytes = 0
        /// Seconds.
        package var quotaWindow = 3600
        /// Uploads in parts that one user may have open; 0: no limit.
        package var quotaOpenUploads = 0
        /// The profile that is on trial here; nil: none.
        package var shadow: String?
    }

    package struct Hook: Sendable {
        package enum Target: Sendable, Equatable {
            case http(HTTPURL)
            /// The path of a local socket, and what is asked for over it; its host is `localhost`.
            case unix(String, HTTPURL)
        }

        package enum Action: Sendable {
            case call(Target, WebhookSignature)
            /// A program by its absolute path, and its arguments.
            case run([String])
        }

        package var action: Action
        /// Also asked before signing and before copying.
        package var authorize = false
        /// Seconds.
        package var timeout = 10
        /// Names of the client's headers that are passed on.
        package var forwardHeaders: [ByteString] = []
        package var whenDown = WhenDown.retry
        /// The folder of calls that wait; there whenever `whenDown` is `accept`.
        package var spool: String?
        /// Seconds that a call is tried for.
        package var giveUpAfter = 259_200

        /// What becomes of an upload while the hook gives no verdict.
        package enum WhenDown: String, Sendable, CaseIterable {
            /// The client is told to try again.
            case retry
            /// It is accepted, and the hook is told later.
            case accept
        }
    }
}
