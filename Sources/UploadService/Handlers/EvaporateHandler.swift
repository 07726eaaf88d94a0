internal import FastCGI
internal import S3Authorization

/// `GET evaporate`: EvaporateJS's signer, for requests of which it sends the canonical request too.
///
/// The answer is the bare signature. It gives up at 403 and tries again at every other error, so that what is refused once
/// and for all is 403 here.
struct EvaporateHandler {
    private let inquiry: Inquiry
    private let surroundings: Surroundings

    init(_ inquiry: Inquiry, _ surroundings: Surroundings) {
        self.inquiry = inquiry
        self.surroundings = surroundings
    }

    func respond(_ account: inout Account) throws(RequestError) -> Response {
        do throws(RequestError) {
            let signature = try sign(&account)
            return Response(
                status: 200,
                headers: Answers.common.map { $0.name == "Content-Type" ? .init("Content-Type", "text/plain") : $0 },
                body: Array(signature.bytes))
        } catch {
            throw error.status == 400 ? error.with(status: 403) : error
        }
    }

    private func sign(_ account: inout Account) throws(RequestError) -> ByteString {
        let profile = try inquiry.profile(&account)
        let identity = try inquiry.identity(&account)
        let request = try request()
        let credentials = try inquiry.uploadCredentials()
        let authorized = try authorized(request, profile.rules, identity, credentials)
        account.key = authorized.key
        let signature = authorized.sign(with: inquiry.site.keys)
        if authorized.operation.makesObject {
            // Once for each upload; no signature bounds its size, which the question before the copy does.
            let question = UploadQuestion(
                key: authorized.key, type: authorized.contentType, undeclared: .impossible)
            let rules =
                try question.narrowed(profile, for: identity, inquiry, surroundings, &account) ?? profile.rules
            let leave = Leave(under: rules, isInParts: authorized.operation != .put) { rules throws(RequestError) in
                _ = try self.authorized(request, rules, identity, credentials)
            }
            try LeaveDesk(inquiry: inquiry, surroundings: surroundings, profile: profile, identity: identity)
                .give(leave, &account)
        }
        return signature
    }

    private func authorized(
        _ request: HashedRESTRequest, _ rules: UploadRules, _ identity: Identity, _ credentials: Credentials
    ) throws(RequestError) -> AuthorizedHashedRequest {
        do throws(PolicyViolations) {
            return try rules.authorize(
                request, for: Caller(prefix: identity.prefix), signedBy: credentials, at: inquiry.site.endpoint,
                now: surroundings.signingTime)
        } catch {
            throw .refused(error, member: "canonical_request", code: "invalid_request")
        }
    }

    private func request() throws(RequestError) -> HashedRESTRequest {
        let pairs: [FormPair]
        do throws(FormError) {
            pairs = try FormReader.pairs(inquiry.parameter("QUERY_STRING") ?? "")
        } catch {
            throw .malformedForm(error)
        }
        func value(_ name: StaticString) -> ByteString? {
            let values = pairs.filter { $0.name.is(name) }.map(\.value)
            return values.count == 1 && !values[0].isEmpty ? values[0] : nil
        }
        guard let stringToSign = value("to_sign") else {
            throw .invalidField("to_sign", "This field is required.")
        }
        guard let canonicalRequest = value("canonical_request") else { throw .blindSigning }
        return HashedRESTRequest(stringToSign: stringToSign, canonicalRequest: canonicalRequest)
    }
}

extension RequestError {
    /// A hash could be that of any request.
    fileprivate static var blindSigning: RequestError {
        RequestError(
            status: 403, code: "canonical_request_missing",
            message: "A hash is not signed unseen: set sendCanonicalRequestToSignerUrl: true in EvaporateJS")
    }

    fileprivate func with(status: Int) -> RequestError {
        RequestError(status: status, code: code, message: message, details: details, headers: headers, cause: cause)
    }
}
