internal import FastCGI
internal import S3Authorization

/// `POST s3/presign`, Uppy's `signRequest`: a URL for one request about one object, whose key the client chooses.
///
/// Nothing here bounds what is uploaded: completion looks at size and type.
struct SignRequestHandler {
    private let inquiry: Inquiry
    private let surroundings: Surroundings

    init(_ inquiry: Inquiry, _ surroundings: Surroundings) {
        self.inquiry = inquiry
        self.surroundings = surroundings
    }

    func respond(_ account: inout Account) throws(RequestError) -> Response {
        let profile = try inquiry.profile(&account)
        guard inquiry.isJSON else { throw .unsupportedMediaType }
        let identity = try inquiry.identity(&account)
        try inquiry.checkBody(limit: profile.bodyLimit)
        let wish = try SignRequestWish(json: inquiry.request.body)
        let key = wish.key(in: identity.prefix)
        account.key = key
        if wish.operation == .delete, !profile.allowsDeletion { throw .deletingIsOff }
        let now = surroundings.signingTime
        let authorized = try authorized(wish, key, profile.rules, identity, at: now)
        let signed = try inquiry.presigned(authorized, profile.rules)
        if wish.operation.makesObject {
            // No URL bounds what comes; what the answer narrows is held to by the question before the copy.
            let rules =
                try UploadQuestion(key: key, type: wish.contentType, undeclared: .impossible)
                .narrowed(profile, for: identity, inquiry, surroundings, &account) ?? profile.rules
            let leave = Leave(under: rules, isInParts: wish.operation != .put) { rules throws(RequestError) in
                _ = try self.authorized(wish, key, rules, identity, at: now)
            }
            try LeaveDesk(inquiry: inquiry, surroundings: surroundings, profile: profile, identity: identity)
                .give(leave, &account)
        } else if wish.operation == .delete {
            account.shadow = inquiry.shadowRefusal(by: profile) { trial throws(RequestError) in
                guard trial.allowsDeletion else { throw .deletingIsOff }
                _ = try self.authorized(wish, key, trial.rules, identity, at: now)
            }
        }
        var writer = JSONWriter(capacity: 1024)
        writer.beginObject()
        writer.name("url")
        writer.string(signed.url)
        writer.name("key")
        writer.string(key)
        writer.name("expires")
        writer.number(signed.expiration.secondsSince1970 - now.secondsSince1970)
        writer.endObject()
        return Answers.json(writer.bytes)
    }

    private func authorized(
        _ wish: SignRequestWish, _ key: ByteString, _ rules: UploadRules, _ identity: Identity, at now: SigningTime
    ) throws(RequestError) -> AuthorizedOperation {
        do throws(PolicyViolations) {
            return try rules.authorize(
                wish.operation, on: key, contentType: wish.contentType, for: Caller(prefix: identity.prefix),
                lifetime: wish.lifetime, at: now)
        } catch {
            throw .refusedUpload(error)
        }
    }
}

/// What Uppy wants to send to S3.
struct SignRequestWish: Equatable {
    let operation: ObjectOperation
    /// As the client has it, with its prefix or without.
    private let key: ByteString
    var contentType: ByteString?
    /// Seconds.
    var lifetime: Int64?

    /// Reads `{"method", "key", "uploadId", "partNumber", "contentType", "expiresIn"}`; null is as good as none.
    init(json: [UInt8]) throws(RequestError) {
        var fields = SignRequestFields()
        do throws(JSONError) {
            try fields.read(json)
        } catch {
            throw .malformedJSON(error, in: json)
        }
        if fields.key == nil, fields.problems.isEmpty { fields.report("key", "This field is required.") }
        guard fields.problems.isEmpty, let key = fields.key else {
            throw .invalidFields(fields.problems, status: 400)
        }
        guard let operation = fields.operation else { throw .noSuchOperation }
        self.operation = operation
        self.key = key
        contentType = fields.contentType
        lifetime = fields.lifetime
    }

    /// A key that lies in the prefix already stays: Uppy gives back what it was given.
    func key(in prefix: KeyPrefix) -> ByteString {
        key.hasPrefix(prefix.text) ? key : ByteString(prefix.text.bytes + key.bytes)
    }
}

/// The members of Uppy's request, as far as they are ours.
private struct SignRequestFields {
    var method: ByteString?
    var key: ByteString?
    var uploadID: ByteString?
    var partNumber: Int?
    var contentType: ByteString?
    var lifetime: Int64?
    private(set) var problems: [RequestError.Detail] = []

    mutating func report(_ place: ByteString, _ message: String) {
        problems.append(RequestError.Detail(place: place, message: message))
    }

    mutating func read(_ json: [UInt8]) throws(JSONError) {
        for member in try JSONMembers(parsing: json).all {
            var reader = JSONReader(Array(member.json.bytes))
            let kind = try reader.peek()
            if kind == .null { continue }
            let text = kind == .string ? try reader.readString() : member.json
            let isText = kind == .string
            let name = member.name
            if name.is("partNumber") || name.is("expiresIn") {
                let value = kind == .number || isText ? DecimalDigits.value(of: text) : nil
                guard let number = value.flatMap({ Int(exactly: $0) }) else {
                    report(name, "This field should be a whole number.")
                    continue
                }
                if name.is("partNumber") { partNumber = number } else { lifetime = Int64(number) }
            } else if let field = Self.field(name) {
                guard isText else {
                    report(name, "This field should be a string.")
                    continue
                }
                if !text.isEmpty { self[keyPath: field] = text }
            }
        }
    }

    private static func field(_ name: ByteString) -> WritableKeyPath<Self, ByteString?>? {
        if name.is("method") { return \.method }
        if name.is("key") { return \.key }
        if name.is("uploadId") { return \.uploadID }
        return name.is("contentType") ? \.contentType : nil
    }

    /// Exactly these; every other is none of an uploader's.
    var operation: ObjectOperation? {
        guard let method else { return nil }
        switch (uploadID, partNumber) {
        case (let uploadID?, let number?):
            return method.is("PUT") ? .multipart(.uploadPart(number, uploadID: uploadID)) : nil
        case (let uploadID?, nil):
            if method.is("POST") { return .multipart(.complete(uploadID: uploadID)) }
            if method.is("DELETE") { return .multipart(.abort(uploadID: uploadID)) }
            return method.is("GET") ? .listParts(uploadID: uploadID) : nil
        case (nil, nil):
            if method.is("PUT") { return .put }
            if method.is("POST") { return .multipart(.initiate) }
            return method.is("DELETE") ? .delete : nil
        case (nil, _?): return nil
        }
    }
}

extension RequestError {
    fileprivate static var noSuchOperation: RequestError {
        RequestError(
            status: 400, code: "no_such_operation",
            message: "An uploader has no such request: PUT, POST or DELETE with key; GET, POST or DELETE with "
                + "uploadId; PUT with uploadId and partNumber")
    }
}
