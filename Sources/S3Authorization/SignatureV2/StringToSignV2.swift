extension SignatureV2 {
    /// What a signature of version 2 is made over; only this module makes one.
    package struct StringToSign: Sendable, Equatable {
        package let text: ByteString

        /// For a POST policy the string to sign is its Base 64 text.
        /// https://docs.aws.amazon.com/AmazonS3/latest/userguide/HTTPPOSTForms.html
        init(encodedPolicy: ByteString) {
            text = encodedPolicy
        }

        /// For a REST request, with `date` as in its `Date` header or, in a query, the second at which it expires.
        /// https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html#ConstructingTheAuthenticationHeader
        init(method: ByteString, headers: [HeaderField], date: ByteString, resource: CanonicalizedResource) {
            let amzHeaders = CanonicalizedAmzHeaders(headers)
            var output: [UInt8] = []
            output.reserveCapacity(256)
            let lines = [
                method,
                Self.value(of: "content-md5", in: headers),
                Self.value(of: "content-type", in: headers),
                // A signed x-amz-date stands in for the date.
                Self.contains("x-amz-date", in: headers) ? "" : date,
            ]
            for line in lines {
                output.append(contentsOf: line.bytes)
                output.append(UInt8(ascii: "\n"))
            }
            output.append(contentsOf: amzHeaders.text.bytes)
            output.append(contentsOf: resource.text.bytes)
            text = ByteString(output)
        }

        private static func value(of name: ByteString, in headers: [HeaderField]) -> ByteString {
            headers.first { $0.lowercasedName == name }?.value.trimmed ?? ""
        }

        private static func contains(_ name: ByteString, in headers: [HeaderField]) -> Bool {
            headers.contains { $0.lowercasedName == name }
        }
    }
}
