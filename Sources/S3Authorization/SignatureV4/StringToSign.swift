/// What a signature of version 4 is made over.
///
/// Only this module makes one: from what its rules authorized, or from a request of our own (`OwnRequest`).
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#create-string-to-sign
package struct StringToSign: Sendable, Equatable {
    package static let algorithm: ByteString = "AWS4-HMAC-SHA256"

    package let text: ByteString

    init(canonicalRequest: CanonicalRequest, time: SigningTime, scope: CredentialScope) {
        self.init(canonicalRequest: canonicalRequest.text, time: time, scope: scope)
    }

    /// Over the canonical request's text as it came, for those that a client wrote and our rules took apart.
    init(canonicalRequest: ByteString, time: SigningTime, scope: CredentialScope) {
        var output = Self.start(time: time, scope: scope)
        Hexadecimal.append(SHA256.digest(of: canonicalRequest), to: &output)
        text = ByteString(output)
    }

    /// All that stands before the hash of the canonical request.
    static func start(time: SigningTime, scope: CredentialScope) -> [UInt8] {
        var output = Array(Self.algorithm.bytes)
        output.append(UInt8(ascii: "\n"))
        time.append(.basic, to: &output)
        output.append(UInt8(ascii: "\n"))
        scope.append(to: &output)
        output.append(UInt8(ascii: "\n"))
        return output
    }

    /// For a POST policy the string to sign is its Base 64 text, without any line before it.
    /// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html
    init(encodedPolicy: ByteString) {
        text = encodedPolicy
    }
}
