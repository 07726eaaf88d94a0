/// A POST policy as a client wrote it: until when a form may be posted, and what its fields must hold.
///
/// Reading it checks its shape only; ``UploadRules`` says whether it may be signed.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html>
public struct POSTPolicy: Equatable, Sendable {
    /// The most conditions that are read: S3's forms need about twenty.
    static let maximumConditions = 100

    /// ISO 8601, UTC; nil where the document has none.
    public var expiration: SigningTime?
    /// In the order of the document; those of a wrong shape are not among them, see ``violations``.
    public var conditions: [Condition]
    /// What is wrong with the document's shape, found while reading it.
    public private(set) var violations: [PolicyViolation] = []

    /// A policy of a site's own making; no shape is checked here, ``UploadRules`` checks all.
    public init(expiration: SigningTime? = nil, conditions: [Condition]) {
        self.expiration = expiration
        self.conditions = conditions
    }

    /// Reads a policy document: one JSON object with `conditions` and, if it likes, `expiration`.
    ///
    /// Throws ``JSONError`` where the text is not JSON of the strict kind; a wrong shape is listed in ``violations``.
    public init(parsing text: [UInt8]) throws(JSONError) {
        conditions = []
        var reader = JSONReader(text)
        guard try reader.peek() == .object else {
            try reader.readValue()
            try reader.end()
            violations = [PolicyViolation(.conditions, "A policy should be a JSON object")]
            return
        }
        var hasConditions = false
        var document = try reader.beginObject()
        while let name = try reader.nextMember(in: &document) {
            if name.is("conditions") {
                hasConditions = true
                try readConditions(from: &reader)
            } else if name.is("expiration") {
                try readExpiration(from: &reader)
            } else {
                try reader.readValue()
                let shown = ByteString(name.bytes.prefix(80))
                violations.append(PolicyViolation(.conditions, "Unknown member of the policy: \(shown)"))
            }
        }
        try reader.end()
        if !hasConditions { violations.append(PolicyViolation(.conditions, "This field is required.")) }
    }

    /// What the `key` condition names, unchecked; nil where there is none.
    package var key: ByteString? {
        value(of: "key")
    }

    /// What a field must equal, unchecked; nil where no condition says so.
    package func value(of element: StaticString) -> ByteString? {
        place(of: element).flatMap { conditions[$0].exactValue?.text }
    }

    /// Whether a condition says where S3 is to send the browser.
    package var redirects: Bool {
        place(of: "success_action_redirect") != nil || place(of: "redirect") != nil
    }

    private func place(of element: StaticString) -> Int? {
        // A span lends its conditions, an array would copy each.
        let conditions = conditions.span
        for index in conditions.indices where conditions[index].isOn(element) { return index }
        return nil
    }

    /// The end of the `content-length-range`, in bytes, unchecked.
    package var maximumLength: UInt64? {
        let conditions = conditions.span
        for index in conditions.indices {
            if let maximum = conditions[index].maximum { return DecimalDigits.value(of: maximum.text) }
        }
        return nil
    }

    private mutating func readConditions(from reader: inout JSONReader) throws(JSONError) {
        guard try reader.peek() == .array else {
            try reader.readValue()
            violations.append(PolicyViolation(.conditions, "Conditions should be an array"))
            return
        }
        var array = try reader.beginArray()
        conditions.reserveCapacity(10)
        var count = 0
        while try reader.nextElement(in: &array) {
            count += 1
            guard count <= Self.maximumConditions else {
                try reader.readValue()
                continue
            }
            switch try reader.readCondition() {
            case .success(let condition): conditions.append(condition)
            case .failure(let violation): violations.append(violation)
            }
        }
        if count > Self.maximumConditions {
            let message = "A policy should have at most \(Self.maximumConditions) conditions, not \(count)"
            violations.append(PolicyViolation(.conditions, message))
        }
    }

    private mutating func readExpiration(from reader: inout JSONReader) throws(JSONError) {
        if try reader.peek() == .string {
            expiration = try? SigningTime(parsing: try reader.readString(), as: .extended)
        } else {
            try reader.readValue()
        }
        if expiration == nil {
            let message = "Expiration should be a date and time such as 2030-01-31T23:59:59.000Z"
            violations.append(PolicyViolation(.expiration, message))
        }
    }
}
