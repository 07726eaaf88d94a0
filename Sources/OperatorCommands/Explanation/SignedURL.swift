internal import S3Authorization

/// A URL with a signature of version 4 in its query, taken apart.
struct SignedURL {
    let host: ByteString
    let path: ByteString
    /// The query without the signature, as it stands.
    let query: ByteString
    let signature: ByteString
    let credential: ByteString
    let date: ByteString
    let expires: ByteString
    let signedHeaders: ByteString

    /// Nil where the text is no URL, or has no such signature.
    init?(_ text: ByteString) {
        guard let url = HTTPURL(text), let query = url.query else { return nil }
        let authority = ByteString(url.origin).bytes.drop { $0 != UInt8(ascii: "/") }.dropFirst(2)
        host = ByteString(authority)
        path = url.path
        var values: [ByteString: ByteString] = [:]
        var kept: [ArraySlice<UInt8>] = []
        for pair in query.bytes.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false) {
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let name = ByteString(parts[0])
            values[name] = try? PercentEncoding.decode(ByteString(parts.count == 2 ? parts[1] : []))
            if !name.is("X-Amz-Signature") { kept.append(pair) }
        }
        self.query = ByteString(Array(kept.joined(separator: [UInt8(ascii: "&")])))
        guard let signature = values["X-Amz-Signature"] else { return nil }
        self.signature = signature
        credential = values["X-Amz-Credential"] ?? ""
        date = values["X-Amz-Date"] ?? ""
        expires = values["X-Amz-Expires"] ?? ""
        signedHeaders = values["X-Amz-SignedHeaders"] ?? ""
    }

    var names: [ByteString] {
        signedHeaders.bytes.split(separator: UInt8(ascii: ";")).map { ByteString($0) }
    }

    /// The request that S3 would make of it; nil where a signed header's value is not known.
    func request(_ method: ByteString, _ headers: [HeaderField]) -> ReceivedRequest? {
        var signed = [HeaderField("host", host)]
        for name in names where !name.is("host") {
            guard let header = headers.first(where: { $0.lowercasedName == name }) else { return nil }
            signed.append(HeaderField(name, header.value.trimmed))
        }
        signed.sort { $0.name.precedes($1.name) }
        var request = ReceivedRequest(
            method: method, path: path, query: query, headers: signed, payloadHash: PayloadHash.unsigned.text)
        // S3 sorts the query before it counts.
        if let parameters = request.parameters { request.query = CanonicalQuery(parameters).text }
        return request
    }
}
