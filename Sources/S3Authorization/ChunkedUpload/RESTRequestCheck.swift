/// One request of a multipart upload on its way through the rules: what is wrong with it, and what of it will be signed.
struct RESTRequestCheck: ~Copyable {
    let lines: RESTRequestLines
    /// What a browser's `Host` header says: the port is in it unless it is the scheme's own. Nil where the bucket, or
    /// something else, is in the path.
    let host: ByteString?
    /// Its rules are ours, for the fields that a policy has too, and what is wrong is listed there.
    var policy: PolicyCheck

    private var operation: MultipartOperation?
    private var spelling: KeySpelling?
    private var contentType: ByteString = ""
    var payloadHash: ByteString?
    /// The headers that will be signed, in the order of the text.
    var authorized: [HeaderField] = []
    var seen: [RESTHeader] = []

    init(_ lines: RESTRequestLines, _ policy: consuming PolicyCheck, at endpoint: Endpoint, addressing: Addressing) {
        self.lines = lines
        let bucket = policy.rules.bucket
        let isByHost = endpoint.basePath.isEmpty && endpoint.addressing(addressing, for: bucket) == .virtual
        host = isByHost ? endpoint.host(bucket: bucket, addressing: addressing) : nil
        self.policy = policy
    }

    /// The request in types; nil where something is wrong with it.
    mutating func examine() -> MultipartRequest? {
        examineOperation()
        examineKey()
        examineVersion()
        examineHeaders(of: operation)
        policy.examineSecurityToken(isThere: seen.contains(.securityToken))
        policy.examineMetadataLength()
        guard policy.violations.isEmpty, let operation, let spelling, let time = policy.signingDate else { return nil }
        return MultipartRequest(
            operation: operation, key: policy.key, spelling: spelling, time: time, headers: authorized,
            version: typedVersion)
    }

    private var typedVersion: MultipartRequest.Version {
        guard let scope = policy.scope, let payloadHash else {
            return .v2(bucket: policy.rules.bucket, contentType: contentType)
        }
        return .v4(scope, payloadHash: payloadHash)
    }

    var isVersion4: Bool {
        if case .v4 = lines.version { true } else { false }
    }

    private mutating func examineOperation() {
        switch lines.operation {
        case .success(let operation): self.operation = operation
        case .failure(let error): policy.refuse(error.place, error.message)
        }
    }

    private mutating func examineKey() {
        guard let key = lines.key else {
            return policy.refuse("key", "Key should be percent-encoded, each byte in the same way")
        }
        spelling = key.spelling
        if let (message, kind) = policy.violation(ofKey: .string(key.text)) { policy.refuse("key", message, kind) }
    }

    private mutating func examineVersion() {
        let version: SignatureVersion = isVersion4 ? .v4 : .v2
        if !policy.rules.signatureVersions.contains(version) {
            policy.refuseVersion(version)
        } else if policy.caller.expectedVersion == .v4, version == .v2 {
            policy.refuse("x-amz-algorithm", "The URL's ?v4=true asks for version 4, but the text is version 2's")
        }
        switch lines.version {
        case .v2(let contentMD5, let type, let date, let bucket):
            if let (message, kind) = policy.violation(ofBucket: .string(bucket)) {
                policy.refuse("bucket", message, kind)
            }
            if !contentMD5.isEmpty {
                policy.refuse("Content-MD5", "Should be empty: S3 would compare it with the body of this very request")
            }
            if !date.isEmpty { policy.refuse("Date", "The line should be empty: send x-amz-date alone") }
            examine(contentType: type)
        case .v4(let algorithm, let date, let scope, let signedNames, let hash):
            if let (message, kind) = policy.violation(ofAlgorithm: .string(algorithm)) {
                policy.refuse("x-amz-algorithm", message, kind)
            }
            examine(scope: scope)
            examine(date: date)
            examine(signedNames: signedNames)
            examine(payloadHash: hash)
            examineAddressing()
        }
    }

    private mutating func examine(contentType type: ByteString) {
        switch operation {
        case .initiate:
            // A browser that does not know the type sends none, as in a policy; completion settles it.
            if !type.isEmpty, let (message, kind) = policy.rules.violation(ofContentType: .string(type)) {
                policy.refuse("Content-Type", message, kind)
            }
        case .complete where !MultipartOperation.isTypeOfPartList(type):
            policy.refuse("Content-Type", "Should be application/xml, text/xml or empty")
        case .uploadPart where !type.isEmpty, .abort where !type.isEmpty:
            policy.refuse("Content-Type", "Should be empty")
        default: break
        }
        contentType = type
    }

    private mutating func examine(scope text: ByteString) {
        guard let scope = try? CredentialScope(parsing: text) else {
            return policy.refuse("scope", "Should be <date>/<region>/s3/<terminator of version 4>")
        }
        if let (message, kind) = policy.violation(ofScope: scope) { policy.refuse("scope", message, kind) }
    }

    private mutating func examine(date: ByteString) {
        let isSame = lines.headers.contains { $0.name.is("x-amz-date") && $0.value == date }
        if !isSame { policy.refuse("x-amz-date", "Should be there, and be the date of the second line") }
    }

    private mutating func examine(signedNames: ByteString) {
        var rest = signedNames.bytes
        for (index, header) in lines.headers.enumerated() {
            if index > 0, rest.popFirst() != UInt8(ascii: ";") { return refuse(signedNames: signedNames) }
            guard ByteString(rest).hasPrefix(header.name) else { return refuse(signedNames: signedNames) }
            rest = rest.dropFirst(header.name.count)
        }
        if !rest.isEmpty { refuse(signedNames: signedNames) }
    }

    private mutating func refuse(signedNames: ByteString) {
        let hint =
            signedNames.begins(with: "content-md5;")
            ? "; Fine Uploader names Content-MD5 there without a line for it: leave the parameter out" : ""
        policy.refuse("SignedHeaders", "Should name the headers of the text, in their order" + hint)
    }

    private mutating func examine(payloadHash hash: ByteString) {
        guard hash.count == 2 * SHA256.byteCount, hash.bytes.allSatisfy(Self.isHexadecimal) else {
            return policy.refuse("x-amz-content-sha256", "Should be the payload's SHA-256 in lower-case hexadecimal")
        }
        if let operation, !operation.hasBody, hash != PayloadHash.empty.text {
            policy.refuse("x-amz-content-sha256", "Should be the hash of no bytes: this request has no body")
        }
        if !lines.headers.contains(where: { $0.name.is("x-amz-content-sha256") && $0.value == hash }) {
            policy.refuse("x-amz-content-sha256", "Should be there, and be the hash of the last line")
        }
        payloadHash = hash
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }

    /// Fine Uploader signs `/key` and sends it to `endpoint/key`: the two agree only where the host alone is the bucket.
    private mutating func examineAddressing() {
        guard host == nil else { return }
        policy.refuse(
            "host",
            "This site addresses the bucket in the URL's path, and there Fine Uploader cannot sign chunks with version 4: "
                + "it leaves that path out. Give the bucket a host name of its own (s3.addressing = \"virtual\"), or use "
                + "signature: {version: 2}")
    }
}
