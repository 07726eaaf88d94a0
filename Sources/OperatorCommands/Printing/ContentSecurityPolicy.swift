internal import S3Authorization

/// What a page that uploads must be allowed to reach: directives to add to its Content-Security-Policy.
///
/// https://www.w3.org/TR/CSP3/#directives
struct ContentSecurityPolicy {
    private let desk: Desk

    init(_ desk: Desk) {
        self.desk = desk
    }

    /// Scripts connect; forms post from an old browser's iframe, where S3's answer then appears.
    var text: String {
        let source = sources.joined(separator: " ")
        return ["connect-src", "form-action", "frame-src"].map { "\($0) 'self' \(source)" }.joined(separator: "; ")
    }

    /// The bucket alone: its host, or its path on a host that others share.
    private var sources: [String] {
        let url = desk.publicEndpoint.url(bucket: desk.bucket, addressing: desk.addressing).description
        let isShared = desk.publicEndpoint.addressing(desk.addressing, for: desk.bucket) == .path
        if isShared { return [url, url + "/"] }
        return [url.last == "/" ? String(url.dropLast()) : url]
    }
}
