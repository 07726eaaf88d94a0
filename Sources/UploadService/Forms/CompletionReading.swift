internal import FastCGI
internal import S3Authorization
internal import S3Client

extension CompletionPost {
    /// Reads Fine Uploader's completion: the body of a form, which must name key, uuid, name and bucket.
    init(form body: [UInt8]) throws(RequestError) {
        var fields = CompletionFields()
        let custom: [JSONMember]
        do throws(FormError) {
            var others: [FormPair] = []
            for pair in try FormReader.pairs(ByteString(body)) {
                if let field = CompletionFields.Field(pair.name), field != .filename {
                    fields.set(field, pair.value)
                } else {
                    others.append(pair)
                }
            }
            custom = try NestedForm(others).members
        } catch {
            throw .malformedForm(error)
        }
        for member in custom {
            guard let field = CompletionFields.Field(member.name), field != .filename else { continue }
            fields.report(field, "This field should be a single value.")
        }
        fields.require([.key, .uuid, .name, .bucket])
        self = try fields.post(.form, name: .name, parameters: custom)
    }

    /// Reads an API client's completion: a JSON object, which must name key and filename, `name` for short.
    init(json body: [UInt8]) throws(RequestError) {
        var fields = CompletionFields()
        var custom: [JSONMember] = []
        do throws(JSONError) {
            var reader = JSONReader(body)
            var object = try reader.beginObject()
            while let name = try reader.nextMember(in: &object) {
                guard let field = CompletionFields.Field(name) else {
                    custom.append(JSONMember(name, json: try reader.readValue()))
                    continue
                }
                switch try reader.peek() {
                case .string: fields.set(field == .name ? .filename : field, try reader.readString())
                case .null: try reader.readNull()
                case .array, .boolean, .number, .object:
                    try reader.readValue()
                    fields.report(field, "This field should be a string.")
                }
            }
            try reader.end()
        } catch {
            throw .malformedJSON(error, in: body)
        }
        fields.require([.key, .filename])
        self = try fields.post(.json, name: .filename, parameters: custom)
    }

    /// Reads the dialect that the request's content type names.
    ///
    /// A type that any page may send, `text/plain` or none, is taken only from an XDomainRequest of our own origins.
    init(_ inquiry: Inquiry) throws(RequestError) {
        if inquiry.isJSON {
            try self.init(json: inquiry.request.body)
        } else if inquiry.isForm || inquiry.isStatusless {
            try self.init(form: inquiry.request.body)
        } else {
            throw .unsupportedCompletionType
        }
    }
}

extension Inquiry {
    /// `application/x-www-form-urlencoded`, with parameters or without.
    var isForm: Bool { mediaType?.isInAnyCase("application/x-www-form-urlencoded") == true }
}

extension RequestError {
    static var unsupportedCompletionType: RequestError {
        RequestError(
            status: 415, code: "unsupported_media_type",
            message: "The request should have Content-Type: application/x-www-form-urlencoded or application/json")
    }
}
