/// A request that may be sent as it is: S3 finds its signature in the headers or in the query.
package struct SignedRequest: Sendable, Equatable {
    package let method: ByteString
    package let url: ByteString
    /// All headers to send, without `Host`, which follows from the URL.
    package let headers: [HeaderField]

    init(_ request: S3Request, headerAuthorization: HeaderAuthorization) {
        method = request.method
        url = request.url(query: CanonicalQuery(request.query).text)
        headers = request.headers + headerAuthorization.headers
    }

    init(_ form: OwnForm, headerAuthorization: HeaderAuthorization) {
        method = OwnForm.method
        url = form.url
        headers = OwnForm.headers + headerAuthorization.headers
    }

    init(_ request: S3Request, presignedQuery: PresignedQuery) {
        method = request.method
        url = request.url(query: presignedQuery.text)
        headers = request.headers
    }

    init(_ request: S3Request, headerAuthorization: SignatureV2.HeaderAuthorization) {
        method = request.method
        url = request.url(query: SignatureV2.query(request.query))
        headers = request.headers + headerAuthorization.headers
    }

    /// The `x-amz-…` headers stand in the query already; sent again they would count twice.
    init(_ request: S3Request, presignedQuery: SignatureV2.PresignedQuery) {
        method = request.method
        url = request.url(query: presignedQuery.text)
        headers = request.headers.filter { !$0.lowercasedName.hasPrefix("x-amz-") }
    }
}
