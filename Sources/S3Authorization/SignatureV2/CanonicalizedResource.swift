extension SignatureV2 {
    /// The bucket, the encoded key and those query parameters that name a sub-resource or override the answer's headers:
    /// `/bucket/key?partNumber=3&uploadId=U`, the same for either addressing.
    ///
    /// https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html#ConstructingTheCanonicalizedResourceElement
    struct CanonicalizedResource: Sendable, Equatable {
        let text: ByteString

        init(bucket: ByteString, key: ByteString, query: [QueryParameter]) {
            var output: [UInt8] = [UInt8(ascii: "/")]
            PercentEncoding.append(bucket, to: &output)
            if !bucket.isEmpty { output.append(UInt8(ascii: "/")) }
            PercentEncoding.append(key, keepingSlash: true, to: &output)
            let parameters =
                query
                .filter { Self.signedParameters.contains($0.name) }
                .sorted { $0.name == $1.name ? $0.value.precedes($1.value) : $0.name.precedes($1.name) }
            var separator = UInt8(ascii: "?")
            for parameter in parameters {
                output.append(separator)
                output.append(contentsOf: parameter.name.bytes)
                // Neither encoded nor, where empty, with an equals sign.
                if !parameter.value.isEmpty {
                    output.append(UInt8(ascii: "="))
                    output.append(contentsOf: parameter.value.bytes)
                }
                separator = UInt8(ascii: "&")
            }
            text = ByteString(output)
        }

        private static let signedParameters: Set<ByteString> = [
            "accelerate", "acl", "analytics", "cors", "defaultObjectAcl", "delete", "inventory", "lifecycle",
            "location",
            "logging", "metrics", "notification", "object-lock", "partNumber", "policy", "replication",
            "requestPayment", "response-cache-control", "response-content-disposition", "response-content-encoding",
            "response-content-language", "response-content-type", "response-expires", "restore", "select",
            "select-type", "storageClass", "tagging", "torrent", "uploadId", "uploads", "versionId", "versioning",
            "versions", "website",
        ]
    }
}
