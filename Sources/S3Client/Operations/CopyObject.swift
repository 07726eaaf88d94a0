package import S3Authorization

/// What is copied: an object as it was when it had this tag.
package struct CopySource: Sendable, Hashable {
    package var object: ObjectLocation
    package var etag: ETag
    package var versionID: ByteString?

    package init(_ object: ObjectLocation, etag: ETag, versionID: ByteString? = nil) {
        self.object = object
        self.etag = etag
        self.versionID = versionID
    }

    /// Every byte of the key but `/-._~A-Za-z0-9` is encoded, so that nothing in it can be a query.
    var headers: [HeaderField] {
        var path: [UInt8] = [UInt8(ascii: "/")]
        PercentEncoding.append(object.bucket, to: &path)
        path.append(UInt8(ascii: "/"))
        PercentEncoding.append(object.key, keepingSlash: true, to: &path)
        if let versionID {
            path.append(contentsOf: "?versionId=".utf8)
            PercentEncoding.append(versionID, to: &path)
        }
        return [
            HeaderField("x-amz-copy-source", ByteString(path)),
            HeaderField("x-amz-copy-source-if-match", etag.text),
        ]
    }
}

extension S3Client {
    /// Copies an object of up to 5 GiB within S3, if the source is still the one with that tag.
    ///
    /// Type, metadata and tags are those in `headers` and no others: nothing comes over from the source. Success is a
    /// whole `<CopyObjectResult>` with an `<ETag>`; a 200 alone is none.
    /// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
    package func copy(
        _ source: CopySource, to target: ObjectLocation, condition: WriteCondition = .none,
        headers: [HeaderField] = [], until deadline: Deadline
    ) throws(S3Error) -> WrittenObject {
        var call = Call(operation: .copyObject, method: "PUT", location: target)
        call.headers =
            source.headers + [HeaderField("x-amz-metadata-directive", "REPLACE")] + condition.headers + headers
        call.body = []
        call.isSlow = true
        do {
            var tagless = call
            tagless.headers.append(HeaderField("x-amz-tagging-directive", "REPLACE"))
            return try copy(tagless, until: deadline)
        } catch .refused(let refusal) where refusal.status == 501 {
            // A store without tags has none to leave behind, and may not know the header that says so: Cloudflare's R2,
            // https://developers.cloudflare.com/r2/api/s3/api/.
            return try copy(call, until: deadline)
        }
    }

    private func copy(_ call: Call, until deadline: Deadline) throws(S3Error) -> WrittenObject {
        try perform(call, until: deadline) { answer throws(S3Error) in
            let etag = try answer.root("CopyObjectResult").etag()
            return WrittenObject(etag: etag, versionID: answer.header("x-amz-version-id"))
        }
    }
}
