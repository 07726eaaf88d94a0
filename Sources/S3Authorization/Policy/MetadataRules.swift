/// The rules of metadata that a client brings, the same in a form's fields and in a request's headers.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html#UserMetadata>
extension UploadRules {
    /// In bytes, all names without their prefix and all values together.
    static let largestMetadata = 2048

    func metadataViolations(_ metadata: [HeaderField]) -> [PolicyViolation] {
        var violations: [PolicyViolation] = []
        var length = 0
        for (index, field) in metadata.enumerated() {
            // Cut anywhere, and still UTF-8.
            let shown = ByteString(ByteString(field.name.bytes.prefix(80)).description)
            func refuse(_ message: String) {
                violations.append(PolicyViolation(.condition(shown), message))
            }
            guard PolicyElement(field.name) == .metadata else {
                refuse("Invalid element name")
                continue
            }
            if metadata[..<index].contains(where: { $0.name.equalsIgnoringASCIICase(field.name) }) {
                refuse("Duplicate element name")
            }
            if let (message, _) = Self.violation(ofMetadata: .string(field.value), field.name) { refuse(message) }
            length += field.name.count - 11 + field.value.count
        }
        if length > Self.largestMetadata { violations.append(Self.tooMuchMetadata) }
        return violations
    }

    static func violation(ofMetadata value: Condition.Value, _ name: ByteString) -> PolicyCheck.Violation? {
        guard name.isFileName else {
            guard value.isString || value.isExactNumber else {
                return ("Should be a string or a whole number of at most 15 digits", .invalid)
            }
            return value.text.bytes.allSatisfy { (0x20...0x7e).contains($0) }
                ? nil : ("Should be printable ASCII: percent-encode everything else", .invalid)
        }
        guard case .string(let text) = value else { return ("Filename should be a string", .invalid) }
        if PercentEncoding.decodesToPrintableASCII(text) { return nil }
        guard text.bytes.allSatisfy({ $0 < 0x80 }), let decoded = try? PercentEncoding.decode(text),
            let scalars = decoded.string?.unicodeScalars
        else { return ("Filename should be a valid URL-encoded string", .invalid) }
        return scalars.contains { $0.isControl } ? ("Filename should not include fancy characters", .invalid) : nil
    }

    static var tooMuchMetadata: PolicyViolation {
        PolicyViolation(
            .condition("x-amz-meta-*"),
            "All metadata names and values together should have at most \(largestMetadata) bytes")
    }
}

extension Condition.Value {
    /// Whether every reader of the policy spells the number as it stands: a store compares that with the field's text.
    ///
    /// A fraction, an exponent or a minus zero is another text to Ceph's gateway; 15 digits are safe in every reader.
    fileprivate var isExactNumber: Bool {
        let isNegative = text.bytes.first == UInt8(ascii: "-")
        let digits = text.dropFirst(isNegative ? 1 : 0)
        guard isNumber, digits.count <= 15, let value = DecimalDigits.value(of: digits) else { return false }
        return !isNegative || value > 0
    }
}

extension ByteString {
    /// `x-amz-meta-qqfilename`, in any case.
    fileprivate var isFileName: Bool {
        isInAnyCase("x-amz-meta-qqfilename")
    }
}
