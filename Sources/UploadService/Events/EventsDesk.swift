internal import FastCGI
package import S3Authorization

/// Who may send storage events, and by which rules the uploads that they name are completed.
package struct EventsDesk: Sendable {
    /// Any of these says that the store sends; each visible ASCII.
    package var tokens: [Secret] = []
    /// Or a signature as Standard Webhooks has it, by one of these.
    package var signatures: [WebhookSignature] = []
    /// The profile whose rules hold; nil: the default one.
    package var profile: ByteString?

    package init() {}

    /// Seconds that a signature's time may be away from ours.
    private static let tolerance: Int64 = 300

    /// Whether it is the store that asks; in a time that tells nothing of the secrets but their lengths.
    func authenticates(_ inquiry: Inquiry, at now: Int64) -> Bool {
        var isKnown = false
        for given in Self.given(inquiry) {
            for token in tokens where token == given { isKnown = true }
        }
        return isKnown || isSigned(inquiry, at: now)
    }

    /// The secrets that the request brings: `Bearer …`, the password of `Basic …`, and `token` of the query.
    ///
    /// <https://www.rfc-editor.org/rfc/rfc6750#section-2.1>, <https://www.rfc-editor.org/rfc/rfc7617#section-2>
    private static func given(_ inquiry: Inquiry) -> [Secret] {
        var given: [Secret] = []
        if let header = inquiry.parameter("HTTP_AUTHORIZATION") {
            let scheme = ByteString(header.bytes.prefix { $0 != 0x20 })
            let rest = ByteString(header.bytes.dropFirst(scheme.count).drop { $0 == 0x20 })
            if scheme.isInAnyCase("bearer") {
                given.append(Secret(Array(rest.bytes)))
            } else if scheme.isInAnyCase("basic"), let pair = try? Base64.decode(rest),
                let colon = pair.firstIndex(of: UInt8(ascii: ":"))
            {
                given.append(Secret(Array(pair[(colon + 1)...])))
            }
        }
        if let text = inquiry.queryValue("token"), let token = try? PercentEncoding.decode(text) {
            given.append(Secret(Array(token.bytes)))
        }
        return given
    }

    /// <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#verifying-webhook-authenticity>
    private func isSigned(_ inquiry: Inquiry, at now: Int64) -> Bool {
        guard !signatures.isEmpty, let id = inquiry.parameter("HTTP_WEBHOOK_ID"),
            let time = inquiry.parameter("HTTP_WEBHOOK_TIMESTAMP").flatMap(DecimalDigits.value)
                .flatMap({ Int64(exactly: $0) }), abs(now.subtractingClamped(time)) <= Self.tolerance,
            let header = inquiry.parameter("HTTP_WEBHOOK_SIGNATURE")
        else { return false }
        var isSigned = false
        for signature in signatures {
            let right = signature.value(id: id, time: time, body: inquiry.request.body)
            for given in header.bytes.split(separator: 0x20) where ConstantTime.areEqual(ByteString(given), right) {
                isSigned = true
            }
        }
        return isSigned
    }
}

extension Int64 {
    /// The difference of a clock's time and one that anybody may have written.
    fileprivate func subtractingClamped(_ other: Int64) -> Int64 {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow || difference == .min ? .max : difference
    }
}
