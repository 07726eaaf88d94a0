extension SignatureV2 {
    /// What a signature of version 2 is made over; only this module makes one.
    package struct StringToSign: Sendable, Equatable {
        package let text: ByteString

        /// For a POST policy the string to sign is its Base 64 text.
        /// https://docs.aws.amazon.com/AmazonS3/latest/userguide/HTTPPOSTForms.html
        init(encodedPolicy: ByteString) {
            text = encodedPolicy
        }
    }
}
