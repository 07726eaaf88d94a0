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
    var key: ByteString = ""
    var scope: CredentialScope?
    var signingDate: SigningTime?
    var metadataLength = 0

    private var elements: PolicyElement.Set = []
    /// The names that `elements` does not tell apart.
    private var metadataNames: [ByteString] = []

    init(rules: UploadRules, caller: Caller, credentials: Credentials, now: SigningTime) {
        self.rules = rules
        self.caller = caller
        self.credentials = credentials
        self.now = now
        expiration = credentials.end(notAfter: (try? now.adding(seconds: rules.expiresAfter)) ?? now)
    }

    func has(_ element: PolicyElement) -> Bool {
        elements.contains(element)
    }

    /// S3 ignores case: two spellings of one name are one field twice.
    private mutating func noteOnce(_ element: PolicyElement, _ name: ByteString) {
        if element == .metadata {
            noteOnce(metadata: name)
        } else if !elements.insert(element) {
            refuse(name, "Duplicate element name")
        }
    }

    private mutating func noteOnce(metadata name: ByteString) {
        if metadataNames.contains(where: { $0.equalsIgnoringASCIICase(name) }) {
            refuse(name, "Duplicate element name")
        }
        metadataNames.append(name)
    }

    private mutating func refuseUnknown(_ name: ByteString, after earlier: ArraySlice<Condition>) {
        // Cut anywhere, and still UTF-8.
        let shown = ByteString(ByteString(name.bytes.prefix(80)).description)
        if earlier.contains(where: { $0.element.equalsIgnoringASCIICase(name) }) {
            refuse(shown, "Duplicate element name")
        }
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
        document.string(expiration.text(.extended))
        document.name("conditions")
        document.beginArray()
        let conditions = policy.conditions.span
        for index in conditions.indices { examine(conditions[index], at: index, of: policy) }
        examineWhatIsMissing()
        document.endArray()
        document.endObject()
    }

    /// The whole document, once everything is examined.
    consuming func finish() -> ByteString {
        ByteString(document.bytes)
    }

    private mutating func examine(_ condition: Condition, at index: Int, of policy: POSTPolicy) {
        let name = condition.element
        guard let element = PolicyElement(name) else {
            return refuseUnknown(name, after: policy.conditions[..<index])
        }
        noteOnce(element, name)
        if element == .contentLengthRange {
            return examineLengthRange(condition)
        }
        guard let value = condition.exactValue else {
            return refuse(name, "starts-with and operators other than 'eq' are not allowed")
        }
        if let (message, kind) = violation(of: element, name, value) {
            refuse(name, message, kind)
        }
        document.condition(name, equals: value, asMember: condition.isMember)
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

    private mutating func examineLengthRange(_ condition: Condition) {
        switch lengthRange(condition) {
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
