/// The rules of single form fields; the texts of drf-to-s3 stay where its rules stay.
extension PolicyCheck {
    typealias Violation = (String, PolicyViolation.Kind)

    func violation(ofACL value: Condition.Value) -> Violation? {
        guard let acl = rules.acl else { return ("No ACL may be sent: leave this condition out", .notPermitted) }
        return value == .string(acl) ? nil : ("ACL should be '\(acl)'", .notPermitted)
    }

    func violation(ofBucket value: Condition.Value) -> Violation? {
        guard case .string(let name) = value, (3...255).contains(name.count), name.bytes.allSatisfy(Self.isBucketByte)
        else { return ("Invalid bucket name", .invalid) }
        return name == rules.bucket ? nil : ("Bucket should be '\(rules.bucket)'", .notPermitted)
    }

    private static func isBucketByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    mutating func violation(ofKey value: Condition.Value) -> Violation? {
        guard case .string(let key) = value else { return ("Key should be a string", .invalid) }
        self.key = key
        return KeyRules(characters: rules.keyCharacters, prefix: caller.prefix).violation(of: key)
    }

    func violation(ofHeader value: Condition.Value) -> Violation? {
        guard case .string(let text) = value, text.count <= 1024, text.isFreeOfControls else {
            return ("Should be a string of at most 1024 bytes without control characters", .invalid)
        }
        return nil
    }

    func violation(ofStatus value: Condition.Value) -> Violation? {
        let status = value.text
        return status.is("200") || status.is("201") || status.is("204") ? nil : ("Should be 200, 201 or 204", .invalid)
    }

    func violation(ofRedirect value: Condition.Value) -> Violation? {
        guard case .string(let text) = value, let url = HTTPURL(text) else {
            return ("Should be an absolute http or https URL", .invalid)
        }
        if caller.returnPage?.matches(url) == true { return nil }
        if rules.redirects.contains(where: { url.isAtOrBelow($0) }) { return nil }
        return ("Redirects may lead only to this site's own empty_html or to the configured list", .invalid)
    }

    func violation(of value: Condition.Value, among allowed: [ByteString]) -> Violation? {
        if case .string(let text) = value, allowed.contains(text) { return nil }
        guard !allowed.isEmpty else { return ("Invalid element name", .invalid) }
        return ("Should be one of: \(allowed.map(\.description).joined(separator: ", "))", .invalid)
    }

    mutating func violation(ofMetadata value: Condition.Value, _ name: ByteString) -> Violation? {
        metadataLength += name.count - 11 + value.text.count
        return UploadRules.violation(ofMetadata: value, name)
    }

    mutating func examineMetadataLength() {
        if metadataLength > UploadRules.largestMetadata { refuse(UploadRules.tooMuchMetadata) }
    }

    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html>
    func lengthRange(
        _ match: Condition.Match, of name: ByteString
    ) -> Result<ClosedRange<UInt64>, PolicyViolation> {
        let place = PolicyViolation.Place.condition(name)
        guard case .range(let minimum, let maximum) = match else {
            return .failure(PolicyViolation(place, "Should be [\"content-length-range\", minimum, maximum]"))
        }
        guard let first = DecimalDigits.value(of: minimum.text), var last = DecimalDigits.value(of: maximum.text) else {
            return .failure(PolicyViolation(place, "Both ends should be whole numbers of bytes"))
        }
        // What Fine Uploader sends where a page sets only a minimum: 2^53, "no maximum".
        if last == 9_007_199_254_740_992 { last = rules.maximumSize }
        last = last <= rules.maximumSize ? min(last, rules.ceiling ?? last) : last
        guard first <= last else {
            return .failure(PolicyViolation(place, "The minimum should not be larger than the maximum"))
        }
        guard last <= rules.maximumSize else {
            return .failure(PolicyViolation(place, "The maximum should be at most \(rules.maximumSize) bytes"))
        }
        return .success(first...last)
    }
}

extension UploadRules {
    func violation(ofContentType value: Condition.Value) -> PolicyCheck.Violation? {
        guard case .string(let text) = value, let contentType = ContentType(text) else {
            return ("Invalid Content-Type", .invalid)
        }
        if contentTypes.isEmpty || contentTypes.contains(where: { $0.matches(contentType) }) { return nil }
        let allowed = contentTypes.map(\.description).joined(separator: ", ")
        return ("Content-Type '\(text)' is not allowed; allowed: \(allowed)", .invalid)
    }
}

extension ByteString {
    /// Neither C0, DEL nor C1; the text is UTF-8.
    var isFreeOfControls: Bool {
        string?.unicodeScalars.contains { $0.isControl } == false
    }
}
