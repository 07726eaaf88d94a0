internal import S3Authorization

/// The site that every request refers to and none copies.
final class SharedSite: Sendable {
    let site: Site
    /// The path of our own page for iframes.
    let emptyPage: ByteString

    init(_ site: Site) {
        self.site = site
        emptyPage = ByteString(site.mount.bytes + "/empty_html".utf8)
    }
}
