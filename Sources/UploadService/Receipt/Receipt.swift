package import S3Authorization

/// Makes what a page can hand to the site's own form, and the site verifies without asking S3: a compact JWS, HS256.
///
/// RFC 7515, section 3.1, <https://www.rfc-editor.org/rfc/rfc7515#section-3.1>; RFC 7518, section 3.2,
/// <https://www.rfc-editor.org/rfc/rfc7518#section-3.2>. There is one header and no algorithm to choose.
package struct Receipt: Sendable {
    /// HS256 wants a key no shorter than its hash.
    package static let minimumSecret = 32

    private static let header = Base64URL.encode(Array(#"{"alg":"HS256","typ":"JWT"}"#.utf8))

    private let key: HMACSHA256Key

    package init(secret: Secret) {
        key = secret.withBytes { HMACSHA256Key($0) }
    }

    /// `claims` is a JSON object.
    package func sign(claims: ByteString) -> ByteString {
        let dot = [UInt8(ascii: ".")]
        let input = ByteString(Self.header.bytes + dot + Base64URL.encode(Array(claims.bytes)).bytes)
        return ByteString(input.bytes + dot + Base64URL.encode(key.authenticationCode(for: input)).bytes)
    }

    package func sign(_ claims: ReceiptClaims) -> ByteString {
        sign(claims: claims.json)
    }
}
