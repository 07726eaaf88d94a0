internal import S3Authorization
internal import S3Client

/// Takes one finished upload from the untrusted bucket to the trusted one, exactly once, and tells the site.
///
/// Every step may be repeated, by the client or by another machine: the claim decides what becomes of an upload.
struct Completion {
    let desk: StorageDesk
    let profile: Site.Profile
    let owner: Identity
    let post: CompletionPost
    /// The client's headers that the site wants to see.
    let headers: [HeaderField]
    let surroundings: Surroundings
    let deadline: Deadline

    /// The time as S3 has it, where S3 has told us that our clock is wrong.
    private var now: SigningTime {
        let time = surroundings.signingTime
        return (try? time.adding(seconds: desk.client.clockOffset)) ?? time
    }
    private var rules: UploadRules { profile.rules }
    private var ledger: ClaimLedger { ClaimLedger(desk: desk, deadline: deadline) }
    private var copying: ObjectCopy { ObjectCopy(desk: desk, deadline: deadline) }

    /// The answer to the client: a JSON object.
    func run(_ account: inout Account) throws(RequestError) -> ByteString {
        try checkOwner()
        let entry: ClaimLedger.Entry
        let upload = try verifiedUpload(&account)
        if let upload {
            entry = try claim(upload, &account)
        } else if let known = try knownClaim(&account) {
            entry = known
        } else {
            throw .invalidUpload
        }
        account.storageKey = entry.claim.storageKey
        let answer: ByteString
        switch entry.claim.state {
        case .accepted(let recorded): answer = try self.recorded(recorded, entry.claim, &account)
        case .refused(let reason): throw refused(entry.claim, reason, &account)
        case .open:
            try copy(entry, &account)
            answer = try settle(entry, &account)
        }
        account.shadow = upload.flatMap { shadowRefusal(of: $0) }
        return answer
    }

    /// Step 1: the key lies in the caller's prefix of the uploads bucket.
    private func checkOwner() throws(RequestError) {
        if let bucket = post.bucket, bucket != desk.uploads {
            throw RequestError(status: 403, code: "not_permitted", message: "Bucket should be '\(desk.uploads)'")
        }
        guard let (message, kind) = rules.violation(ofKey: post.key, prefix: owner.prefix) else { return }
        throw RequestError(
            status: kind == .notPermitted ? 403 : 400,
            code: kind == .notPermitted ? "not_permitted" : "invalid_upload", message: message)
    }

    /// Steps 2 and 3: what is in the uploads bucket, inside the rules; nil where it is gone or another by now.
    private func verifiedUpload(_ account: inout Account) throws(RequestError) -> VerifiedUpload? {
        let head: ObjectHead
        do throws(S3Error) {
            head = try desk.client.head(uploadLocation, until: deadline)
        } catch .notFound(let code) where !code.is("NoSuchBucket") {
            return nil
        } catch {
            throw account.failed(error)
        }
        if let etag = post.etag, etag != head.etag { return nil }
        if let declaration = post.declaration, !declaration.holds(for: head) { throw .invalidUpload }
        guard UInt64(clamping: head.size) <= rules.maximumSize else { throw .tooLarge(rules.maximumSize) }
        let type = try UploadType(desk: desk, profile: profile, deadline: deadline)
            .settle(head, uploadLocation, post.name, &account)
        return VerifiedUpload(size: head.size, etag: head.etag, type: type, head: head)
    }

    var uploadLocation: ObjectLocation { ObjectLocation(bucket: desk.uploads, key: post.key) }

    /// Step 4: ours, or that of whoever was first.
    private func claim(_ upload: VerifiedUpload, _ account: inout Account) throws(RequestError) -> ClaimLedger.Entry {
        let time = now
        let storageKey = desk.template.key(
            prefix: owner.prefix, fileName: post.name, time: time,
            upload: SHA256.digest(of: desk.uploads.bytes + [0] + post.key.bytes + [0] + upload.etag.text.bytes))
        let claim = Claim(
            uploadKey: post.key, etag: upload.etag, storageKey: storageKey, owner: owner.prefix.text, size: upload.size,
            type: upload.type, name: post.name, time: time.secondsSince1970)
        let entry: ClaimLedger.Entry
        do throws(S3Error) {
            guard try desk.conditionalWrites.probe(desk, until: deadline) else {
                throw .badAnswer("this store ignores If-None-Match on PUT, so that uploads cannot be claimed safely")
            }
            entry = try ledger.claim(claim)
        } catch {
            account.cause = "\(error)"
            throw error == .timedOut ? .storage(error) : .cannotClaim
        }
        guard entry.claim.owner == owner.prefix.text, entry.claim.uploadKey == post.key else { throw .invalidUpload }
        return entry
    }

    /// Step 5, where the upload itself is gone: the claim by the posted tag, else the latest.
    private func knownClaim(_ account: inout Account) throws(RequestError) -> ClaimLedger.Entry? {
        do throws(S3Error) {
            let entry =
                if let etag = post.etag { try ledger.entry(post.key, etag) } else { try ledger.latestEntry(post.key) }
            guard let entry, entry.claim.owner == owner.prefix.text, entry.claim.uploadKey == post.key else {
                return nil
            }
            if entry.claim.state == .open, try copying.stored(entry.claim) == nil { return nil }
            return entry
        } catch {
            throw account.failed(error)
        }
    }

