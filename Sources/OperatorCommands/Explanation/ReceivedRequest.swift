internal import S3Authorization

/// A canonical request of version 4, taken apart: one that S3 says it received, or one that somebody may have signed.
///
/// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html#canonical-request
struct ReceivedRequest: Equatable {
    var method: ByteString
    var path: ByteString
    var query: ByteString
    /// In lower case, as they stand.
    var headers: [HeaderField]
    var signedNames: ByteString
    var payloadHash: ByteString

    init(
        method: ByteString, path: ByteString, query: ByteString, headers: [HeaderField], payloadHash: ByteString
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        signedNames = CanonicalHeaders(headers).names
        self.payloadHash = payloadHash
    }

    /// Nil where the text is none.
    init?(canonical text: ByteString) {
        let lines = text.bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard lines.count >= 6, let gap = lines[3...].firstIndex(where: \.isEmpty), gap + 3 == lines.count else {
            return nil
        }
        method = ByteString(lines[0])
        path = ByteString(lines[1])
        query = ByteString(lines[2])
        headers = []
        for line in lines[3..<gap] {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return nil }
            headers.append(HeaderField(ByteString(line[..<colon]), ByteString(line[(colon + 1)...])))
        }
        signedNames = ByteString(lines[gap + 1])
        payloadHash = ByteString(lines[gap + 2])
    }

    var text: ByteString {
        var output: [UInt8] = []
        for line in [method, path, query] { output += line.bytes + [UInt8(ascii: "\n")] }
        for header in headers {
            output += header.name.bytes + [UInt8(ascii: ":")] + header.value.bytes + [UInt8(ascii: "\n")]
        }
        output += [UInt8(ascii: "\n")] + signedNames.bytes + [UInt8(ascii: "\n")] + payloadHash.bytes
        return ByteString(output)
    }

    /// The text for people: a session token is half a secret.
    var shownText: ByteString {
        var shown = self
        shown.headers = headers.map { $0.name.is("x-amz-security-token") ? HeaderField($0.name, "…") : $0 }
        let pairs = query.bytes.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false).map { pair in
            ByteString(pair).begins(with: "X-Amz-Security-Token=") ? "X-Amz-Security-Token=…" : ByteString(pair)
        }
        shown.query = ByteString(Array(pairs.map(\.bytes).joined(separator: [UInt8(ascii: "&")])))
        return shown.text
    }

    func value(_ name: StaticString) -> ByteString? {
        headers.first { $0.name.is(name) }?.value
    }

    /// The same with another value of a header that it has.
    func with(_ name: ByteString, _ value: ByteString) -> ReceivedRequest {
        var changed = self
        changed.headers = headers.map { $0.name == name ? HeaderField(name, value) : $0 }
        return changed
    }

    /// The same without a header.
    func without(_ name: ByteString) -> ReceivedRequest {
        var changed = self
        changed.headers = headers.filter { $0.name != name }
        let names = signedNames.bytes.split(separator: UInt8(ascii: ";")).filter { ByteString($0) != name }
        changed.signedNames = ByteString(Array(names.joined(separator: [UInt8(ascii: ";")])))
        return changed
    }

    /// The query's parameters, decoded; nil where an escape is broken.
    var parameters: [QueryParameter]? {
        var parameters: [QueryParameter] = []
        for pair in query.bytes.split(separator: UInt8(ascii: "&")) {
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = try? PercentEncoding.decode(ByteString(parts[0])),
                let value = try? PercentEncoding.decode(ByteString(parts.count == 2 ? parts[1] : []))
            else { return nil }
            parameters.append(QueryParameter(name, value))
        }
        return parameters
    }
}
