internal import S3Authorization

/// One call as its operation wants it, before it is signed and sent.
struct Call {
    let operation: Operation
    let method: ByteString
    let location: ObjectLocation
    var query: [QueryParameter] = []
    var headers: [HeaderField] = []
    var body: [UInt8]?
    /// Bytes of the answer at most.
    var limit = 65_536
    /// S3 answers only when the work is done, which may take all the time there is.
    var isSlow = false
}

extension S3Client {
    /// Sends a call until `read` is content with the answer, it fails for good, or time or tries are used up.
    func perform<Result>(
        _ call: Call, until deadline: Deadline, read: (HTTPAnswer) throws(S3Error) -> Result
    ) throws(S3Error) -> Result {
        var second = SecondChances()
        var number = 1
        while true {
            let attempt = attempt(call, number: number, until: deadline, read: read)
            switch attempt.result {
            case .success(let result): return result
            case .failure(let failure):
                if second.helps(failure, attempt, call, self) { continue }
                guard failure.isTransient, number < retries.tries else { throw failure }
                let retryAfter = attempt.answer?.header("retry-after").flatMap(DecimalDigits.value)
                let pause = retries.pause(after: number, retryAfter: retryAfter, random: randomNumber())
                guard pause < deadline.remaining(at: surroundings.stopwatch()) else { throw failure }
                surroundings.sleep(pause)
                number += 1
            }
        }
    }

    fileprivate struct Try<Value> {
        let result: Result<Value, S3Error>
        let answer: HTTPAnswer?
        let credentials: Credentials?
    }

    private func attempt<Value>(
        _ call: Call, number: Int, until deadline: Deadline, read: (HTTPAnswer) throws(S3Error) -> Value
    ) -> Try<Value> {
        let start = surroundings.stopwatch()
        var answer: HTTPAnswer?
        var used: Credentials?
        let result: Result<Value, S3Error>
        do throws(S3Error) {
            guard deadline.remaining(at: start) > 0 else { throw .timedOut }
            let credentials = try self.credentials(until: deadline)
            used = credentials
            let received = try send(call, credentials, until: deadline)
            answer = received
            if let date = received.date { state.learn(drift: drift(of: date)) }
            if let failure = ErrorAnswer.failure(in: received) { throw failure }
            result = .success(try read(received))
        } catch {
            result = .failure(error)
        }
        surroundings.observe(
            Attempt(
                operation: call.operation, number: number, duration: surroundings.stopwatch() - start,
                status: answer?.status, requestID: answer.map { ErrorAnswer.requestID($0) }, failure: result.error))
        return Try(result: result, answer: answer, credentials: used)
    }

    func credentials(until deadline: Deadline) throws(S3Error) -> Credentials {
        do {
            return try credentials.credentials(until: deadline)
        } catch {
            throw .credentials(error)
        }
    }

    func send(
        _ call: Call, _ credentials: Credentials, until deadline: Deadline
    ) throws(S3Error) -> HTTPAnswer {
        let signed = try signed(call, credentials)
        var timeouts = timeouts
        if call.isSlow { timeouts.firstByte = nil }
        let request = HTTPRequest(
            method: signed.method, url: signed.url, headers: signed.headers, body: call.body, limit: call.limit,
            timeouts: timeouts)
        do {
            return try transport.exchange(request, until: deadline)
        } catch {
            throw S3Error(error)
        }
    }

    func signed(_ call: Call, _ credentials: Credentials) throws(S3Error) -> SignedRequest {
        let signer = try state.signer(for: credentials, region: region)
        let seconds = surroundings.now() / 1000 + clockOffset
        let time = (try? SigningTime(secondsSince1970: seconds)) ?? .start
        let request: S3Request
        do {
            request = try S3Request(
                method: call.method, endpoint: endpoint, addressing: addressing, bucket: call.location.bucket,
                key: call.location.key, query: call.query, headers: call.headers)
        } catch {
            throw .unsendable(error)
        }
        switch signatureVersion {
        case .v2: return OwnRequest(request).authorizedV2(by: signer, at: time)
        case .v4:
            let hash = PayloadHash(of: call.body ?? [])
            return OwnRequest(request).authorized(by: signer, at: time, payloadHash: hash)
        }
    }

    private func randomNumber() -> UInt64 {
        surroundings.random(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}

/// Two failures that we can mend, each once a call: a clock that is wrong and credentials that have expired.
private struct SecondChances {
    private var clock = true
    private var token = true

    /// Whether something was changed so that the call is worth another try.
    mutating func helps<Value>(
        _ failure: S3Error, _ attempt: S3Client.Try<Value>, _ call: Call, _ client: S3Client
    ) -> Bool {
        guard case .refused(let refusal) = failure else { return false }
        // HEAD has no body and so no code: its 403 speaks through its date, and its 400 may be an expired token.
        let isSilent = refusal.code.isEmpty && call.method.is("HEAD")
        if clock, refusal.code.is("RequestTimeTooSkewed") || isSilent && refusal.status == 403 {
            clock = false
            if client.learnClock(from: attempt.answer, isSure: !isSilent) { return true }
        }
        let isExpired = ["ExpiredToken", "TokenRefreshRequired", "ExpiredTokenException"].contains(refusal.code)
        if token, let credentials = attempt.credentials,
            isExpired || isSilent && refusal.status == 400 && credentials.sessionToken != nil
        {
            token = false
            client.credentials.reject(credentials)
            return true
        }
        return false
    }
}

extension S3Client {
    /// Takes S3's `Date` for the time; `isSure` when S3 said that ours is wrong, else from five minutes on.
    fileprivate func learnClock(from answer: HTTPAnswer?, isSure: Bool) -> Bool {
        guard let theirs = answer?.date else { return false }
        let offset = theirs.secondsSince1970 - surroundings.now() / 1000
        guard isSure || abs(offset - clockOffset) >= 300 else { return false }
        state.learn(clockOffset: offset)
        surroundings.skew(offset)
        return true
    }
}

extension S3Client {
    /// S3's clock tells whole seconds only: on average half of one has passed.
    fileprivate func drift(of theirs: SigningTime) -> Int64 {
        (theirs.secondsSince1970 * 1000 + 500 - surroundings.now()) / 1000
    }
}

extension HTTPAnswer {
    fileprivate var date: SigningTime? {
        header("date").flatMap { try? SigningTime(parsing: $0, as: .http) }
    }
}

extension Result where Failure == S3Error {
    fileprivate var error: S3Error? {
        if case .failure(let error) = self { error } else { nil }
    }
}
