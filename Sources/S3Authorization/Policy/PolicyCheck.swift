/// One policy on its way through the rules: what is wrong with it, and what of it will be signed.
struct PolicyCheck: ~Copyable {
    let rules: UploadRules
    let caller: Caller
    let credentials: Credentials
    let now: SigningTime

    private(set) var violations: [PolicyViolation] = []
    /// The conditions that will be written into the signed policy.
    private(set) var authorized: [Condition] = []
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
        authorized.reserveCapacity(policy.conditions.count + 1)
        let conditions = policy.conditions.span
        for index in conditions.indices {
            examine(conditions[index], at: index, of: policy)
        }
        examineWhatIsMissing()
    }

    private mutating func examine(_ condition: borrowing Condition, at index: Int, of policy: borrowing POSTPolicy) {
        guard let element = PolicyElement(condition.element) else {
            return refuseUnknown(condition.element, after: policy.conditions[..<index])
        }
        noteOnce(element, condition.element)
        if element == .contentLengthRange {
            return examineLengthRange(condition)
        }
        guard let value = condition.exactValue else {
            return refuse(condition.element, "starts-with and operators other than 'eq' are not allowed")
        }
        if let (message, kind) = violation(of: element, condition.element, value) {
            refuse(condition.element, message, kind)
        }
        authorized.append(copy condition)
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

    private mutating func examineLengthRange(_ condition: borrowing Condition) {
        switch lengthRange(condition) {
        case .success(let range): authorized.append(range)
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
            authorized.append(lengthRange(from: 0, to: min(rules.maximumSize, rules.ceiling ?? .max)))
        }
        examineVersion()
        examineMetadataLength()
    }
}
