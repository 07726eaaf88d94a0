/// A request that this program itself makes or hands out: THE ONE WAY to a signature without the upload rules.
///
/// Nothing that a client wrote may decide what is in it, except as a key or a value that was checked. What clients ask to
/// have signed goes through the rules and comes back as an `Authorized…` value.
package struct OwnRequest: Sendable {
    private let request: S3Request

    package init(_ request: S3Request) {
        self.request = request
    }

    /// Signed with version 4 in its headers; `payloadHash` is that of the body.
    package func authorized(
        by signer: Signer, at time: SigningTime, payloadHash: PayloadHash = .empty
    ) -> SignedRequest {
        let authorization = HeaderAuthorization(request, payloadHash: payloadHash, signer: signer, time: time)
        return SignedRequest(request, headerAuthorization: authorization)
    }

    /// Signed with version 4 in its query, good for `lifetime` from `time`.
    package func presigned(
        by signer: Signer, at time: SigningTime, lifetime: PresignedQuery.Lifetime
    ) -> SignedRequest {
        SignedRequest(
            request, presignedQuery: PresignedQuery(request, signer: signer, time: time, lifetime: lifetime))
    }

    /// Signed with version 2 in its headers.
    package func authorizedV2(by signer: Signer, at time: SigningTime) -> SignedRequest {
        let authorization = SignatureV2.HeaderAuthorization(request, signer: signer, time: time)
        return SignedRequest(request, headerAuthorization: authorization)
    }

    /// Signed with version 2 in its query, good until `expires`.
    package func presignedV2(by signer: Signer, expires: SigningTime) -> SignedRequest {
        SignedRequest(request, presignedQuery: SignatureV2.PresignedQuery(request, signer: signer, expires: expires))
    }
}
