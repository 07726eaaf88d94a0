/// The site that every request refers to and none copies.
final class SharedSite: Sendable {
    let site: Site

    init(_ site: Site) {
        self.site = site
    }
}
