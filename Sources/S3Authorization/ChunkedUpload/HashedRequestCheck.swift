/// The requests of EvaporateJS in types, every value checked; their text is written from them alone.
struct CheckedHashedRequest: Sendable {
    let operation: ObjectOperation
    let key: ByteString
    let addressing: Addressing
    let time: SigningTime
    let scope: CredentialScope
    /// All but the host and the date.
    let headers: [HeaderField]
    let payloadHash: PayloadHash

    func canonicalRequest(in bucket: ByteString, at endpoint: Endpoint) -> ByteString {
        let ours = [
            HeaderField("host", endpoint.host(bucket: bucket, addressing: addressing)),
            HeaderField("x-amz-date", time.text(.basic)),
        ]
        return CanonicalRequest(
            method: operation.method,
            path: CanonicalPath(endpoint.path(bucket: bucket, key: key, addressing: addressing)),
            query: CanonicalQuery(operation.query), headers: CanonicalHeaders(headers + ours), payloadHash: payloadHash
        ).text
    }

    /// The first three lines of the string to sign.
    var head: ByteString {
        var output = Array(StringToSign.algorithm.bytes)
        output.append(UInt8(ascii: "\n"))
        time.append(.basic, to: &output)
        output.append(UInt8(ascii: "\n"))
        scope.append(to: &output)
        output.append(UInt8(ascii: "\n"))
        return ByteString(output)
    }
}

/// One of them on its way through the rules.
struct HashedRequestCheck: ~Copyable {
    /// What the request is, before its headers.
    struct Line {
        let method: ByteString
        /// As it is spelled, with the slash before it.
        let path: ByteString
        let query: ByteString
    }

    private let line: Line
    private let lines: RESTRequestLines
    private let endpoint: Endpoint
    /// Its rules are ours, for the fields that a policy has too, and what is wrong is listed there.
    var policy: PolicyCheck

    private var operation: ObjectOperation?
    private var addressing: Addressing?
    private var payloadHash: PayloadHash?
    private var headers: [HeaderField] = []
    private var seen: [RESTHeader] = []

    init(_ line: Line, _ lines: RESTRequestLines, _ policy: consuming PolicyCheck, at endpoint: Endpoint) {
        self.line = line
        self.lines = lines
        self.policy = policy
        self.endpoint = endpoint
    }

    /// The request in types; nil where something is wrong with it.
    mutating func examine() -> CheckedHashedRequest? {
        guard case .v4(let algorithm, let date, let scope, _, let hash) = lines.version else { return nil }
        refuse("x-amz-algorithm", policy.violation(ofAlgorithm: .string(algorithm)))
        if !policy.rules.signatureVersions.contains(.v4) { policy.refuseVersion(.v4) }
        examineOperation()
        examineKey()
        examine(scope: scope)
        examineHeaders(date)
        examine(payloadHash: hash)
        policy.examineDay(at: "scope")
        policy.examineSecurityToken(isThere: seen.contains(.securityToken))
        policy.examineMetadataLength()
        guard policy.violations.isEmpty, let operation, let addressing, let payloadHash, let time = policy.signingDate,
            let scope = policy.scope
        else { return nil }
        return CheckedHashedRequest(
            operation: operation, key: policy.key, addressing: addressing, time: time, scope: scope, headers: headers,
            payloadHash: payloadHash)
    }

    private mutating func refuse(_ place: ByteString, _ violation: PolicyCheck.Violation?) {
        if let (message, kind) = violation { policy.refuse(place, message, kind) }
    }

    /// The four of an upload in parts, and EvaporateJS's two questions: which parts are there, and is the object?
    private mutating func examineOperation() {
        let prefix: StaticString = "part-number-marker="
        if line.method.is("HEAD"), line.query.isEmpty {
            operation = .head
        } else if line.method.is("GET"), line.query.begins(with: prefix) {
            let parts = line.query.dropFirst(prefix.utf8CodeUnitCount).bytes.split(separator: UInt8(ascii: "&"))
                .map { ByteString($0) }
            let marker = parts.first.flatMap(DecimalDigits.value)
            guard parts.count == 2, let marker, marker <= MultipartOperation.lastPart,
                parts[1].begins(with: "uploadId="), UploadRules.isUploadID(parts[1].dropFirst(9))
            else { return policy.refuse("operation", "Should be GET ?part-number-marker=N&uploadId=U") }
            operation = .listParts(uploadID: parts[1].dropFirst(9), after: Int(marker))
        } else {
            do throws(MultipartOperation.Invalid) {
                operation = .multipart(try MultipartOperation(method: line.method, query: line.query))
            } catch {
                policy.refuse(error.place, error.message)
            }
        }
    }

