/// One policy on its way through the rules: what is wrong with it, and what of it will be signed.
struct PolicyCheck: ~Copyable {
    let rules: UploadRules
    let caller: Caller
    let credentials: Credentials
    let now: SigningTime
    /// When the signature stops being good.
    let expiration: SigningTime

    private(set) var violations: [PolicyViolation] = []
    /// The policy that will be signed if nothing is wrong, written anew out of what was looked at.
    private var document = JSONWriter(capacity: 960)
    var key = ByteString([])
    var scope: CredentialScope?
    var signingDate: SigningTime?
    var metadataLength = 0

    private var elements: PolicyElement.Set = []

    init(rules: UploadRules, caller: Caller, credentials: Credentials, now: SigningTime) {
        self.rules = rules
        self.caller = caller
        self.credentials = credentials
        self.now = now
        expiration = credentials.end(notAfter: (try? now.adding(seconds: rules.expiresAfter)) ?? now)
    }

    @inline(__always)
    func has(_ element: PolicyElement) -> Bool {
        elements.contains(element)
    }

    /// `elements` does not tell the names of metadata apart. One that is refused itself is none that is repeated.
    private func isRepeated(metadata name: ByteString, at index: Int, of policy: POSTPolicy) -> Bool {
        policy.places[..<index].contains { earlier in
            earlier.isOn(name, in: policy.text) && PolicyElement(earlier.element(in: policy.text)) == .metadata
        }
    }

    private mutating func refuseUnknown(_ name: ByteString, at index: Int, of policy: POSTPolicy) {
        // Cut anywhere, and still UTF-8.
        let shown = ByteString(ByteString(name.bytes.prefix(80)).description)
        if policy.names(name, before: index) { refuse(shown, "Duplicate element name") }
        refuse(shown, "Invalid element name")
    }

    mutating func refuse(_ element: ByteString, _ message: String, _ kind: PolicyViolation.Kind = .invalid) {
        violations.append(PolicyViolation(.condition(element), message, kind: kind))
    }

    mutating func refuse(_ violation: PolicyViolation) {
        violations.append(violation)
    }

    mutating func examine(_ policy: POSTPolicy) {
        violations = policy.violations
        document.beginObject()
        document.name("expiration")
        document.time(expiration)
        document.name("conditions")
        document.beginArray()
        for index in policy.places.indices { examineCondition(at: index, of: policy) }
        examineWhatIsMissing()
        document.endArray()
        document.endObject()
    }

    /// The whole document, once everything is examined.
    consuming func finish() -> ByteString {
        ByteString(document.bytes)
    }

    private mutating func examineCondition(at index: Int, of policy: POSTPolicy) {
        let condition = policy.places[index]
        let name = condition.element(in: policy.text)
        guard let element = PolicyElement(name) else { return refuseUnknown(name, at: index, of: policy) }
        let isNew = elements.insert(element)
        if element == .metadata ? isRepeated(metadata: name, at: index, of: policy) : !isNew {
            refuse(name, "Duplicate element name")
        }
        if element == .contentLengthRange {
            return examineLengthRange(name, condition.match(in: policy.text))
        }
        guard let value = condition.exactValue(in: policy.text) else {
            return refuse(name, "starts-with and operators other than 'eq' are not allowed")
        }
        if let (message, kind) = violation(of: element, name, value) {
            refuse(name, message, kind)
        }
        document.condition(condition, in: policy.text)
    }

    private mutating func violation(
        of element: PolicyElement, _ name: ByteString, _ value: Condition.Value
    ) -> (String, PolicyViolation.Kind)? {
        switch element {
        case .acl: violation(ofACL: value)
        case .bucket: violation(ofBucket: value)
        case .key: violation(ofKey: value)
        case .contentLengthRange: nil
        case .contentType: rules.violation(ofContentType: value)
        case .cacheControl, .contentDisposition, .contentEncoding: violation(ofHeader: value)
        case .redirect, .successActionRedirect: violation(ofRedirect: value)
        case .successActionStatus: violation(ofStatus: value)
        case .algorithm: violation(ofAlgorithm: value)
        case .credential: violation(ofCredential: value)
        case .date: violation(ofDate: value)
        case .securityToken: violation(ofSecurityToken: value)
        case .storageClass: violation(of: value, among: rules.storageClasses)
        case .serverSideEncryption: violation(of: value, among: rules.encryptions)
        case .encryptionKeyID: violation(of: value, among: rules.encryptionKeyIDs)
        case .metadata: violation(ofMetadata: value, name)
        }
    }

    private mutating func examineLengthRange(_ name: ByteString, _ match: Condition.Match) {
        switch lengthRange(match, of: name) {
        case .success(let range): document.lengthRange(range)
        case .failure(let violation): violations.append(violation)
        }
    }

    private mutating func examineWhatIsMissing() {
        if !has(.acl), rules.acl != nil { refuse("acl", "Required condition is missing") }
        if !has(.bucket) { refuse("bucket", "Required condition is missing") }
        if !has(.key) { refuse("key", "Required condition is missing") }
        if has(.redirect) && has(.successActionRedirect) {
            refuse("redirect", "Send success_action_redirect or redirect, not both")
        }
        if !has(.contentLengthRange) {
            document.lengthRange(0...min(rules.maximumSize, rules.ceiling ?? .max))
        }
        examineVersion()
        examineMetadataLength()
    }
}
