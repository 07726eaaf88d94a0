package import S3Authorization

/// An upload in parts that S3 has begun.
package struct MultipartUpload: Sendable, Hashable {
    package var object: ObjectLocation
    package var id: ByteString

    package init(_ object: ObjectLocation, id: ByteString) {
        self.object = object
        self.id = id
    }
}

/// A part that S3 has.
package struct UploadedPart: Sendable, Hashable {
    /// 1 to 10000.
    package var number: Int
    package var etag: ETag
    /// Nil where it was not asked for: only ListParts says it.
    package var size: Int64?

    package init(number: Int, etag: ETag, size: Int64? = nil) {
        self.number = number
        self.etag = etag
        self.size = size
    }
}

/// One page of an upload's parts, in order.
package struct PartPage: Sendable, Equatable {
    package var parts: [UploadedPart]
    /// The number after which the next page begins; nil on the last.
    package var next: Int?
}

extension S3Client {
    /// Begins an upload in parts; the object's type, metadata and ACL are those in `headers`.
    ///
    /// A try whose end is not known may leave an upload without parts behind, for the bucket's lifecycle to abort.
    /// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html
    package func createMultipartUpload(
        _ object: ObjectLocation, headers: [HeaderField] = [], until deadline: Deadline
    ) throws(S3Error) -> MultipartUpload {
        var call = Call(operation: .createMultipartUpload, method: "POST", location: object)
        call.query = [QueryParameter("uploads")]
        call.headers = headers
        call.body = []
        return try perform(call, until: deadline) { answer throws(S3Error) in
            let id = try answer.root("InitiateMultipartUploadResult").required("UploadId")
            guard !id.isEmpty else { throw .badAnswer("an empty UploadId") }
            return MultipartUpload(object, id: id)
        }
    }

    /// Copies a range of the source into one part.
    ///
    /// https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html
    package func uploadPartCopy(
        _ source: CopySource, range: ByteRange, to upload: MultipartUpload, number: Int, until deadline: Deadline
    ) throws(S3Error) -> UploadedPart {
        var call = Call(operation: .uploadPartCopy, method: "PUT", location: upload.object)
        call.query = [QueryParameter("partNumber", ByteString("\(number)")), QueryParameter("uploadId", upload.id)]
        call.headers = source.headers + [HeaderField("x-amz-copy-source-range", range.text)]
        call.body = []
        call.isSlow = true
        return try perform(call, until: deadline) { answer throws(S3Error) in
            UploadedPart(number: number, etag: try answer.root("CopyPartResult").etag(), size: range.count)
        }
    }

    /// The parts that S3 has, those after the part `marker`.
    ///
    /// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html
    package func listParts(
        of upload: MultipartUpload, after marker: Int? = nil, maximum: Int = 1000, until deadline: Deadline
    ) throws(S3Error) -> PartPage {
        var call = Call(operation: .listParts, method: "GET", location: upload.object)
        call.query = [QueryParameter("uploadId", upload.id), QueryParameter("max-parts", ByteString("\(maximum)"))]
        if let marker { call.query.append(QueryParameter("part-number-marker", ByteString("\(marker)"))) }
        call.limit = 1 << 20
        return try performOnUpload(call, until: deadline) { answer throws(S3Error) in
            let root = try answer.root("ListPartsResult")
            var parts: [UploadedPart] = []
            for element in root.all("Part") {
                let number = Int(try element.number("PartNumber"))
                parts.append(
                    UploadedPart(number: number, etag: try element.etag(), size: try element.number("Size")))
            }
            guard try root.boolean("IsTruncated") else { return PartPage(parts: parts, next: nil) }
            return PartPage(parts: parts, next: Int(try root.number("NextPartNumberMarker")))
        }
    }

    /// All parts that S3 has, in order.
    package func allParts(of upload: MultipartUpload, until deadline: Deadline) throws(S3Error) -> [UploadedPart] {
        var parts: [UploadedPart] = []
        var marker: Int?
        repeat {
            let page = try listParts(of: upload, after: marker, until: deadline)
            parts += page.parts
            if let next = page.next, next <= marker ?? 0 { throw .badAnswer("a page of parts that leads nowhere") }
            marker = page.next
        } while marker != nil
        return parts
    }

    /// Makes the object of its parts, given in order; its tag is nil where the store does not tell it (Ceph RGW).
    ///
    /// `notFound(code: "NoSuchUpload")` may follow a try whose end is not known and that did it: then the object is
    /// there. https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
    package func complete(
        _ upload: MultipartUpload, parts: [UploadedPart], condition: WriteCondition = .none, until deadline: Deadline
    ) throws(S3Error) -> ETag? {
        var call = Call(operation: .completeMultipartUpload, method: "POST", location: upload.object)
        call.query = [QueryParameter("uploadId", upload.id)]
        call.headers = [HeaderField("Content-Type", "application/xml")] + condition.headers
        var body = Array("<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">".utf8)
        for part in parts {
            // A tag has no character that XML would have to escape.
            body += "<Part><PartNumber>\(part.number)</PartNumber><ETag>\"\(part.etag)\"</ETag></Part>".utf8
        }
        body += "</CompleteMultipartUpload>".utf8
        call.body = body
        call.isSlow = true
        return try performOnUpload(call, until: deadline) { answer throws(S3Error) in
            ETag(parsing: try answer.root("CompleteMultipartUploadResult").required("ETag"))
        }
    }

    /// Gives up an upload and its parts; one that is not there counts as given up.
    ///
    /// https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html
    package func abort(_ upload: MultipartUpload, until deadline: Deadline) throws(S3Error) {
        var call = Call(operation: .abortMultipartUpload, method: "DELETE", location: upload.object)
        call.query = [QueryParameter("uploadId", upload.id)]
        do {
            try performOnUpload(call, until: deadline) { _ throws(S3Error) in }
        } catch {
            guard error == .notFound(code: "NoSuchUpload") else { throw error }
        }
    }

    /// To Ceph RGW an upload that is not there is a key that is not there; to everybody else it is `NoSuchUpload`.
    private func performOnUpload<Result>(
        _ call: Call, until deadline: Deadline, read: (HTTPAnswer) throws(S3Error) -> Result
    ) throws(S3Error) -> Result {
        do {
            return try perform(call, until: deadline, read: read)
        } catch {
            throw error == .notFound(code: "NoSuchKey") ? .notFound(code: "NoSuchUpload") : error
        }
    }
}
