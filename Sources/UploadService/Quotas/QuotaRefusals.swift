internal import FastCGI

extension RequestError {
    /// Until the window is over; `wait` is in milliseconds.
    static func quotaExceeded(_ limit: QuotaVerdict.Limit, _ quota: Quota, wait: Int64) -> RequestError {
        let seconds = max(1, (wait + 999) / 1000)
        return RequestError(
            status: 429, code: "quota_exceeded",
            message: "This would be more than the \(quota.text(limit)); try again in \(Quota.text(seconds: seconds))",
            headers: [.init("Retry-After", "\(seconds)")])
    }

    /// Waiting does not help.
    static func largerThanQuota(_ limit: QuotaVerdict.Limit, _ quota: Quota) -> RequestError {
        RequestError(
            status: 403, code: "larger_than_quota", message: "This is more than all of the \(quota.text(limit))")
    }

    static func tooManyOpenUploads(_ limit: Int) -> RequestError {
        let text =
            limit == 1
            ? "An upload of yours is not finished yet; finish it or give it up, or try again in a minute"
            : "\(limit) uploads of yours are not finished yet; finish one or give it up, or try again in a minute"
        return RequestError(
            status: 429, code: "too_many_open_uploads", message: text, headers: [.init("Retry-After", "60")])
    }

    /// What cannot be counted is not let through.
    static func quotasUnavailable(_ error: QuotaError) -> RequestError {
        RequestError(
            status: 503, code: "quotas_unavailable",
            message: "This site can't count uploads at the moment; its log says why",
            headers: [.init("Retry-After", "5")], cause: "quotas: \(error)")
    }
}

extension Quota {
    /// `100 files that you may upload in an hour`.
    fileprivate func text(_ limit: QuotaVerdict.Limit) -> String {
        let amount: String
        switch limit {
        case .requests: amount = requests == 1 ? "one file" : "\(requests) files"
        case .bytes:
            let size = ByteSize.text(Int(clamping: bytes))
            let digits = size.utf8.prefix { $0.isDigit }.count
            amount = "\(size.prefix(digits)) \(size.dropFirst(digits))"
        }
        return "\(amount) that you may upload in \(Self.period(seconds: window))"
    }

    private static let units: [(seconds: Int64, article: String, name: String)] = [
        (86_400, "a", "day"), (3600, "an", "hour"), (60, "a", "minute"), (1, "a", "second"),
    ]

    /// `an hour`, `7 days`, `90 seconds`.
    static func period(seconds: Int64) -> String {
        let unit = units.first { seconds >= $0.seconds && seconds % $0.seconds == 0 } ?? units[3]
        let number = seconds / unit.seconds
        return number == 1 ? "\(unit.article) \(unit.name)" : "\(number) \(unit.name)s"
    }

    /// Never less than it is: `12 minutes`, `2 hours`, `1 second`.
    static func text(seconds: Int64) -> String {
        let unit = units.first { seconds > 2 * $0.seconds } ?? units[3]
        let number = (seconds + unit.seconds - 1) / unit.seconds
        return "\(number) \(unit.name)\(number == 1 ? "" : "s")"
    }
}
