package import S3Authorization
package import S3Client

/// The site whose upload desk this is: its configuration in the form that requests are answered from.
package struct Site: Sendable {
    /// Without the slash at its end: empty where we are mounted at `/`.
    package var mount: ByteString
    /// The site's own URL, where Host and scheme cannot be trusted to say it.
    package var url: HTTPURL?
    /// More origins that may call us.
    package var origins: [HTTPURL] = []
    /// The trusted parameter with the user's name.
    package var identityParameter = "REMOTE_USER"
    /// Signs the cookies of anonymous users; nil where there are none.
    package var anonymous: AnonymousCookie?
    /// Seals what users keep for us between requests; nil where there is no secret to do it with.
    package var tickets: TicketKeys?
    /// The name of the prefix cookie; nil where there is none.
    package var prefixCookie: String?
    /// What signs for browsers and API clients.
    package var credentials: any CredentialsProvider
    package var keys = SigningKeyCache()
    /// What is for operators and may be asked for where uploads are.
    package var publicPages: [OperatorsPage] = [.health, .time]
    /// Which clients get a page's errors with status 200.
    package var iframeErrors = IframeErrors.always
    /// Where browsers upload to.
    package var endpoint: Endpoint
    package var addressing: Addressing
    /// The site's own say; nil where it has none.
    package var hook: SiteHook?
    /// Our own calls to the uploads bucket; nil where there are none.
    package var uploads: UploadsDesk?
    /// Gives browsers keys of their own; nil where they get none.
    package var browserCredentials: BrowserCredentialsDesk?
    /// The trusted side; nil where uploads are not completed here.
    package var storage: StorageDesk?
    /// Who may send storage events; nil where nobody may.
    package var events: EventsDesk?
    /// Counts what users are let upload; there wherever a profile has a quota of files or bytes.
    package var quotas: QuotaLedger?
    package var rules: Profile
    package var profiles: [ByteString: Profile] = [:]

    /// When an error of a page's completion has status 200, without which an iframe cannot read it.
    package enum IframeErrors: String, Sendable, CaseIterable {
        /// As drf-to-s3.
        case always
        /// Only for what looks like an XDomainRequest.
        case auto
        case never
    }

    /// How a browser sends a file.
    package enum UploadMethod: Sendable {
        /// As a form, with a policy.
        case post
        /// By itself, to a store that knows no policies.
        case put
    }

    /// One set of rules and the limits around it.
    package struct Profile: Sendable {
        package var name: ByteString
        package var rules: UploadRules
        /// The largest request body, in bytes.
        package var bodyLimit = 65_536
        /// Whether an upload's first bytes are looked at before it is stored.
        package var inspects = false
        /// Whether users may delete their uploads before these are complete.
        package var allowsDeletion = false
        /// Whether users may list their uploads.
        package var allowsListing = false
        /// How files are sent where that is ours to say.
        package var method = UploadMethod.post
        /// Whether an upload in parts is complete, in the sense of `file_uploaded`, when its parts are put together.
        package var completesAtOnce = false
        package var quota = Quota()
        /// Rules on trial, that nobody is held to yet.
        package var shadow: Shadow?

        package init(name: ByteString, rules: UploadRules) {
            self.name = name
            self.rules = rules
        }
    }

    package init(
        mount: ByteString, credentials: any CredentialsProvider, endpoint: Endpoint, addressing: Addressing,
        rules: Profile
    ) {
        self.mount = mount
        self.credentials = credentials
        self.endpoint = endpoint
        self.addressing = addressing
        self.rules = rules
    }
}
