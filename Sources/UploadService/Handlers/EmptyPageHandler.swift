internal import FastCGI

/// `GET empty_html`: the page to which S3 redirects the hidden iframe of an old browser.
///
/// Constant, whatever the query; only pages of the same origin may frame it.
enum EmptyPageHandler {
    static let response = Response(
        status: 200,
        headers: [
            .init("Content-Type", "text/html; charset=utf-8"), .init("Cache-Control", "public, max-age=86400"),
            .init("X-Frame-Options", "SAMEORIGIN"), .init("Content-Security-Policy", "frame-ancestors 'self'"),
            .init("X-Content-Type-Options", "nosniff"),
        ])
}
