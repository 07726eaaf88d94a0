internal import S3Authorization

/// What S3's refusals mean that are not about the bytes that were signed.
struct RefusalExplanation {
    let error: ErrorDocument
    let desk: Desk

    /// Nil where this is no refusal that is known, or one about a signature.
    var cause: Cause? {
        let message = error.message.description
        switch error.code.description {
        case "RequestTimeTooSkewed": return skew
        case "AccessDenied", "Forbidden": return denied(message)
        case "AuthorizationHeaderMalformed", "AuthorizationQueryParametersError", "IllegalLocationConstraintException",
            "PermanentRedirect", "TemporaryRedirect":
            return region(message)
        case "InvalidAccessKeyId": return accessKey
        case "ExpiredToken", "InvalidToken", "TokenRefreshRequired":
            return Cause(
                .token, "The session token of temporary credentials is not, or no longer, good.",
                mending: "Renew the token (uploads.session_token_file), or use a long-lived key for uploads.")
        case "EntityTooLarge", "EntityTooSmall":
            let size = error["ProposedSize"].map { " of \($0) bytes" } ?? ""
            return Cause(
                .size, "The file\(size) is not within the policy's content-length-range.",
                mending: "Raise rules.max_size, or let the page check the size before it uploads.")
        case "XAmzContentSHA256Mismatch", "BadDigest", "InvalidDigest":
            return Cause(
                .payload, "The body is not the one whose digest was signed.",
                mending: "Look for whatever changes the body on its way: compression, a line ending, a wrong range "
                    + "of a file.")
        case "NoSuchBucket":
            return Cause(
                .bucket, "S3 has no bucket \(error["BucketName"] ?? desk.bucket) at \(desk.publicEndpoint.host).",
                mending: "Set uploads.bucket, s3.endpoint and s3.addressing to where the bucket is.")
        case "AccessControlListNotSupported":
            return Cause(
                .acl, "The bucket has access control lists switched off, and an acl was sent.",
                mending: "Set uploads.acl = \"bucket-owner-full-control\".")
        case "InvalidPolicyDocument", "MalformedPOSTRequest", "InvalidArgument", "UserKeyMustBeSpecified":
            return Cause(
                .policy, "S3 cannot read the form: \(Printable.quoted(error.message)).",
                mending: "Send every field before `file`, and policy and signature exactly as POST sign answered them.")
        case "NotImplemented", "MethodNotAllowed":
            return Cause(
                .store, "The store does not do what was asked of it; some know no POST forms, some no ACLs.",
                mending: "Run `countersign doctor`, which finds out what the store can do.")
        case "SlowDown", "ServiceUnavailable", "InternalError", "RequestTimeout", "OperationAborted":
            return Cause(
                .store, "S3 itself is out of order or overloaded; the signature is not the matter.",
                mending: "Try again a little later.")
        default: return nil
        }
    }

    private var skew: Cause {
        let mending =
            "Set the clock of whoever signed (timedatectl set-ntp true); pages take the time from `now` of GET prefix."
        guard let signed = error.time("RequestTime"), let server = error.time("ServerTime") else {
            return Cause(.clock, "The time in the request and S3's are more than 15 minutes apart.", mending: mending)
        }
        let seconds = signed.secondsSince1970 - server.secondsSince1970
        return Cause(
            .clock,
            "The clock of whoever signed is \(Span.text(abs(seconds))) "
                + "\(seconds > 0 ? "ahead of" : "behind") S3's.",
            mending: mending)
    }

    private func denied(_ message: String) -> Cause {
        if message.hasPrefix("Request has expired") {
            var ago = ""
            if let end = error.time("Expires"), let server = error.time("ServerTime") {
                ago = ", \(Span.text(server.secondsSince1970 - end.secondsSince1970)) before the request came"
            }
            return Cause(
                .expired, "The signed URL had ended\(ago).",
                mending: "Ask for a new URL just before the upload, or raise rules.expires_after.")
        }
        if message.hasPrefix("Invalid according to Policy: Policy expired") {
            return Cause(
                .expired, "The policy had ended before the form came.",
                mending: "Ask POST sign again just before the upload, or raise rules.expires_after; with large "
                    + "files the "
                    + "form must begin, not end, in time.")
        }
        if message.hasPrefix("Invalid according to Policy") {
            return Cause(
                .policy, "The form is not what the policy says: \(Printable.quoted(error.message)).",
                mending: "Send each field with the very value that was signed, and no field that the policy does "
                    + "not name.")
        }
        if let names = error["HeadersNotSigned"] {
            return Cause(
                .headerAdded, "The request came with headers that were not signed: \(Printable.quoted(names)).",
                mending: "Stop the client or the proxy that adds them, or have them signed.")
        }
        return Cause(
            .rights, isCertain: false,
            "The key may not do this, or the bucket forbids it, or the signature is "
                + "wrong where a store says no more.",
            mending: "Compare the key's rights with `countersign print iam`, and the bucket's policy and public "
                + "access block.")
    }

    private func region(_ message: String) -> Cause {
        if let region = error["Region"] {
            return Cause(
                .region, "S3 expects the region \(Printable.quoted(region)); this configuration says \(desk.region).",
                mending: "Set s3.region = \(Printable.quoted(region)), and s3.endpoint to that region's.")
        }
        if let endpoint = error["Endpoint"] {
            return Cause(
                .region, "The bucket is at \(Printable.quoted(endpoint)), not at \(desk.publicEndpoint.host).",
                mending: "Set s3.endpoint to the bucket's own region.")
        }
        return Cause(
            .region, isCertain: false,
            "The credential in the request is not what S3 expects: "
                + "\(Printable.quoted(error.message)).",
            mending: "Set s3.region to the bucket's own, and use accessKey and region of GET prefix in clients.")
    }

    private var accessKey: Cause {
        let id = error["AWSAccessKeyId"]
        if let id, !desk.keys.contains(where: { $0.id == id }) { return .strangerKey(id, desk) }
        return Cause(
            .accessKey, "S3 does not know the key \(id ?? desk.credentials.accessKeyID).",
            mending: "Look whether the key was deleted or disabled, and whether s3.endpoint is the account's own "
                + "store.")
    }
}
