/// A POST policy as a client wrote it: until when a form may be posted, and what its fields must hold.
///
/// Reading it checks its shape only; ``UploadRules`` says whether it may be signed.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html>
public struct POSTPolicy: Sendable {
    /// The most conditions that are read: S3's forms need about twenty.
    static let maximumConditions = 100

    /// ISO 8601, UTC; nil where the document has none.
    public var expiration: SigningTime?
    /// In the order of the document; those of a wrong shape are not among them, see ``violations``.
    public var conditions: [Condition] {
        get { places.map { Condition($0, in: text) } }
        set {
            (text, places) = ([], [])
            for condition in newValue { append(condition, to: []) }
        }
    }
    /// What the places of the conditions are in: the document, and behind it what had escapes there.
    private(set) var text: [UInt8] = []
    private(set) var places: [ConditionPlaces] = []
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
        self.text = text
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
        place(of: element).flatMap { places[$0].exactValue(in: text)?.text }
    }

    /// Whether a condition says where S3 is to send the browser.
    package var redirects: Bool {
        place(of: "success_action_redirect") != nil || place(of: "redirect") != nil
    }

    private func place(of element: StaticString) -> Int? {
        places.firstIndex { $0.isOn(element, in: text) }
    }

    /// Whether a condition before that one is on the same field: S3 ignores case, so two spellings of a name are one field.
    func names(_ element: ByteString, before index: Int) -> Bool {
        places[..<index].contains { $0.isOn(element, in: text) }
    }

    /// The end of the `content-length-range`, in bytes, unchecked.
    package var maximumLength: UInt64? {
        for places in places {
            if let maximum = places.maximum(in: text) { return DecimalDigits.value(of: maximum.text) }
        }
        return nil
    }

    /// Takes a condition over: its places where it stands in the document that `text` begins with, else its parts alone,
    /// for what it stands in may be long.
    private mutating func append(_ condition: Condition, to document: [UInt8]) {
        let isHere = unsafe document.withUnsafeBufferPointer { document in
            unsafe condition.text.withUnsafeBufferPointer { unsafe $0.baseAddress == document.baseAddress }
        }
        guard !isHere else { return places.append(condition.places) }
        let copy = Condition(condition.element, condition.match)
        places.append(copy.places.moved(by: text.count))
        text += copy.text
    }

    private mutating func readConditions(from reader: inout JSONReader) throws(JSONError) {
        guard try reader.peek() == .array else {
            try reader.readValue()
            violations.append(PolicyViolation(.conditions, "Conditions should be an array"))
            return
        }
        var array = try reader.beginArray()
        places.reserveCapacity(10)
        var count = 0
        while try reader.nextElement(in: &array) {
            count += 1
            guard count <= Self.maximumConditions else {
                try reader.readValue()
                continue
            }
            if let (name, value) = reader.skipPlainMember() {
                places.append(ConditionPlaces(plain: name, value))
                continue
            }
            switch try reader.readCondition() {
            case .success(let condition): append(condition, to: reader.text)
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

extension POSTPolicy: Equatable {
    /// Whether both ask the same in the same order, byte for byte.
    public static func == (left: POSTPolicy, right: POSTPolicy) -> Bool {
        left.expiration == right.expiration && left.conditions == right.conditions
            && left.violations == right.violations
    }
}
