package import S3Authorization

/// One page of a bucket's uploads in parts that are neither complete nor given up, in the order of their keys.
package struct MultipartUploadPage: Sendable, Equatable {
    package struct Entry: Sendable, Equatable {
        package var upload: MultipartUpload
        /// Nil where it is missing or unreadable.
        package var initiated: SigningTime?
    }

    /// After which upload the next page begins.
    package struct Marker: Sendable, Equatable {
        var key: ByteString
        var id: ByteString
    }

    package var uploads: [Entry]
    /// Nil on the last page.
    package var next: Marker?
}

extension S3Client {
    /// Lists at most `maximum` uploads in parts (1000 to S3) whose keys begin with `prefix`.
    ///
    /// Keys are asked for as they are: Ceph's gateway encodes some of them when asked to, and does not say so. One with a
    /// character that XML has not, which no rules here sign, makes it no answer.
    /// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html
    package func listMultipartUploads(
        bucket: ByteString, prefix: ByteString = "", after marker: MultipartUploadPage.Marker? = nil,
        maximum: Int = 1000, until deadline: Deadline
    ) throws(S3Error) -> MultipartUploadPage {
        var call = Call(
            operation: .listMultipartUploads, method: "GET", location: ObjectLocation(bucket: bucket, key: ""))
        call.query = [
            QueryParameter("uploads"), QueryParameter("max-uploads", ByteString("\(maximum)")),
        ]
        if !prefix.isEmpty { call.query.append(QueryParameter("prefix", prefix)) }
        if let marker {
            call.query.append(QueryParameter("key-marker", marker.key))
            call.query.append(QueryParameter("upload-id-marker", marker.id))
        }
        // A key of 1024 bytes is 3 kB encoded.
        call.limit = 65_536 + 5120 * max(0, min(maximum, 1000))
        return try perform(call, until: deadline) { answer throws(S3Error) in
            let root = try answer.root("ListMultipartUploadsResult")
            let isEncoded = root.text(of: "EncodingType")?.is("url") ?? false
            var uploads: [MultipartUploadPage.Entry] = []
            for element in root.all("Upload") {
                let object = ObjectLocation(bucket: bucket, key: try Self.key(in: element, "Key", isEncoded))
                let initiated = element.text(of: "Initiated").flatMap { try? SigningTime(parsing: $0, as: .extended) }
                uploads.append(
                    MultipartUploadPage.Entry(
                        upload: MultipartUpload(object, id: try element.required("UploadId")), initiated: initiated))
            }
            guard try root.boolean("IsTruncated") else { return MultipartUploadPage(uploads: uploads) }
            let next = MultipartUploadPage.Marker(
                key: try Self.key(in: root, "NextKeyMarker", isEncoded), id: try root.required("NextUploadIdMarker"))
            guard next != marker else { throw .badAnswer("a page of uploads that leads nowhere") }
            return MultipartUploadPage(uploads: uploads, next: next)
        }
    }

    /// A key may begin or end with white space, so it is not trimmed as other values are.
    private static func key(
        in element: XMLElement, _ name: ByteString, _ isEncoded: Bool
    ) throws(S3Error) -> ByteString {
        guard let text = element.all(name).first?.text, !text.isEmpty,
            let key = isEncoded ? try? PercentEncoding.decodeForm(text) : text
        else { throw .badAnswer("no \(name) in \(element.name)") }
        return key
    }
}
