package import S3Authorization

/// STS's AssumeRole: temporary credentials for somebody else, with less than the role's rights.
///
/// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
package struct AssumeRole: Sendable {
    package let role: ByteString
    /// Seconds that the credentials are to be good, 900 to 43,200.
    package let duration: Int64
    /// What the role's trust policy may ask for.
    package let externalID: ByteString?
    private let endpoint: Endpoint
    private let region: ByteString
    /// Whose right to assume the role is used.
    package var credentials: any CredentialsProvider
    package var transport: any Transport
    private let surroundings: S3Surroundings
    private let retries = RetryPolicy(tries: 3)

    /// Throws where `region` can be no part of a signature's scope.
    package init(
        role: ByteString, duration: Int64, externalID: ByteString? = nil, endpoint: Endpoint, region: ByteString,
        credentials: any CredentialsProvider, transport: any Transport, surroundings: S3Surroundings
    ) throws(CredentialScope.Invalid) {
        _ = try CredentialScope(time: .start, region: region, service: "sts")
        self.role = role
        self.duration = duration
        self.externalID = externalID
        self.endpoint = endpoint
        self.region = region
        self.credentials = credentials
        self.transport = transport
        self.surroundings = surroundings
    }

    /// Credentials that end; whatever STS answers instead is an error. `clockOffset` is known from calls to S3.
    package func credentials(
        for session: RoleSessionName, limitedTo policy: SessionPolicy, clockOffset: Int64 = 0,
        until deadline: Deadline
    ) throws(S3Error) -> Credentials {
        let form = form(session, policy)
        var mayRenew = true
        var number = 1
        while true {
            let own: Credentials
            do {
                own = try credentials.credentials(until: deadline)
            } catch {
                throw .credentials(error)
            }
            let failure: S3Error
            switch attempt(form, number, own, clockOffset, until: deadline) {
            case .success(let lent): return lent
            case .failure(let error): failure = error
            }
            if mayRenew, case .refused(let refusal) = failure, refusal.code.begins(with: "ExpiredToken") {
                mayRenew = false
                credentials.reject(own)
                continue
            }
            guard failure.isTransient, number < retries.tries else { throw failure }
            let random = surroundings.random(8).reduce(0) { $0 << 8 | UInt64($1) }
            let pause = retries.pause(after: number, retryAfter: nil, random: random)
            guard pause < deadline.remaining(at: surroundings.stopwatch()) else { throw failure }
            surroundings.sleep(pause)
            number += 1
        }
    }

    func form(_ session: RoleSessionName, _ policy: SessionPolicy) -> OwnForm {
        var fields: [(name: StaticString, value: ByteString)] = [
            ("Action", "AssumeRole"), ("Version", "2011-06-15"), ("RoleArn", role), ("RoleSessionName", session.text),
            ("DurationSeconds", ByteString("\(duration)")), ("Policy", policy.json),
        ]
        if let externalID { fields.append(("ExternalId", externalID)) }
        return OwnForm(fields, to: endpoint)
    }

    private func attempt(
        _ form: OwnForm, _ number: Int, _ own: Credentials, _ clockOffset: Int64, until deadline: Deadline
    ) -> Result<Credentials, S3Error> {
        let start = surroundings.stopwatch()
        var answer: HTTPAnswer?
        let result: Result<Credentials, S3Error>
        do throws(S3Error) {
            guard deadline.remaining(at: start) > 0 else { throw .timedOut }
            let received = try send(form, own, clockOffset, until: deadline)
            answer = received
            result = .success(try read(received))
        } catch {
            result = .failure(error)
        }
        let failure: S3Error? = if case .failure(let error) = result { error } else { nil }
        surroundings.observe(
            Attempt(
                operation: .assumeRole, number: number, duration: surroundings.stopwatch() - start,
                status: answer?.status,
                requestID: answer?.header("x-amzn-requestid").map { ErrorAnswer.printable($0, limit: 64) },
                failure: failure))
        return result
    }

    private func send(
        _ form: OwnForm, _ own: Credentials, _ clockOffset: Int64, until deadline: Deadline
    ) throws(S3Error) -> HTTPAnswer {
        let signed: SignedRequest
        do {
            let signer = try Signer(credentials: own, region: region, service: "sts")
            let seconds = surroundings.now() / 1000 + clockOffset
            signed = form.authorized(by: signer, at: (try? SigningTime(secondsSince1970: seconds)) ?? .start)
        } catch {
            throw .credentials(.malformed("the region"))
        }
        let request = HTTPRequest(method: signed.method, url: signed.url, headers: signed.headers, body: form.body)
        do {
            return try transport.exchange(request, until: deadline)
        } catch {
            throw S3Error(error)
        }
    }

    private func read(_ answer: HTTPAnswer) throws(S3Error) -> Credentials {
        let root = try? XMLElement(parsing: answer.body)
        if let failure = Self.failure(in: answer, root) { throw failure }
        guard let root, root.name.is("AssumeRoleResponse"), let result = root.all("AssumeRoleResult").first,
            let found = result.all("Credentials").first
        else { throw .badAnswer("no whole AssumeRoleResponse") }
        let service = CredentialsService(transport: transport, surroundings: surroundings, name: "STS")
        let lent: Credentials
        do {
            lent = try service.credentials(
                id: found.text(of: "AccessKeyId"), secret: found.text(of: "SecretAccessKey"),
                token: found.text(of: "SessionToken"), expiration: found.text(of: "Expiration"))
        } catch {
            throw .badAnswer("\(error)")
        }
        // A key without a token, or without an end, would be one for ever.
        guard let token = lent.sessionToken, !token.isEmpty, let end = lent.expiration else {
            throw .badAnswer("a key that does not end")
        }
        guard end.secondsSince1970 > surroundings.now() / 1000 else { throw .badAnswer("a key that has ended") }
        return lent
    }

    /// `<ErrorResponse>` of Amazon's, `<Error>` of others', whatever the status.
    ///
    /// https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
    private static func failure(in answer: HTTPAnswer, _ root: XMLElement?) -> S3Error? {
        let error: XMLElement? =
            root.flatMap { root in
                if root.name.is("Error") { return root }
                return root.name.is("ErrorResponse") ? root.all("Error").first : nil
            }
        if answer.status == 200, error == nil { return nil }
        if (300...399).contains(answer.status) { return .redirected(region: nil) }
        return .refused(
            S3Error.Refusal(
                status: answer.status, code: ErrorAnswer.printable(error?.text(of: "Code"), limit: 64),
                message: ErrorAnswer.printable(error?.text(of: "Message"), limit: 256)))
    }
}
