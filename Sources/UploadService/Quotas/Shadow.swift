internal import S3Authorization
internal import S3Client

/// Rules on trial: they are asked, and what they say goes to the log and the metrics only.
package final class Shadow: Sendable {
    let profile: Site.Profile

    init(_ profile: Site.Profile) {
        self.profile = profile
    }
}

/// What rules on trial would have refused.
struct ShadowRefusal {
    let profile: ByteString
    let reason: RequestError
}

extension Inquiry {
    /// What the rules on trial say to a request that was granted, and needed no leave; `test` throws what they refuse.
    func shadowRefusal(
        by profile: Site.Profile, _ test: (Site.Profile) throws(RequestError) -> Void
    ) -> ShadowRefusal? {
        guard let trial = profile.shadow?.profile else { return nil }
        do throws(RequestError) {
            try checkBody(limit: trial.bodyLimit)
            try test(trial)
            return nil
        } catch {
            return ShadowRefusal(profile: trial.name, reason: error)
        }
    }
}

extension LogLine {
    mutating func add(_ refusal: ShadowRefusal) {
        add("shadow", refusal.profile)
        add("shadow_reason", word: refusal.reason.code)
        add("shadow_message", refusal.reason.message)
        if let cause = refusal.reason.cause { add("shadow_cause", cause) }
    }
}

extension Completion {
    /// What the rules on trial say to an upload that was accepted.
    func shadowRefusal(of upload: VerifiedUpload) -> ShadowRefusal? {
        guard let trial = profile.shadow?.profile else { return nil }
        do throws(RequestError) {
            if let (message, kind) = trial.rules.violation(ofKey: post.key, prefix: owner.prefix) {
                throw RequestError(
                    status: 403, code: kind == .notPermitted ? "not_permitted" : "invalid_upload", message: message)
            }
            guard UInt64(clamping: upload.size) <= trial.rules.maximumSize else {
                throw .tooLarge(trial.rules.maximumSize)
            }
            var scratch = Account()
            // The answer is ready; it does not wait long for what only the log wants to know.
            let soon = Deadline(milliseconds: 5000, after: surroundings.stopwatch())
            _ = try UploadType(
                desk: desk, profile: trial,
                deadline: Deadline(microseconds: min(soon.microseconds, deadline.microseconds))
            ).settle(upload.head, uploadLocation, post.name, &scratch)
            return nil
        } catch {
            // That the upload changed or S3 is slow by now is not what was asked.
            guard error.status < 500, error != .invalidUpload else { return nil }
            return ShadowRefusal(profile: trial.name, reason: error)
        }
    }
}
