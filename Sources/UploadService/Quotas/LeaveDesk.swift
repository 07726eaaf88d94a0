internal import FastCGI
internal import S3Authorization

/// Where every handler gets leave for what it is about to hand out: quotas are counted here, and rules on trial are asked.
///
/// The last step before an answer: what is refused or goes wrong before costs nobody anything.
struct LeaveDesk {
    let inquiry: Inquiry
    let surroundings: Surroundings
    let profile: Site.Profile
    let identity: Identity

    /// All of it or nothing.
    func give(_ leaves: [Leave], _ account: inout Account) throws(RequestError) {
        let open = try openUploads(leaves, &account)
        try open.check(profile.quota)
        try count(leaves, as: profile)
        if let shadow = profile.shadow { account.shadow = refusal(by: shadow.profile, of: leaves, open) }
    }

    func give(_ leave: @autoclosure () -> Leave, _ account: inout Account) throws(RequestError) {
        guard profile.needsLeave else { return }
        try give([leave()], &account)
    }

    /// For a leave that came to nothing.
    func takeBack(_ leave: Leave) {
        guard profile.quota.isCounted, let ledger = inquiry.site.quotas else { return }
        try? ledger.takeBack(name(in: profile), requests: 1, bytes: leave.bytes(under: leave.rules))
    }

    private func count(_ leaves: [Leave], as profile: Site.Profile) throws(RequestError) {
        let bytes = leaves.reduce(UInt64(0)) { Self.sum($0, $1.bytes(under: $1.rules)) }
        try count(UInt64(leaves.count), bytes, profile.quota, name(in: profile))
    }

    private func count(
        _ requests: UInt64, _ bytes: UInt64, _ quota: Quota, _ name: [UInt8]
    ) throws(RequestError) {
        guard quota.isCounted else { return }
        let verdict: QuotaVerdict
        do throws(QuotaError) {
            guard let ledger = inquiry.site.quotas else {
                throw QuotaError(step: "find", path: "quotas.file", reason: .notPlain)
            }
            verdict = try ledger.admit(name, requests: requests, bytes: bytes, under: quota, at: surroundings.now())
        } catch {
            throw .quotasUnavailable(error)
        }
        switch verdict {
        case .admitted(let isCrowded):
            if isCrowded { noteCrowd() }
        case .refused(let limit, let wait): throw .quotaExceeded(limit, quota, wait: wait)
        case .impossible(let limit): throw .largerThanQuota(limit, quota)
        }
    }

    private func noteCrowd() {
        surroundings.note(.warning) { line in
            line.add("event", word: "quotas_crowded")
            line.add("message", "a user's window was forgotten to make room for another's: raise quotas.entries")
        }
    }

    /// The user under one set of rules; no profile's name and no prefix has a zero byte.
    private func name(in profile: Site.Profile, onTrial: Bool = false) -> [UInt8] {
        [onTrial ? 1 : 0] + profile.name.bytes + [0] + identity.prefix.text.bytes
    }

    private static func sum(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let (sum, isTooLarge) = left.addingReportingOverflow(right)
        return isTooLarge ? .max : sum
    }
}

extension LeaveDesk {
    /// What rules on trial would refuse of what the real ones let through.
    private func refusal(
        by trial: Site.Profile, of leaves: [Leave], _ open: OpenUploads
    ) -> ShadowRefusal? {
        do throws(RequestError) {
            try inquiry.checkBody(limit: trial.bodyLimit)
            var bytes: UInt64 = 0
            for leave in leaves {
                var rules = trial.rules
                rules.ceiling = leave.rules.ceiling
                try leave.test(rules)
                bytes = Self.sum(bytes, leave.bytes(under: rules))
            }
            try open.check(trial.quota)
            // Those who are under these rules for real lose nothing of their own.
            try count(UInt64(leaves.count), bytes, trial.quota, name(in: trial, onTrial: true))
            return nil
        } catch {
            return ShadowRefusal(profile: trial.name, reason: error)
        }
    }
}

extension Site.Profile {
    /// Whether there is a quota to keep or are rules on trial; most sites have neither.
    var needsLeave: Bool { quota.isCounted || quota.openUploads != 0 || shadow != nil }
}
