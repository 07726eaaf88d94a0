internal import FastCGI
internal import S3Authorization

/// What pages of other origins may do, told to their browsers.
///
/// <https://fetch.spec.whatwg.org/#http-cors-protocol>
enum CrossOrigin {
    private static let requestHeaders =
        "Content-Type, Accept, X-Requested-With, Cache-Control, X-CSRFToken, X-CSRF-Token, Authorization, "
        + "Uppy-Auth-Token, Uppy-Versions"

    /// The headers of every answer: which origin may read it, and that it depends on the origin.
    static func headers(for origin: RequestOrigin, at site: Site) -> [Response.Header] {
        guard !site.origins.isEmpty else { return [] }
        let vary = Response.Header("Vary", "Origin")
        guard case .allowed(let origin) = origin else { return [vary] }
        return [
            vary, .init("Access-Control-Allow-Origin", origin.description),
            .init("Access-Control-Allow-Credentials", "true"),
        ]
    }

    /// The answer to a preflight, and to any OPTIONS: 204, before anybody is asked for an identity.
    static func preflight(_ route: Route, requested: ByteString?) -> Response {
        let methods = allow(route)
        var allowed = requestHeaders
        if let requested = requested?.string, requested.utf8.allSatisfy(isFieldNameListByte) {
            allowed += ", \(requested)"
        }
        return Response(
            status: 204,
            headers: [
                .init("Allow", methods), .init("Access-Control-Allow-Methods", methods),
                .init("Access-Control-Allow-Headers", allowed), .init("Access-Control-Max-Age", "600"),
            ])
    }

    private static func isFieldNameListByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ","), 0x20:
            true
        default: false
        }
    }

    static func allow(_ route: Route) -> String {
        (route.methods + [.options]).map(\.rawValue).joined(separator: ", ")
    }
}
