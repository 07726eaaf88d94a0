package import S3Authorization
package import S3Client

/// A hook that is a URL of the site: one signed POST, no redirect followed.
///
/// <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>
package struct HTTPHook: Hook {
    private let url: ByteString
    private let unixSocket: String?
    private let signature: WebhookSignature
    /// Milliseconds.
    private let timeout: Int64
    /// In lower case.
    private let forwarded: [ByteString]
    private let transport: any Transport
    private let stopwatch: @Sendable () -> Int64

    package init(
        url: HTTPURL, unixSocket: String? = nil, signature: WebhookSignature, timeout milliseconds: Int64,
        forwarding names: [ByteString] = [], transport: any Transport, stopwatch: @escaping @Sendable () -> Int64
    ) {
        self.url = ByteString(url.description)
        self.unixSocket = unixSocket
        self.signature = signature
        self.timeout = milliseconds
        self.forwarded = names.map(\.lowercasedASCII)
        self.transport = transport
        self.stopwatch = stopwatch
    }

    package func call(_ event: HookEvent, until deadline: Deadline) -> HookVerdict {
        guard let body = event.payload else {
            return .undecided("the event cannot be sent: its id or time is not valid")
        }
        let own = Deadline(milliseconds: timeout, after: stopwatch())
        let request = HTTPRequest(
            method: "POST", url: url, headers: headers(of: event, body), body: body, limit: HookAnswer.limit,
            unixSocket: unixSocket, timeouts: HTTPRequest.Timeouts(connect: timeout, firstByte: nil))
        do {
            return Self.verdict(try transport.exchange(request, until: min(own, deadline)))
        } catch {
            return .undecided(Self.reason(error))
        }
    }

    /// Any answer but a proxy's, which has nobody behind it, will do: it knows nothing of HEAD.
    package func isThere(until deadline: Deadline) -> Bool {
        let request = HTTPRequest(method: "HEAD", url: url, unixSocket: unixSocket)
        guard let answer = try? transport.exchange(request, until: deadline) else { return false }
        return !(502...504).contains(answer.status)
    }

    private func headers(of event: HookEvent, _ body: [UInt8]) -> [HeaderField] {
        let sent = event.headers.filter { header in
            forwarded.contains(header.lowercasedName) && header.value.bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
        }
        return [
            HeaderField("Content-Type", "application/json"),
            HeaderField("Accept", "application/json"),
            HeaderField("webhook-id", event.id),
            HeaderField("webhook-timestamp", ByteString(String(event.time))),
            HeaderField("webhook-signature", signature.value(id: event.id, time: event.time, body: body)),
        ] + sent
    }

    private static func verdict(_ answer: HTTPAnswer) -> HookVerdict {
        switch answer.status {
        case 200...299: return HookAnswer.accepted(answer.body)
        case 422: return HookAnswer.refused(answer.body)
        case 400...499:
            if let refused = HookAnswer.explicitlyRefused(answer.body) { return refused }
        default: break
        }
        return .undecided("the hook answered \(answer.status)")
    }

    private static func reason(_ error: TransportError) -> String {
        switch error {
        case .library(let text): "the hook cannot be called: \(text)"
        case .unreachable(let text): "the hook cannot be reached: \(text)"
        case .untrusted(let text): "the hook's certificate is not trusted: \(text)"
        case .interrupted(let text): "the hook broke the connection off: \(text)"
        case .timedOut: "the hook did not answer in time"
        case .badAnswer(let text): "the hook's answer is no whole HTTP: \(text)"
        case .answerTooLarge: "the hook's answer is larger than \(HookAnswer.limit) bytes"
        }
    }
}
