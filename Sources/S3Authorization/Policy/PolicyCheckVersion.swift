/// The rules of signature version 4's own conditions: they must be ours, and of now.
extension PolicyCheck {
    /// How far a client's clock may be off; S3's own limit.
    private static var allowedDrift: Int64 { 15 * 60 }

    func violation(ofAlgorithm value: Condition.Value) -> Violation? {
        value == .string(StringToSign.algorithm) ? nil : ("Should be '\(StringToSign.algorithm)'", .invalid)
    }

    mutating func violation(ofCredential value: Condition.Value) -> Violation? {
        // What `Credential` reads; made here it would be counted and let go again.
        guard case .string(let text) = value, let slash = text.bytes.firstIndex(of: UInt8(ascii: "/")),
            slash > text.bytes.startIndex,
            let scope = try? CredentialScope(parsing: ByteString(text.bytes[(slash + 1)...]))
        else { return ("Should be <access key id>/<date>/<region>/s3/<terminator of version 4>", .invalid) }
        guard ByteString(text.bytes[..<slash]) == credentials.accessKeyID else {
            return ("The access key id should be '\(credentials.accessKeyID)'", .invalid)
        }
        return violation(ofScope: scope)
    }

    mutating func violation(ofScope scope: CredentialScope) -> Violation? {
        guard scope.region == rules.region else { return ("The region should be '\(rules.region)'", .invalid) }
        guard scope.service.is("s3") else { return ("The service should be 's3'", .invalid) }
        self.scope = scope
        return nil
    }

    mutating func violation(ofDate value: Condition.Value, as spelling: SigningTime.Spelling = .basic) -> Violation? {
        guard case .string(let text) = value, let date = try? SigningTime(parsing: text, as: spelling) else {
            return ("Should be a date and time such as \(now.text(spelling))", .invalid)
        }
        let drift = date.secondsSince1970 - now.secondsSince1970
        guard abs(drift) <= Self.allowedDrift else {
            return ("Should be within 15 minutes of now, which is \(now.text(spelling)): check the clock", .invalid)
        }
        signingDate = date
        return nil
    }

    func violation(ofSecurityToken value: Condition.Value) -> Violation? {
        guard let token = credentials.sessionToken else { return ("Invalid element name", .invalid) }
        let isOurs = value.isString && ConstantTime.areEqual(value.text.bytes.span, token.bytes.span)
        return isOurs ? nil : ("Should be the session token of this site's own credentials", .invalid)
    }

    mutating func examineVersion() {
        let isVersion4 = has(.algorithm) || has(.credential) || has(.date) || caller.expectedVersion == .v4
        if !rules.signs(isVersion4 ? .v4 : .v2) {
            refuseVersion(isVersion4 ? .v4 : .v2)
        } else if isVersion4 {
            examineVersion4()
        }
        examineSecurityToken(isThere: has(.securityToken))
    }

    mutating func refuseVersion(_ version: SignatureVersion) {
        switch version {
        case .v2:
            refuse("x-amz-algorithm", "This site signs version 4 only: set signature: {version: 4} in Fine Uploader")
        case .v4: refuse("x-amz-algorithm", "This site signs version 2 only: set signature: {version: 2}")
        }
    }

    mutating func examineSecurityToken(isThere: Bool) {
        if credentials.sessionToken != nil && !isThere {
            let message =
                "This site signs with temporary credentials, whose token the form would have to send: "
                + "sign with a long-lived key, or give Fine Uploader credentials of its own with "
                + "setCredentials, from GET prefix?credentials"
            refuse("x-amz-security-token", message)
        }
    }

    private mutating func examineVersion4() {
        if !has(.algorithm) { refuse("x-amz-algorithm", "Required condition is missing") }
        if !has(.credential) { refuse("x-amz-credential", "Required condition is missing") }
        if !has(.date) { refuse("x-amz-date", "Required condition is missing") }
        examineDay(at: "x-amz-credential")
    }

    mutating func examineDay(at element: StaticString) {
        if let scope, let signingDate, !isDay(scope.day, near: signingDate) {
            refuse(ByteString("\(element)"), "The date should be today's, \(now.text(.day))")
        }
    }

    /// The day of `x-amz-date`. Fine Uploader corrects that for a wrong clock, but not the credential's date, so the
    /// day before or after passes too while it is at most 15 minutes away.
    private func isDay(_ day: SigningTime, near date: SigningTime) -> Bool {
        if day == date.startOfDay { return true }
        let (before, after) = (now.secondsSince1970 - Self.allowedDrift, now.secondsSince1970 + Self.allowedDrift)
        return day.secondsSince1970 <= after && day.secondsSince1970 + 86_400 > before
    }
}
