package import S3Authorization

/// One page of a listing, in the order of the keys.
package struct ObjectPage: Sendable, Equatable {
    package struct Entry: Sendable, Equatable {
        package var key: ByteString
        package var size: Int64
        package var etag: ETag
        package var lastModified: SigningTime?
    }

    package var objects: [Entry]
    /// To be given back for the next page; nil on the last.
    package var continuation: ByteString?
}

extension S3Client {
    /// Lists at most `maximum` objects (1000 to S3) whose keys begin with `prefix`.
    ///
    /// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
    package func list(
        bucket: ByteString, prefix: ByteString = "", continuation: ByteString? = nil, maximum: Int = 1000,
        until deadline: Deadline
    ) throws(S3Error) -> ObjectPage {
        var call = Call(
            operation: .listObjects, method: "GET", location: ObjectLocation(bucket: bucket, key: ""))
        call.query = [
            QueryParameter("list-type", "2"), QueryParameter("encoding-type", "url"),
            QueryParameter("max-keys", ByteString("\(maximum)")),
        ]
        if !prefix.isEmpty { call.query.append(QueryParameter("prefix", prefix)) }
        if let continuation { call.query.append(QueryParameter("continuation-token", continuation)) }
        // A key of 1024 bytes is 3 kB encoded.
        call.limit = 65_536 + 5120 * max(0, min(maximum, 1000))
        return try perform(call, until: deadline) { answer throws(S3Error) in
            let root = try answer.root("ListBucketResult")
            var objects: [ObjectPage.Entry] = []
            let isEncoded = root.text(of: "EncodingType")?.is("url") ?? false
            for element in root.all("Contents") {
                objects.append(try Self.entry(element, isEncoded: isEncoded))
            }
            let isTruncated = try root.boolean("IsTruncated")
            return ObjectPage(
                objects: objects, continuation: isTruncated ? try root.required("NextContinuationToken") : nil)
        }
    }

    private static func entry(_ element: XMLElement, isEncoded: Bool) throws(S3Error) -> ObjectPage.Entry {
        // A key may begin or end with white space, so it is not trimmed as other values are.
        guard let text = element.all("Key").first?.text, !text.isEmpty,
            let key = isEncoded ? try? PercentEncoding.decodeForm(text) : text
        else { throw .badAnswer("no Key in Contents") }
        let modified = element.text(of: "LastModified").flatMap { try? SigningTime(parsing: $0, as: .extended) }
        return ObjectPage.Entry(
            key: key, size: try element.number("Size"), etag: try element.etag(), lastModified: modified)
    }
}
