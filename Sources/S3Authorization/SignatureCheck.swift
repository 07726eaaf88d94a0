/// Whether a signature is the one that a secret makes: yes or no, never the signature.
///
/// For explaining refusals only: whatever text it is asked about, it gives nobody the right to anything.
package struct SignatureCheck: Sendable, Redacted {
    private let secret: Secret

    package init(secret: Secret) {
        self.secret = secret
    }

    /// Version 4, in lower-case hexadecimal, over a string to sign as it stands.
    package func holds(_ signature: ByteString, of stringToSign: ByteString, in scope: CredentialScope) -> Bool {
        ConstantTime.areEqual(SigningKey(secret: secret, scope: scope).signature(of: stringToSign), signature)
    }

    /// Version 4 over a canonical request as it stands, in its own scope, whichever scope the key was made for.
    package func holds(
        _ signature: ByteString, ofRequest canonicalRequest: ByteString, at time: SigningTime,
        in scope: CredentialScope, keyOf keyScope: CredentialScope? = nil
    ) -> Bool {
        let text = StringToSign(canonicalRequest: canonicalRequest, time: time, scope: scope).text
        return holds(signature, of: text, in: keyScope ?? scope)
    }

    /// Version 2, in Base 64, over a string to sign as it stands.
    package func holdsV2(_ signature: ByteString, of stringToSign: ByteString) -> Bool {
        ConstantTime.areEqual(SignatureV2.SigningKey(secret: secret).signature(of: stringToSign), signature)
    }
}
