/// A form that this program itself posts to a service beside S3, such as STS: marked like `OwnRequest`, and for the same
/// reason.
///
/// Nothing that a client wrote may decide what is in it, except as a value that was checked.
/// https://docs.aws.amazon.com/STS/latest/APIReference/CommonParameters.html
package struct OwnForm: Sendable, Equatable {
    static let method: ByteString = "POST"
    static let headers = [HeaderField("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")]

    private let endpoint: Endpoint
    /// What is sent; a space is `%20`, because not everybody takes `+` for one.
    package let body: [UInt8]

    package init(_ fields: [(name: StaticString, value: ByteString)], to endpoint: Endpoint) {
        self.endpoint = endpoint
        var body: [UInt8] = []
        for (name, value) in fields {
            if !body.isEmpty { body.append(UInt8(ascii: "&")) }
            body += "\(name)=".utf8
            PercentEncoding.append(value, to: &body)
        }
        self.body = body
    }

    private var path: ByteString { ByteString(endpoint.basePath.bytes + [UInt8(ascii: "/")]) }

    var url: ByteString {
        let scheme: ByteString = endpoint.scheme == .https ? "https://" : "http://"
        return ByteString(scheme.bytes + endpoint.authority.bytes + path.bytes)
    }

    /// Signed with version 4 in its headers, for the service of `signer`.
    package func authorized(by signer: Signer, at time: SigningTime) -> SignedRequest {
        SignedRequest(self, headerAuthorization: authorization(by: signer, at: time))
    }

    func authorization(by signer: Signer, at time: SigningTime) -> HeaderAuthorization {
        HeaderAuthorization(
            method: Self.method, path: CanonicalPath(path, rules: .otherService(normalizes: true)),
            query: CanonicalQuery([]), headers: Self.headers + [HeaderField("host", endpoint.authority)],
            payloadHash: PayloadHash(of: body), sendsPayloadHash: false, signer: signer, time: time)
    }
}
