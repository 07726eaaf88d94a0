internal import FastCGI
internal import S3Authorization
internal import S3Client

/// `DELETE file/UUID` and `POST file` with `_method=DELETE`: a user takes back an upload that is not complete yet.
///
/// What is complete belongs to the site; the storage bucket is never touched.
struct DeletionHandler {
    /// What deleting needs of S3, about keys of the uploads bucket.
    struct Store {
        /// Whether completion has begun.
        let isClaimed: (_ key: ByteString) throws(S3Error) -> Bool
        /// An object that is not there counts as deleted.
        let delete: (_ key: ByteString) throws(S3Error) -> Void
        let permits: Permits
    }

    private let inquiry: Inquiry
    private let store: Store

    init(_ inquiry: Inquiry, _ store: Store) {
        self.inquiry = inquiry
        self.store = store
    }

    func respond(_ account: inout Account) throws(RequestError) -> Response {
        let profile = try inquiry.profile(&account)
        guard profile.allowsDeletion else { throw .deletingIsOff }
        let identity = try inquiry.identity(&account)
        try inquiry.checkBody(limit: profile.bodyLimit)
        let deletion = try Deletion(inquiry)
        let key = try deletion.key(in: profile.rules, of: identity)
        account.key = key
        let isDeleted: Void? = try store.permits.run { () throws(RequestError) in try delete(key, &account) }
        guard isDeleted != nil else { throw .busy }
        account.shadow = inquiry.shadowRefusal(by: profile) { trial throws(RequestError) in
            guard trial.allowsDeletion else { throw .deletingIsOff }
            _ = try deletion.key(in: trial.rules, of: identity)
        }
        return Answers.json(Array(#"{"success":true}"#.utf8))
    }

    private func delete(_ key: ByteString, _ account: inout Account) throws(RequestError) {
        do throws(S3Error) {
            guard try !store.isClaimed(key) else { throw S3Error.conflict }
            try store.delete(key)
        } catch .conflict {
            throw .alreadyCompleted
        } catch {
            throw account.failed(error)
        }
    }
}

/// What a client wants deleted. Its uuid means nothing: any could be named.
private struct Deletion {
    private var fields = CompletionFields()

    init(_ inquiry: Inquiry) throws(RequestError) {
        let text: ByteString
        if inquiry.method == .delete {
            text = inquiry.parameter("QUERY_STRING") ?? ""
        } else {
            guard inquiry.isForm || inquiry.isStatusless else { throw .unsupportedFormType }
            text = ByteString(inquiry.request.body)
        }
        let pairs: [FormPair]
        do throws(FormError) {
            pairs = try FormReader.pairs(text)
        } catch {
            throw .malformedForm(error)
        }
        if inquiry.method != .delete {
            let methods = pairs.filter { $0.name.is("_method") }
            guard !methods.isEmpty, methods.allSatisfy({ $0.value.isInAnyCase("DELETE") }) else {
                throw .methodFieldIsMissing
            }
        }
        for pair in pairs {
            if let field = CompletionFields.Field(pair.name), field == .key || field == .bucket {
                fields.set(field, pair.value)
            }
        }
        fields.require([.key])
    }

    /// The key, once it is the caller's. Fine Uploader says `undefined` for a bucket that it does not know.
    func key(in rules: UploadRules, of owner: Identity) throws(RequestError) -> ByteString {
        guard fields.problems.isEmpty, let key = fields[.key] else { throw .invalidCompletion(fields.problems) }
        if let bucket = fields[.bucket], !bucket.is("undefined"), bucket != rules.bucket {
            throw .notPermitted("Bucket should be '\(rules.bucket)'")
        }
        guard let (message, kind) = rules.violation(ofKey: key, prefix: owner.prefix) else { return key }
        throw kind == .notPermitted
            ? .notPermitted(message) : RequestError(status: 400, code: "invalid_upload", message: message)
    }
}

extension DeletionHandler.Store {
    /// The real one; deleting needs `s3:DeleteObject` in the uploads bucket.
    init(_ desk: StorageDesk) {
        let deadline = desk.client.deadline(milliseconds: desk.deadline)
        self.init(
            isClaimed: { key throws(S3Error) in
                try ClaimLedger(desk: desk, deadline: deadline).latestEntry(key) != nil
            },
            delete: { key throws(S3Error) in
                try desk.client.delete(ObjectLocation(bucket: desk.uploads, key: key), until: deadline)
            }, permits: desk.permits)
    }
}

extension RequestError {
    static var deletingIsOff: RequestError {
        RequestError(status: 403, code: "deleting_is_off", message: "Deleting is switched off")
    }

    fileprivate static var alreadyCompleted: RequestError {
        RequestError(
            status: 409, code: "already_completed", message: "This upload is being completed; it can't be deleted here")
    }

    fileprivate static var methodFieldIsMissing: RequestError {
        RequestError(status: 400, code: "bad_request", message: "A POST here should say _method=DELETE")
    }

    fileprivate static var unsupportedFormType: RequestError {
        RequestError(
            status: 415, code: "unsupported_media_type",
            message: "The request should have Content-Type: application/x-www-form-urlencoded")
    }

    static func notPermitted(_ message: String) -> RequestError {
        RequestError(status: 403, code: "not_permitted", message: message)
    }
}
