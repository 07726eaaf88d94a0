internal import S3Authorization

/// Why a signature of version 4 is not that of the request as S3 received it.
struct SignatureMismatch {
    let received: ReceivedRequest
    let signature: ByteString
    let credential: Credential
    let time: SigningTime
    let desk: Desk

    /// Adds what it finds; nothing where the signature is right for our own key, which `isRight` tells.
    func explain(_ explanation: inout Explanation) {
        guard let key = desk.keys.first(where: { $0.id == credential.accessKeyID }) else {
            explanation.causes.append(.strangerKey(credential.accessKeyID, desk))
            return
        }
        if isRight(received, key) {
            explanation.causes.append(.otherSecretAtS3(key))
        } else if let suspicion = Suspicion.all(of: received, at: desk).first(where: { isRight($0.request, key) }) {
            explanation.causes.append(suspicion.cause)
            explanation.difference = difference(suspicion.request)
        } else if let cause = otherScope(key) ?? otherSecret(key) {
            explanation.causes.append(cause)
        } else {
            compare(key, &explanation)
        }
    }

    /// The method for which the signature is that of our own key.
    func isRight(_ request: ReceivedRequest) -> Bool {
        desk.keys.contains { $0.id == credential.accessKeyID && isRight(request, $0) }
    }

    private func isRight(_ request: ReceivedRequest, _ key: Desk.Key) -> Bool {
        SignatureCheck(secret: key.secret)
            .holds(signature, ofRequest: request.text, at: time, in: credential.scope)
    }

    private func difference(_ expected: ReceivedRequest) -> Difference? {
        Difference("canonical request", received: received.shownText, expected: expected.shownText)
    }

    /// Signed in the scope of another region or day than the one it names.
    private func otherScope(_ key: Desk.Key) -> Cause? {
        let check = SignatureCheck(secret: key.secret)
        for region in [desk.region, "us-east-1"] where region != credential.scope.region {
            guard let scope = try? CredentialScope(time: time, region: region) else { continue }
            if isSigned(in: scope, check) {
                return Cause(
                    .region,
                    "Signed in the scope of the region \(region), but the request names "
                        + "\(credential.scope.region).",
                    mending: "Use one region throughout: s3.region here, and the region of GET prefix in clients.")
            }
        }
        for shift in [Int64(-86_400), 86_400] {
            guard let day = try? time.adding(seconds: shift) else { continue }
            if isSigned(in: credential.scope.on(day), check) {
                return Cause(
                    .clock,
                    "Signed with the key of another day than that of x-amz-date, as a local date instead of "
                        + "UTC does.",
                    mending: "Take the day of the credential scope from the same UTC time as x-amz-date.")
            }
        }
        return nil
    }

    /// Whether another scope's key signed, be it over that scope's text or over the one that S3 made.
    private func isSigned(in scope: CredentialScope, _ check: SignatureCheck) -> Bool {
        check.holds(signature, ofRequest: received.text, at: time, in: scope)
            || check.holds(signature, ofRequest: received.text, at: time, in: credential.scope, keyOf: scope)
    }

    /// Signed with another secret of this configuration.
    private func otherSecret(_ key: Desk.Key) -> Cause? {
        let other = desk.keys.first { other in
            other.section != key.section
                && SignatureCheck(secret: other.secret)
                    .holds(signature, ofRequest: received.text, at: time, in: credential.scope)
        }
        guard let other else { return nil }
        return Cause(
            .secret, "Signed with the secret of [\(other.section)], but with the key id of [\(key.section)].",
            mending: "Put each secret beside its own access_key_id; the two files have probably been mixed up.")
    }

    /// Nothing that is known to happen explains it: show how it differs from what we would have signed.
    private func compare(_ key: Desk.Key, _ explanation: inout Explanation) {
        let ours = received.asWeWouldSign(desk)
        explanation.difference = difference(ours)
        guard explanation.difference != nil else {
            explanation.causes.append(
                Cause(
                    .secret, isCertain: false,
                    "Everything in the request is as we would sign it, so whoever signed used another secret than "
                        + "\(key.section).secret_access_key.",
                    mending: "Restart the running program if the secret was changed, and make sure that it is the "
                        + "one of "
                        + "\(key.id), whole and without spaces."))
            return
        }
        let mending = "Look at the first difference below, and at whoever could have changed it: the client or a proxy."
        let guess: (Cause.Name, String) =
            if ours.value("host") != received.value("host") {
                (.host, "S3 received another Host than this configuration signs for.")
            } else if ours.path != received.path {
                (.encoding, "The path is written in another way than we write it.")
            } else if ours.query != received.query {
                (.query, "The query is written in another way than we write it.")
            } else {
                (.headerChanged, "The headers are written in another way than we write them.")
            }
        explanation.causes.append(Cause(guess.0, isCertain: false, guess.1, mending: mending))
    }
}

extension ReceivedRequest {
    /// The same request in our own spelling, for our own host.
    func asWeWouldSign(_ desk: Desk) -> ReceivedRequest {
        var ours = self
        if let host = value("host") {
            let known = [desk.publicEndpoint, desk.endpoint].flatMap { endpoint in
                [Addressing.path, .virtual].map { endpoint.host(bucket: desk.bucket, addressing: $0) }
            }
            if !known.contains(host) {
                ours = ours.with("host", desk.publicEndpoint.host(bucket: desk.bucket, addressing: desk.addressing))
            }
        }
        if let decoded = try? PercentEncoding.decode(path) {
            ours.path = PercentEncoding.encode(decoded, keepingSlash: true)
        }
        if let parameters { ours.query = CanonicalQuery(parameters).text }
        let canonical = CanonicalHeaders(ours.headers)
        var rewritten: [HeaderField] = []
        for line in canonical.lines.bytes.split(separator: UInt8(ascii: "\n")) {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
            rewritten.append(HeaderField(ByteString(line[..<colon]), ByteString(line[(colon + 1)...])))
        }
        ours.headers = rewritten
        ours.signedNames = canonical.names
        return ours
    }
}

extension Cause {
    static func strangerKey(_ id: ByteString, _ desk: Desk) -> Cause {
        let known = desk.keys.map { "\($0.id) in [\($0.section)]" }.joined(separator: ", ")
        return Cause(
            .accessKey,
            "Signed with the key \(Printable.quoted(id)), which this configuration does not have; it "
                + "has \(known).",
            mending: "Let clients take accessKey from GET prefix, and look for an old key in pages, caches and this "
                + "file.")
    }

    static func otherSecretAtS3(_ key: Desk.Key) -> Cause {
        Cause(
            .secret,
            "The signature is what our secret makes of this very request, so S3 knows another secret for "
                + "\(key.id).",
            mending: "Put the secret that was handed out with \(key.id) into \(key.section).secret_access_key_file, "
                + "or make a "
                + "new key.")
    }
}