    /// The bucket is in the host or in the path; which of the two the host says.
    private mutating func examineKey() {
        let host = lines.headers.first { $0.name.is("host") }?.value
        let ways: [Addressing] = [.virtual, .path]
        guard let way = ways.first(where: { host == endpoint.host(bucket: policy.rules.bucket, addressing: $0) }) else {
            let hosts = ways.map { "'\(endpoint.host(bucket: policy.rules.bucket, addressing: $0))'" }
            let choice = hosts[0] == hosts[1] ? hosts[0] : hosts.joined(separator: " or ")
            return policy.refuse("host", "Host should be \(choice): set aws_url", .notPermitted)
        }
        addressing = way
        let root = endpoint.path(bucket: policy.rules.bucket, key: "", addressing: way)
        let prefix = root.bytes.last == UInt8(ascii: "/") ? root : ByteString(root.bytes + [UInt8(ascii: "/")])
        guard line.path.hasPrefix(prefix), let key = try? PercentEncoding.decode(line.path.dropFirst(prefix.count))
        else {
            return policy.refuse("bucket", "The path should begin with '\(prefix)'", .notPermitted)
        }
        refuse("key", policy.violation(ofKey: .string(key)))
    }

    private mutating func examine(scope text: ByteString) {
        guard let scope = try? CredentialScope(parsing: text) else {
            return policy.refuse("scope", "Should be <date>/<region>/s3/<terminator of version 4>")
        }
        refuse("scope", policy.violation(ofScope: scope))
    }

    private mutating func examineHeaders(_ date: ByteString) {
        for header in lines.headers {
            // Cut anywhere, and still UTF-8: all of it is ASCII.
            let shown = ByteString(header.name.bytes.prefix(80))
            if header.name.is("content-type") {
                examine(contentType: header)
            } else if header.name.is("content-md5") {
                examine(md5: header)
            } else if let known = RESTHeader(header.name), isAllowed(known) {
                seen.append(known)
                examine(header, known, date)
            } else {
                policy.refuse(shown, "This header may not be signed")
            }
        }
        if !seen.contains(.date) { policy.refuse("x-amz-date", "Required header is missing") }
        if operation?.makesObject == true, policy.rules.acl != nil, !seen.contains(.acl) {
            policy.refuse("x-amz-acl", "Required header is missing")
        }
    }

    private func isAllowed(_ known: RESTHeader) -> Bool {
        switch operation {
        case nil: true
        case .multipart(let operation): known.isAllowed(in: operation, isVersion4: true)
        // As little as when an upload is given up.
        default: known.isAllowed(in: .abort(uploadID: ""), isVersion4: true)
        }
    }

    private mutating func examine(_ header: HeaderField, _ known: RESTHeader, _ date: ByteString) {
        let value = Condition.Value.string(header.value)
        switch known {
        case .host: return
        case .date:
            refuse(header.name, policy.violation(ofDate: value))
            if header.value != date { policy.refuse(header.name, "Should be the date of the second line") }
            return
        case .payloadHash:
            if case .v4(_, _, _, _, let hash) = lines.version, header.value != hash {
                policy.refuse(header.name, "Should be the hash of the last line")
            }
        case .securityToken: refuse(header.name, policy.violation(ofSecurityToken: value))
        case .acl: refuse(header.name, policy.violation(ofACL: value))
        case .storageClass: refuse(header.name, policy.violation(of: value, among: policy.rules.storageClasses))
        case .serverSideEncryption: refuse(header.name, policy.violation(of: value, among: policy.rules.encryptions))
        case .encryptionKeyID: refuse(header.name, policy.violation(of: value, among: policy.rules.encryptionKeyIDs))
        case .metadata: refuse(header.name, policy.violation(ofMetadata: value, header.name))
        }
        headers.append(header)
    }

    /// That of the object when an upload begins, that of the list of parts when it ends.
    private mutating func examine(contentType header: HeaderField) {
        switch operation {
        case .multipart(.initiate):
            refuse("Content-Type", policy.rules.violation(ofContentType: .string(header.value)))
        case .multipart(.complete) where MultipartOperation.isTypeOfPartList(header.value): break
        case nil: break
        default: policy.refuse("Content-Type", "This request should have no such type")
        }
        headers.append(header)
    }

    private mutating func examine(md5 header: HeaderField) {
        let isPart = if case .multipart(.uploadPart) = operation { true } else { operation == nil }
        guard isPart, UploadChecksum(base64: header.value) == .md5(header.value) else {
            return policy.refuse("Content-MD5", "Should be a part's MD5 in Base64")
        }
        headers.append(header)
    }

    /// Of a part it may be left open, as EvaporateJS does.
    private mutating func examine(payloadHash hash: ByteString) {
        var isPart = false
        if case .multipart(.uploadPart) = operation { isPart = true }
        var hasBody = isPart
        if case .multipart(let operation) = operation { hasBody = operation.hasBody }
        let isHash = hash.count == 64 && hash.lowercasedASCII == hash && Hexadecimal.decode(hash) != nil
        let isKnown = isHash && (hasBody || hash == PayloadHash.empty.text)
        guard isKnown || isPart && hash == PayloadHash.unsigned.text else {
            let message = "Should be the body's SHA-256 in lower-case hexadecimal, for a part also UNSIGNED-PAYLOAD"
            return policy.refuse("x-amz-content-sha256", message)
        }
        payloadHash = PayloadHash(known: hash)
    }
}
