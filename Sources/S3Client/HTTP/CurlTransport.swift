internal import CCurl
internal import S3Authorization
internal import Synchronization

/// libcurl as a transport: http and https only, no redirects, no proxies, no cookies, certificates always verified.
///
/// A handle serves one request at a time and keeps its connections; as many exist as were ever in use at once, and at
/// most `maximumIdle` of them wait for work. The process must ignore SIGPIPE.
package final class CurlTransport: Transport {
    package static let maximumIdle = 64

    private let authorities: String?
    private let stopwatch: @Sendable () -> Int64
    private let idle = Mutex<[CurlHandle]>([])

    /// `authorities` names a PEM file of the certificates to trust instead of the system's.
    package init(authorities: String? = nil, stopwatch: @escaping @Sendable () -> Int64) {
        self.authorities = authorities
        self.stopwatch = stopwatch
    }

    package func exchange(_ request: HTTPRequest, until deadline: Deadline) throws(TransportError) -> HTTPAnswer {
        let start = stopwatch()
        let remaining = deadline.remaining(at: start)
        guard remaining > 0 else { throw .timedOut }
        let firstByte = request.timeouts.firstByte.map { Deadline(milliseconds: $0, after: start) } ?? deadline
        let answer = CurlAnswer(limit: max(0, request.limit)) { [stopwatch] in
            firstByte.remaining(at: stopwatch()) == 0
        }
        let handle = try take()
        defer { putBack(handle) }
        configure(handle, request, milliseconds: max(1, remaining / 1000))
        let result = try handle.perform(body: request.body, into: answer)
        if answer.isTooLarge { throw .answerTooLarge }
        guard result.code == CURLE_OK else { throw Self.error(result.code, result.text, answer) }
        // libcurl takes a connection that ends within the head for the end of the answer.
        guard answer.isHeadComplete else { throw .badAnswer("a head cut short") }
        guard (200...599).contains(answer.status) else { throw .badAnswer("no valid status") }
        let whole = HTTPAnswer(status: answer.status, headers: answer.headers, body: answer.body)
        if whole.header("transfer-encoding") != nil, whole.header("content-length") != nil {
            throw .badAnswer("both Transfer-Encoding and Content-Length")
        }
        return whole
    }

    private func take() throws(TransportError) -> CurlHandle {
        if let handle = idle.withLock({ $0.popLast() }) { return handle }
        return try CurlHandle()
    }

    private func putBack(_ handle: CurlHandle) {
        idle.withLock { idle in
            if idle.count < Self.maximumIdle { idle.append(handle) }
        }
    }

    private func configure(_ handle: CurlHandle, _ request: HTTPRequest, milliseconds: Int64) {
        handle.set(CURLOPT_URL, request.url.description)
        handle.set(CURLOPT_PATH_AS_IS, 1)
        if request.method.is("HEAD") {
            handle.set(CURLOPT_NOBODY, 1)
        } else {
            handle.set(request.body == nil ? CURLOPT_HTTPGET : CURLOPT_POST, 1)
            handle.set(CURLOPT_CUSTOMREQUEST, request.method.description)
        }
        handle.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        handle.set(CURLOPT_FOLLOWLOCATION, 0)
        handle.set(CURLOPT_PROXY, "")
        handle.set(CURLOPT_NOPROXY, "*")
        handle.set(CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
        handle.set(CURLOPT_SSL_VERIFYPEER, 1)
        handle.set(CURLOPT_SSL_VERIFYHOST, 2)
        handle.set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        if let authorities { handle.set(CURLOPT_CAINFO, authorities) }
        if let path = request.unixSocket { handle.set(CURLOPT_UNIX_SOCKET_PATH, path) }
        handle.set(CURLOPT_USERAGENT, "countersign")
        handle.set(CURLOPT_NOSIGNAL, 1)
        // Else a look-up that hangs keeps its thread past every deadline.
        handle.setIfKnown(CURLOPT_QUICK_EXIT, 1)
        handle.set(CURLOPT_TCP_KEEPALIVE, 1)
        handle.set(CURLOPT_MAXCONNECTS, 8)
        // S3 closes what idles; a write on a connection that it has closed is one whose fate is not known.
        handle.setIfKnown(CURLOPT_MAXAGE_CONN, 10)
        handle.set(CURLOPT_TIMEOUT_MS, Int(clamping: min(milliseconds, 86_400_000)))
        handle.set(CURLOPT_CONNECTTIMEOUT_MS, Int(clamping: max(1, min(request.timeouts.connect, milliseconds))))
        configureHeaders(handle, request)
    }

    private func configureHeaders(_ handle: CurlHandle, _ request: HTTPRequest) {
        handle.add(header: "Expect:")
        if request.body != nil, !request.headers.contains(where: { $0.lowercasedName.is("content-type") }) {
            handle.add(header: "Content-Type:")
        }
        for header in request.headers {
            var line: [UInt8] = []
            line.reserveCapacity(header.name.count + 2 + header.value.count)
            line += header.name.bytes
            // To libcurl `Name:` takes a header away and `Name;` sends it empty.
            line += header.value.trimmed.isEmpty ? ";".utf8 : ": ".utf8
            line += header.value.bytes
            handle.add(header: ByteString(line))
        }
    }

    private static func error(_ code: CURLcode, _ text: String, _ answer: CurlAnswer) -> TransportError {
        switch code {
        case CURLE_OPERATION_TIMEDOUT, CURLE_ABORTED_BY_CALLBACK: .timedOut
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT: .unreachable(text)
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM,
            CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR:
            .untrusted(text)
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING:
            answer.isHeadComplete ? .badAnswer(text) : .interrupted(text)
        // One line of the head over libcurl's own limit; from 8.6 on it says so with a code of its own, 100.
        case CURLE_OUT_OF_MEMORY, CURLcode(rawValue: 100): .answerTooLarge
        case CURLE_FAILED_INIT, CURLE_UNKNOWN_OPTION, CURLE_BAD_FUNCTION_ARGUMENT: .library(text)
        default: .badAnswer(text)
        }
    }
}
