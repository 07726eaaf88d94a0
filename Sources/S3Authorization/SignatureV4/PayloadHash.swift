/// The last line of a canonical request and the value of `x-amz-content-sha256`.
package struct PayloadHash: Sendable, Equatable {
    package let text: ByteString

    /// The body is not part of what is signed.
    package static let unsigned = PayloadHash(known: "UNSIGNED-PAYLOAD")
    /// There is no body.
    package static let empty = PayloadHash(of: [])

    package init(of body: [UInt8]) {
        text = Hexadecimal.encode(SHA256.digest(of: body))
    }

    init(known text: ByteString) {
        self.text = text
    }
}
