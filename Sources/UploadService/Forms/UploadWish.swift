internal import S3Authorization

/// What an API client may say beforehand about what it is going to upload: all of it will be signed, but for the name.
struct UploadWish: Equatable {
    /// Empty where none was given; only its extension is used.
    var filename: ByteString = ""
    var type: ByteString?
    /// Bytes.
    var size: UInt64?
    var checksum: UploadChecksum?
    var version: SignatureVersion?

    init(
        filename: ByteString = "", type: ByteString? = nil, size: UInt64? = nil, checksum: UploadChecksum? = nil
    ) {
        self.filename = filename
        self.type = type
        self.size = size
        self.checksum = checksum
    }

    /// Reads a JSON object; members that are not ours mean nothing here, and null is as good as none.
    init(json body: [UInt8]) throws(RequestError) {
        var problems: [RequestError.Detail] = []
        do throws(JSONError) {
            var reader = JSONReader(body)
            var object = try reader.beginObject()
            while let name = try reader.nextMember(in: &object) {
                let kind = try reader.peek()
                let text = kind == .string ? try reader.readString() : try reader.readValue()
                guard kind != .null, let problem = take(name, text, kind) else { continue }
                problems.append(RequestError.Detail(place: name, message: problem))
            }
            try reader.end()
        } catch {
            throw .malformedJSON(error, in: body)
        }
        guard problems.isEmpty else { throw .invalidFields(problems, status: 400) }
    }

    /// What is wrong with the member, if anything.
    mutating func take(_ name: ByteString, _ text: ByteString, _ kind: JSONReader.Kind) -> String? {
        if name.is("filename") {
            guard kind == .string else { return "This field should be a string." }
            guard text.count <= CompletionFields.maximumNameLength else {
                return "This field should have at most \(CompletionFields.maximumNameLength) bytes."
            }
            guard !text.hasControlCharacter else { return "This field should not have control characters." }
            filename = text
        } else if name.is("type") {
            guard kind == .string else { return "This field should be a string." }
            type = text.isEmpty ? nil : text
        } else if name.is("size") {
            guard kind == .string || kind == .number, let value = DecimalDigits.value(of: text) else {
                return "This field should be a whole number of bytes."
            }
            size = value
        } else if name.is("checksum") {
            guard kind == .string, let value = UploadChecksum(base64: text) else {
                return "This field should be a SHA-256 or an MD5 in Base64."
            }
            checksum = value
        } else if name.is("signatureVersion") {
            guard kind == .string || kind == .number, text.is("2") || text.is("4") else {
                return "This field should be 2 or 4."
            }
            version = text.is("2") ? .v2 : .v4
        }
        return nil
    }
}

extension RequestError {
    /// One problem speaks for itself; of several, each is named with its field.
    static func invalidFields(_ problems: [Detail], status: Int) -> RequestError {
        let texts = problems.map { "\($0.place): \($0.message)" }
        return RequestError(
            status: status, code: status == 403 ? "not_permitted" : "invalid_fields",
            message: texts.joined(separator: "; "), details: problems)
    }
}