    /// Step 5: a repeat gets the same answer, as long as the object is there.
    private func recorded(
        _ answer: ByteString, _ claim: Claim, _ account: inout Account
    ) throws(RequestError) -> ByteString {
        do throws(S3Error) {
            guard try copying.stored(claim) != nil else { throw .notFound(code: "NoSuchKey") }
            return answer
        } catch .notFound(let code) where code.is("NoSuchKey") {
            throw .storedObjectGone
        } catch {
            throw account.failed(error)
        }
    }

    private func refused(_ claim: Claim, _ reason: String, _ account: inout Account) -> RequestError {
        do throws(S3Error) {
            try copying.remove(claim)
        } catch {
            account.cause = "\(error)"
        }
        return .refusedBySite(reason)
    }

    /// Step 6: one copy; where it is there already, none. Of a new claim nobody has made one.
    private func copy(_ entry: ClaimLedger.Entry, _ account: inout Account) throws(RequestError) {
        do throws(S3Error) {
            if !entry.isNew, try copying.stored(entry.claim) != nil { return }
        } catch {
            throw account.failed(error)
        }
        var copying = copying
        copying.metadata = try terms(entry.claim, &account)
        do throws(ObjectCopy.Failure) {
            _ = try copying.copy(entry, ledger)
        } catch {
            switch error {
            case .sourceChanged: throw .invalidUpload
            case .unfinished: throw .copyGoesOn
            case .storage(let error): throw account.failed(error)
            }
        }
    }

    /// The site's say before anything is copied; what comes back is metadata of its own.
    private func terms(_ claim: Claim, _ account: inout Account) throws(RequestError) -> [HeaderField] {
        guard let site = desk.hook, site.asksFirst else { return [] }
        let answering = CompletionAnswer(desk: desk, claim: claim, post: post, headers: headers)
        let event = answering.event(at: now)
        let terms = try HookQuestion(site: site, headers: headers, surroundings: surroundings)
            .ask(
                .copying, id: ByteString(event.id.bytes + "_copying".utf8), data: event.data, until: deadline, &account)
        guard UInt64(clamping: claim.size) <= terms.size(within: rules.maximumSize) else {
            throw .tooLarge(terms.size(within: rules.maximumSize))
        }
        if let type = ContentType(claim.type), !terms.allows(type) {
            throw .typeNotPermittedBySite(claim.type)
        }
        let ours: Set<ByteString> = ["filename", "user", "source-etag"]
        return terms.metadata.filter { !ours.contains($0.name) }.map { name, value in
            HeaderField(ByteString("x-amz-meta-".utf8 + name.bytes), PercentEncoding.encode(value))
        }
    }

    /// Steps 7 and 8: the site's word, written on the claim, and the answer.
    private func settle(_ entry: ClaimLedger.Entry, _ account: inout Account) throws(RequestError) -> ByteString {
        let answering = CompletionAnswer(desk: desk, claim: entry.claim, post: post, headers: headers)
        let event = answering.event(at: now)
        let state: Claim.State
        var outbox: Outbox?
        switch desk.hook?.hook.call(event, until: hookDeadline) ?? .accepted([]) {
        case .accepted(let members): state = .accepted(answering.document(members, at: now))
        case .refused(let reason): state = .refused(reason)
        case .undecided(let reason):
            outbox = try keep(event, reason, &account)
            state = .accepted(answering.document([], at: now))
        }
        switch try verdict(state, on: entry, &account) {
        case .accepted(let answer):
            account.completed = entry.claim.size
            return answer
        case .refused(let reason):
            // Somebody else could ask the site meanwhile.
            try? outbox?.forget(event)
            throw refused(entry.claim, reason, &account)
        case .open: throw .undecided
        }
    }

    /// Where the site said nothing: the outbox that tells it later, or the end of this request.
    private func keep(
        _ event: HookEvent, _ reason: String, _ account: inout Account
    ) throws(RequestError) -> Outbox {
        account.cause = reason
        guard let outbox = desk.hook?.outbox, outbox.accepts else { throw .undecided }
        do throws(SpoolError) {
            try outbox.keep(event, because: reason, surroundings)
        } catch {
            account.cause = "\(reason); \(error)"
            throw .undecided
        }
        return outbox
    }

    /// A site that does not answer leaves time to write down that it did not.
    private var hookDeadline: Deadline {
        guard desk.hook?.outbox?.accepts == true else { return deadline }
        return Deadline(microseconds: deadline.microseconds - 1000 * min(5000, desk.deadline / 4))
    }

    /// The verdict that stands: ours, or the one that somebody else wrote before.
    private func verdict(
        _ state: Claim.State, on entry: ClaimLedger.Entry, _ account: inout Account
    ) throws(RequestError) -> Claim.State {
        var entry = entry
        do throws(S3Error) {
            for _ in 0..<4 {
                if let changed = try ledger.change(entry, { $0.state = state }) { return changed.claim.state }
                guard let present = try ledger.entry(entry.claim.uploadKey, entry.claim.etag) else { break }
                guard present.claim.state == .open else { return present.claim.state }
                entry = present
            }
            throw .conflict
        } catch {
            throw account.failed(error)
        }
    }
}

/// An upload that keeps the rules.
struct VerifiedUpload {
    let size: Int64
    let etag: ETag
    let type: ByteString
    let head: ObjectHead
}

extension Account {
    /// Notes S3's own words for the log, and gives what the client may know.
    mutating func failed(_ error: S3Error) -> RequestError {
        cause = "\(error)"
        return .storage(error)
    }
}
