internal import FastCGI
internal import S3Authorization

/// The site that every request refers to and none copies.
final class SharedSite: Sendable {
    let site: Site
    /// The path of our own page for iframes.
    let emptyPage: ByteString
    let rules: SharedProfile
    let profiles: [ByteString: SharedProfile]

    init(_ site: Site) {
        self.site = site
        rules = SharedProfile(site.rules)
        profiles = site.profiles.mapValues(SharedProfile.init)
        emptyPage = ByteString(site.mount.bytes + "/empty_html".utf8)
    }
}

/// One of its sets of rules.
final class SharedProfile: Sendable {
    let value: Site.Profile

    init(_ value: Site.Profile) {
        self.value = value
    }
}

/// The site of the requests to come; those under way keep the one that they began with.
final class CurrentSite: Sendable {
    private let shared: Locked<SharedSite>

    init(_ site: Site) {
        shared = Locked(SharedSite(site))
    }

    /// Held for the time of one retain.
    var now: SharedSite { shared.withLock { $0 } }

    func replace(_ site: Site) {
        let new = SharedSite(site)
        // Let go of the old one outside the lock.
        _ = shared.withLock { shared in
            defer { shared = new }
            return shared
        }
    }
}
