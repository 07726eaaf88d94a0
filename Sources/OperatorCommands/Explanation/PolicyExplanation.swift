internal import S3Authorization
internal import UploadService

/// Whether a POST policy is one that we would sign and S3 would take, and whether its signature is ours.
struct PolicyExplanation {
    /// JSON.
    let document: [UInt8]
    /// As the form carries it; nil where only the document is known.
    let encoded: ByteString?
    let signature: ByteString?
    /// The key's id where version 2 names it beside the policy.
    let keyID: ByteString?
    let desk: Desk
    /// Seconds since 1970.
    let now: Int64

    func explain(_ explanation: inout Explanation) {
        let policy: POSTPolicy
        do throws(JSONError) {
            policy = try POSTPolicy(parsing: document)
        } catch {
            explanation.causes.append(
                Cause(
                    .policyChanged, "The policy cannot be read: \(error).",
                    mending: "Send the form field policy exactly as POST sign answered it, without line breaks or "
                        + "changes."))
            return
        }
        life(policy, &explanation)
        rules(policy, &explanation)
        check(policy, &explanation)
    }

    private func life(_ policy: POSTPolicy, _ explanation: inout Explanation) {
        guard let end = policy.expiration?.secondsSince1970 else { return }
        if now > end {
            explanation.causes.append(
                Cause(
                    .expired, "The policy ended \(Span.text(now - end)) ago.",
                    mending: "Ask POST sign again just before the upload, or raise rules.expires_after."))
        } else {
            explanation.remarks.append("It is good for \(Span.text(end - now)) more.")
        }
    }

    /// What the rules say of it, as they would have at the time that it names.
    private func rules(_ policy: POSTPolicy, _ explanation: inout Explanation) {
        guard let key = policy.key, let prefix = Self.prefix(of: key) else {
            explanation.causes.append(
                Cause(
                    .policy, "The policy names no key of the form USER/NAME.",
                    mending: "Begin the key with the prefix of GET prefix, which ends in a slash."))
            return
        }
        let dated = policy.value(of: "x-amz-date").flatMap { try? SigningTime(parsing: $0, as: .basic) }
        guard let time = dated ?? (try? SigningTime(secondsSince1970: now)) else { return }
        if let dated, abs(dated.secondsSince1970 - now) > 900,
            policy.expiration.map({ $0.secondsSince1970 > now }) ?? true
        {
            explanation.causes.append(
                Cause(
                    .clock,
                    "x-amz-date is \(Span.text(abs(dated.secondsSince1970 - now))) "
                        + "\(dated.secondsSince1970 > now ? "ahead of" : "behind") this machine's clock.",
                    mending: "Set the clock of the client, or let the page use `now` of GET prefix (Fine Uploader: "
                        + "clockDrift)."))
        }
        var violations: [PolicyViolation] = []
        for profile in desk.profiles {
            do throws(PolicyViolations) {
                _ = try profile.rules.authorize(
                    policy, for: Caller(prefix: prefix), signedBy: desk.credentials, at: time)
                explanation.remarks.append("The rules of profile \(profile.name) allow it to \(prefix.text).")
                return
            } catch {
                if violations.isEmpty { violations = error.all }
            }
        }
        for violation in violations {
            explanation.causes.append(cause(violation))
        }
    }

    private func cause(_ violation: PolicyViolation) -> Cause {
        let mending = "Send what GET prefix says, or change the rules."
        guard case .condition(let element) = violation.place else {
            return Cause(.policy, "\(violation.message).", mending: mending)
        }
        let name: Cause.Name =
            switch element.description {
            case "bucket": .bucket
            case "acl": .acl
            case "Content-Type": .contentType
            case "content-length-range": .size
            case "x-amz-date": .clock
            case "x-amz-security-token": .token
            case "x-amz-credential": credentialFault
            default: .policy
            }
        return Cause(name, "\(element): \(violation.message).", mending: mending)
    }

    /// Which part of the credential is not ours.
    private var credentialFault: Cause.Name {
        guard let policy = try? POSTPolicy(parsing: document), let text = policy.value(of: "x-amz-credential"),
            let credential = try? Credential(parsing: text)
        else { return .policy }
        if credential.accessKeyID != desk.credentials.accessKeyID { return .accessKey }
        return credential.scope.region != desk.region ? .region : .clock
    }

    private func check(_ policy: POSTPolicy, _ explanation: inout Explanation) {
        guard let signature, let encoded else { return }
        let isRight: (Desk.Key) -> Bool
        let id: ByteString?
        if let text = policy.value(of: "x-amz-credential") {
            guard let credential = try? Credential(parsing: text) else { return }
            id = credential.accessKeyID
            isRight = { SignatureCheck(secret: $0.secret).holds(signature, of: encoded, in: credential.scope) }
        } else {
            id = keyID
            isRight = { SignatureCheck(secret: $0.secret).holdsV2(signature, of: encoded) }
        }
        if let id, !desk.keys.contains(where: { $0.id == id }) {
            if !explanation.causes.contains(where: { $0.name == .accessKey }) {
                explanation.causes.append(.strangerKey(id, desk))
            }
            return
        }
        guard let right = desk.keys.first(where: isRight) else {
            explanation.causes.append(
                Cause(
                    .policyChanged, isCertain: false,
                    "The signature is not that of this policy under our secret: the policy was changed or encoded "
                        + "anew after "
                        + "signing, or another secret signed it.",
                    mending: "Send policy and signature exactly as POST sign answered them, and restart the running "
                        + "program "
                        + "if its secret was changed."))
            return
        }
        if let id, right.id != id {
            explanation.causes.append(
                Cause(
                    .secret, "Signed with the secret of [\(right.section)], but with another section's key id.",
                    mending: "Put each secret beside its own access_key_id; the two files have probably been mixed "
                        + "up."))
        } else {
            explanation.remarks.append("The signature is right for this policy and this configuration's key.")
        }
    }

    /// The owner that a key names.
    private static func prefix(of key: ByteString) -> KeyPrefix? {
        let segment = ByteString(key.bytes.prefix { $0 != UInt8(ascii: "/") })
        guard segment.count < key.count else { return nil }
        if segment.bytes.first == UInt8(ascii: "~"), let random = Hexadecimal.decode(segment.dropFirst(1)) {
            return KeyPrefix(anonymous: random)
        }
        guard let user = try? PercentEncoding.decode(segment) else { return nil }
        return try? KeyPrefix(user: user)
    }
}
