/// One parameter of a query, decoded; version 2 writes one without a value as its bare name.
public struct QueryParameter: Sendable, Hashable {
    /// Not percent-encoded.
    public let name: ByteString
    /// Not percent-encoded; empty where the name stands alone.
    public let value: ByteString

    /// A parameter, not percent-encoded; any bytes may be in both.
    public init(_ name: ByteString, _ value: ByteString = "") {
        self.name = name
        self.value = value
    }
}

/// A query encoded, then sorted by name and value: `partNumber=3&uploadId=U`, and `uploads=` for `?uploads`.
///
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#create-canonical-request
package struct CanonicalQuery: Sendable, Equatable {
    package let text: ByteString

    package init(_ parameters: [QueryParameter]) {
        let sorted =
            parameters
            .map { (name: PercentEncoding.encode($0.name), value: PercentEncoding.encode($0.value)) }
            .sorted { $0.name == $1.name ? $0.value.precedes($1.value) : $0.name.precedes($1.name) }
        var output: [UInt8] = []
        for parameter in sorted {
            if !output.isEmpty { output.append(UInt8(ascii: "&")) }
            output.append(contentsOf: parameter.name.bytes)
            output.append(UInt8(ascii: "="))
            output.append(contentsOf: parameter.value.bytes)
        }
        text = ByteString(output)
    }
}
