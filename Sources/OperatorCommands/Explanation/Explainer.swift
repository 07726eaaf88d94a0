package import S3Authorization
internal import UploadService

/// `countersign explain`: says why S3 refused, from what it answered, or what is wrong with a URL or a policy.
package struct Explainer: Sendable {
    private let desk: Desk
    /// Seconds since 1970.
    private let now: Int64

    package init(_ desk: Desk, now: Int64) {
        self.desk = desk
        self.now = now
    }

    /// What beside the text itself is known.
    package struct Context: Sendable {
        /// The URL that the client used, where S3's answer does not say what it received.
        package var url: ByteString?
        /// What the client sends with a signed URL.
        package var headers: [HeaderField]
        /// The signature that went with a policy.
        package var signature: ByteString?

        package init(url: ByteString? = nil, headers: [HeaderField] = [], signature: ByteString? = nil) {
            self.url = url
            self.headers = headers
            self.signature = signature
        }
    }

    /// Nil where the text is none of the things that can be explained.
    package func explain(_ text: [UInt8], _ context: Context = Context()) -> Explanation? {
        let trimmed = ByteString(text).trimmed
        if let start = Self.start(of: "<?xml", in: trimmed) ?? Self.start(of: "<Error", in: trimmed) {
            return ErrorDocument(parsing: Array(trimmed.bytes[start...])).map { explain($0, context) }
        }
        if trimmed.begins(with: "http://") || trimmed.begins(with: "https://") { return explain(url: trimmed, context) }
        if trimmed.begins(with: "{") { return explain(json: Array(trimmed.bytes), context) }
        guard let document = Self.policy(in: trimmed) else { return nil }
        return explain(policy: document, encoded: trimmed, signature: context.signature, keyID: nil)
    }

    private func explain(_ error: ErrorDocument, _ context: Context) -> Explanation {
        let code = error.code.isEmpty ? "a refusal without a code" : Printable.text(error.code.bytes)
        let message = error.message.isEmpty ? "." : ": \(Printable.text(error.message.bytes.prefix(300)))"
        var explanation = Explanation(subject: "S3 answered \(code)\(message)")
        if error.code.is("SignatureDoesNotMatch") {
            mismatch(error, context, &explanation)
        } else if let cause = RefusalExplanation(error: error, desk: desk).cause {
            explanation.causes.append(cause)
        }
        if let url = context.url, let signed = SignedURL(url), !explanation.causes.contains(where: \.isCertain) {
            SignedURLExplanation(url: signed, headers: context.headers, desk: desk, now: now).explain(&explanation)
            // What the URL proves makes guesses about the answer needless.
            if explanation.causes.contains(where: \.isCertain) { explanation.causes.removeAll { !$0.isCertain } }
        }
        if explanation.causes.isEmpty {
            explanation.causes.append(
                Cause(
                    .unknown, isCertain: false,
                    error.code.is("SignatureDoesNotMatch")
                        ? "The store does not say what it received, so there is nothing to compare."
                        : "This refusal is not one that is known here.",
                    mending: error.code.is("SignatureDoesNotMatch")
                        ? "Give the signed URL with --url, or the policy and its signature, or run `countersign "
                            + "doctor`."
                        : "Look the code up in the store's documentation, or run `countersign doctor`."))
        }
        return explanation
    }

    private func mismatch(_ error: ErrorDocument, _ context: Context, _ explanation: inout Explanation) {
        guard let text = error.exact("StringToSign"), let signature = error["SignatureProvided"] ?? context.signature
        else {
            return
        }
        let id = error["AWSAccessKeyId"]
        if let document = Self.policy(in: text) {
            PolicyExplanation(
                document: document, encoded: text, signature: signature, keyID: id, desk: desk, now: now
            ).explain(&explanation)
            // S3 has refused the signature: that it is right under our secret means that S3 knows another.
            if explanation.causes.isEmpty, let key = desk.keys.first(where: { id == nil || $0.id == id }) {
                explanation.causes.append(.otherSecretAtS3(key))
            }
        } else if text.begins(with: "AWS4-HMAC-SHA256") {
            mismatchV4(error, text, signature, &explanation)
        } else if let id {
            SignatureMismatchV2(stringToSign: text, signature: signature, keyID: id, desk: desk).explain(&explanation)
        }
    }

    private func mismatchV4(
        _ error: ErrorDocument, _ text: ByteString, _ signature: ByteString, _ explanation: inout Explanation
    ) {
        let lines = text.bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard lines.count == 4, let time = try? SigningTime(parsing: ByteString(lines[1]), as: .basic),
            let scope = try? CredentialScope(parsing: ByteString(lines[2])),
            let request = error.exact("CanonicalRequest").flatMap(ReceivedRequest.init(canonical:))
        else { return }
        let id = error["AWSAccessKeyId"] ?? desk.credentials.accessKeyID
        SignatureMismatch(
            received: request, signature: signature, credential: Credential(accessKeyID: id, scope: scope), time: time,
            desk: desk
        ).explain(&explanation)
    }

    private func explain(url: ByteString, _ context: Context) -> Explanation? {
        guard let signed = SignedURL(url) else { return nil }
        var explanation = Explanation(
            subject: "A signed URL for \(Printable.text(signed.path.bytes)) at "
                + "\(signed.host).")
        SignedURLExplanation(url: signed, headers: context.headers, desk: desk, now: now).explain(&explanation)
        return explanation
    }

    /// A policy, or the answer of `POST sign`.
    private func explain(json: [UInt8], _ context: Context) -> Explanation? {
        var reader = JSONReader(json)
        var members: [ByteString: ByteString] = [:]
        if var object = try? reader.beginObject() {
            while let name = try? reader.nextMember(in: &object) {
                let isText = (try? reader.peek()) == .string
                guard let value = isText ? try? reader.readString() : try? reader.readValue() else { return nil }
                members[name] = value
            }
        }
        guard let encoded = members["policy"], let document = Self.policy(in: encoded) else {
            return explain(policy: json, encoded: nil, signature: nil, keyID: nil)
        }
        return explain(
            policy: document, encoded: encoded, signature: members["signature"] ?? context.signature, keyID: nil)
    }

    private func explain(
        policy document: [UInt8], encoded: ByteString?, signature: ByteString?, keyID: ByteString?
    ) -> Explanation {
        let key = (try? POSTPolicy(parsing: document))?.key
        var explanation = Explanation(
            subject: "A POST policy"
                + (key.map {
                    " for "
                        + "\(Printable.quoted($0))"
                } ?? "") + ".")
        PolicyExplanation(
            document: document, encoded: encoded, signature: signature, keyID: keyID, desk: desk, now: now
        ).explain(&explanation)
        return explanation
    }

    /// The JSON that is Base 64 here; nil where this is none.
    private static func policy(in text: ByteString) -> [UInt8]? {
        guard let document = try? Base64.decode(text), document.first(where: { $0 > 0x20 }) == UInt8(ascii: "{") else {
            return nil
        }
        return document
    }

    private static func start(of literal: StaticString, in text: ByteString) -> Int? {
        text.bytes.indices.first { ByteString(text.bytes[$0...]).begins(with: literal) }
    }
}
