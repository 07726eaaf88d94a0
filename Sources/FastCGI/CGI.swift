import Glibc

/// One request from the environment and standard input, answered on standard output.
///
/// RFC 3875, section 4, <https://www.rfc-editor.org/rfc/rfc3875#section-4>.
package enum CGI {
    /// Calls the handler, or the refusal, exactly once; false where the answer could not be written.
    package static func serve(
        environment: Parameters = .ofProcess,
        input: Int32 = 0,
        output: Int32 = 1,
        limits: Limits = Limits(),
        trusted: [String] = Responder.trustedParameters,
        handler: (Request) -> Response,
        refusal: (Refusal, Parameters?) -> Response = { reason, _ in Response(status: reason.status) }
    ) -> Bool {
        _ = signal(SIGPIPE, SIG_IGN)
        let response: Response
        var isRefused = false
        do throws(Refusal) {
            let check = RequestCheck(trusted: trusted)
            try check.parameters(environment)
            let body = try body(environment, input, limits)
            response = handler(Request(parameters: environment, body: body))
        } catch {
            response = refusal(error, environment)
            isRefused = true
        }
        let isHead = environment.isHead
        let isWritten = write(response.encoded(head: isHead), to: output)
        if isRefused { discard(input) }
        return isWritten
    }

    /// Reads over what no handler will: a socket closed with bytes unread takes the answer with it.
    private static func discard(_ input: Int32) {
        let end = Clock.now() + 2000
        var left = 2 << 20
        var chunk = [UInt8](repeating: 0, count: 16 * 1024)
        while left > 0, let count = try? read(input, into: &chunk, until: end), count > 0 {
            left -= count
        }
    }

    /// As many bytes as are declared, and no attempt at more: a server need not end the input behind them (section 4.2).
    private static func body(_ environment: Parameters, _ input: Int32, _ limits: Limits) throws(Refusal) -> [UInt8] {
        let end = Clock.now() + limits.request.milliseconds
        switch ContentLength(environment["CONTENT_LENGTH"]) {
        case .invalid: throw .malformed(.contentLength)
        case .bytes(let count) where count > limits.body: throw .bodyTooLarge(limit: limits.body)
        case .bytes(let count):
            let body = try read(input, upTo: count, until: end)
            guard body.count == count else {
                throw .malformed(.bodyShorter(declared: count, received: body.count))
            }
            return body
        case .missing:
            // Without a length, only what was sent in chunks has a body, and it ends with the input.
            if let method = environment["REQUEST_METHOD"],
                method.elementsEqual("GET".utf8) || method.elementsEqual("HEAD".utf8)
            {
                return []
            }
            let body = try read(input, upTo: limits.body + 1, until: end)
            guard body.count <= limits.body else { throw .bodyTooLarge(limit: limits.body) }
            return body
        }
    }

    private static func read(_ input: Int32, upTo limit: Int, until end: Int) throws(Refusal) -> [UInt8] {
        var body: [UInt8] = []
        while body.count < limit {
            var chunk = [UInt8](repeating: 0, count: min(limit - body.count, 16 * 1024))
            let count = try read(input, into: &chunk, until: end)
            guard count > 0 else { break }
            body.append(contentsOf: chunk[..<count])
        }
        return body
    }

    /// The number of bytes that came; none at the end of the input.
    private static func read(_ input: Int32, into chunk: inout [UInt8], until end: Int) throws(Refusal) -> Int {
        while true {
            var ready = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
            let left = end - Clock.now()
            guard left > 0, unsafe poll(&ready, 1, Int32(clamping: left)) != 0 else { throw .timedOut }
            let count = unsafe chunk.withUnsafeMutableBytes { bytes in
                unsafe Glibc.read(input, bytes.baseAddress, bytes.count)
            }
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            return max(0, count)
        }
    }

    private static func write(_ bytes: [UInt8], to output: Int32) -> Bool {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { bytes in
                unsafe Glibc.write(output, bytes.baseAddress?.advanced(by: written), bytes.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            written += count
        }
        return true
    }
}
