/// Who asks: the prefix that is theirs, and what only the request itself can tell.
public struct Caller: Sendable {
    /// Where the keys of this caller begin.
    public var prefix: KeyPrefix
    /// The page of our own to which S3 may redirect this caller's iframe.
    public var returnPage: ReturnPage?
    /// Set where the request says which version it wants (Fine Uploader's `?v4=true`).
    public var expectedVersion: SignatureVersion?

    /// A caller who owns `prefix`; without `returnPage` no redirect leads to a page of our own.
    public init(prefix: KeyPrefix, returnPage: ReturnPage? = nil, expectedVersion: SignatureVersion? = nil) {
        self.prefix = prefix
        self.returnPage = returnPage
        self.expectedVersion = expectedVersion
    }
}

/// The empty page of our own where an old browser's iframe ends: one path at one origin, its query free.
public struct ReturnPage: Sendable {
    private enum Origin {
        case url(HTTPURL)
        case host(ByteString, isPlainHTTPAllowed: Bool)
    }

    private let origin: Origin
    private let path: ByteString

    /// The page at `path` of a site whose URL is known.
    public init(site: HTTPURL, path: ByteString) {
        (origin, self.path) = (.url(site), path)
    }

    /// The page at `path` of the host in a request's `Host` header: over https, or over http where that was used.
    public init(host: ByteString, isPlainHTTPAllowed: Bool, path: ByteString) {
        (origin, self.path) = (.host(host, isPlainHTTPAllowed: isPlainHTTPAllowed), path)
    }

    func matches(_ url: HTTPURL) -> Bool {
        guard url.path == path else { return false }
        switch origin {
        case .url(let site): return url.hasSameOrigin(as: site)
        case .host(let host, let isPlainHTTPAllowed):
            guard url.scheme == .https || isPlainHTTPAllowed else { return false }
            return HTTPURL(scheme: url.scheme, authority: host)?.hasSameHost(as: url) == true
        }
    }
}
