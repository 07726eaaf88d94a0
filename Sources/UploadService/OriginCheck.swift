internal import S3Authorization

/// Where a request comes from, as far as its browser says.
///
/// Fetch Metadata, <https://www.w3.org/TR/fetch-metadata/>; Origin, <https://www.rfc-editor.org/rfc/rfc6454#section-7>.
enum RequestOrigin {
    /// A page of the site itself, or the address bar.
    case own
    /// A page of another origin that the configuration allows; the header's value.
    case allowed(ByteString)
    case foreign
    /// No browser, or one that says nothing.
    case unstated
}

extension Inquiry {
    var origin: RequestOrigin {
        let origin = parameter("HTTP_ORIGIN")
        if let origin, !site.origins.isEmpty, let url = HTTPURL(origin), url.path.is("/"), url.query == nil,
            site.origins.contains(where: { $0.hasSameOrigin(as: url) })
        {
            return .allowed(origin)
        }
        if let metadata = parameter("HTTP_SEC_FETCH_SITE") {
            return metadata.is("same-origin") || metadata.is("none") ? .own : .foreign
        }
        guard let origin else { return .unstated }
        return isOwn(origin) ? .own : .foreign
    }

    /// Host and port decide: behind a TLS terminator the scheme we see is not the browser's.
    private func isOwn(_ origin: ByteString) -> Bool {
        guard let url = HTTPURL(origin), url.path.is("/"), url.query == nil else { return false }
        if let site = site.url { return url.hasSameOrigin(as: site) }
        guard let host = parameter("HTTP_HOST"), let own = HTTPURL(scheme: url.scheme, authority: host) else {
            return false
        }
        return own.hasSameHost(as: url)
    }
}
