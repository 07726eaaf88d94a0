/// The headers that may be signed in a request of a multipart upload; every other one is refused.
enum RESTHeader: Equatable {
    case host, payloadHash, date, securityToken
    case acl, storageClass, serverSideEncryption, encryptionKeyID
    /// `x-amz-meta-` and a name of its own.
    case metadata

    /// In lower case, as both versions sign names.
    init?(_ name: ByteString) {
        if name.is("host") {
            self = .host
        } else if name.is("x-amz-content-sha256") {
            self = .payloadHash
        } else if name.is("x-amz-acl") {
            self = .acl
        } else {
            switch PolicyElement(name) {
            case .date: self = .date
            case .securityToken: self = .securityToken
            case .storageClass: self = .storageClass
            case .serverSideEncryption: self = .serverSideEncryption
            case .encryptionKeyID: self = .encryptionKeyID
            case .metadata where name == name.lowercasedASCII: self = .metadata
            default: return nil
            }
        }
    }

    /// What says how to store the object can be said only when the upload begins.
    private var isOfObject: Bool {
        switch self {
        case .acl, .storageClass, .serverSideEncryption, .encryptionKeyID, .metadata: true
        case .host, .payloadHash, .date, .securityToken: false
        }
    }

    private var isOfVersion4: Bool { self == .host || self == .payloadHash }

    func isAllowed(in operation: MultipartOperation?, isVersion4: Bool) -> Bool {
        (isVersion4 || !isOfVersion4) && (!isOfObject || operation == .initiate || operation == nil)
    }
}

extension RESTRequestCheck {
    mutating func examineHeaders(of operation: MultipartOperation?) {
        var last: ByteString = ""
        for header in lines.headers {
            // Cut anywhere, and still UTF-8: all of it is ASCII.
            let shown = ByteString(header.name.bytes.prefix(80))
            if header.name == last {
                policy.refuse(shown, "Duplicate header")
            } else if !last.precedes(header.name) {
                policy.refuse(shown, "Should stand before '\(ByteString(last.bytes.prefix(80)))': headers are sorted")
            }
            last = header.name
            guard let known = RESTHeader(header.name), known.isAllowed(in: operation, isVersion4: isVersion4) else {
                policy.refuse(shown, "This header may not be signed")
                continue
            }
            seen.append(known)
            examine(header, known)
        }
        examineWhatIsMissing(operation)
    }

    private mutating func examine(_ header: HeaderField, _ known: RESTHeader) {
        if let (message, kind) = violation(of: known, header.name, .string(header.value)) {
            policy.refuse(header.name, message, kind)
        } else if !isTrimmed(header.value) {
            policy.refuse(header.name, "Should have no needless white space: S3 signs over the value without it")
        }
        // What has a type is written from it.
        switch (known, policy.signingDate) {
        case (.date, let time?):
            authorized.append(HeaderField("x-amz-date", time.text(isVersion4 ? .basic : .http)))
        case (.host, _): authorized.append(HeaderField("host", host ?? ""))
        default: authorized.append(header)
        }
    }

    /// Version 4 also makes every run of spaces one.
    private func isTrimmed(_ value: ByteString) -> Bool {
        value.bytes.first != 0x20 && value.bytes.last != 0x20 && !(isVersion4 && value.contains("  "))
    }

    private mutating func violation(
        of known: RESTHeader, _ name: ByteString, _ value: Condition.Value
    ) -> PolicyCheck.Violation? {
        switch known {
        case .host: violation(ofHost: value.text)
        // Compared with the text's last line.
        case .payloadHash: nil
        case .date: policy.violation(ofDate: value, as: isVersion4 ? .basic : .http)
        case .securityToken: policy.violation(ofSecurityToken: value)
        case .acl: policy.violation(ofACL: value)
        case .storageClass: policy.violation(of: value, among: policy.rules.storageClasses)
        case .serverSideEncryption: policy.violation(of: value, among: policy.rules.encryptions)
        case .encryptionKeyID: policy.violation(of: value, among: policy.rules.encryptionKeyIDs)
        case .metadata: policy.violation(ofMetadata: value, name)
        }
    }

    private func violation(ofHost value: ByteString) -> PolicyCheck.Violation? {
        // Where the bucket is in the path no host is right, which is said already.
        guard let host, value != host else { return nil }
        let hint =
            value.hasPrefix(host) && value.dropFirst(host.count).bytes.first == UInt8(ascii: "/")
            ? ": give Fine Uploader a request.endpoint without a slash at its end" : ""
        return ("Host should be '\(host)'\(hint)", .notPermitted)
    }

    private mutating func examineWhatIsMissing(_ operation: MultipartOperation?) {
        let missing = "Required header is missing"
        if isVersion4 {
            policy.examineDay(at: "scope")
            if !seen.contains(.host) { policy.refuse("host", missing) }
        } else if !seen.contains(.date) {
            policy.refuse("x-amz-date", missing)
        }
        if operation == .initiate, policy.rules.acl != nil, !seen.contains(.acl) { policy.refuse("x-amz-acl", missing) }
    }
}
