internal import FastCGI
internal import S3Authorization
internal import S3Client

/// `GET session`: the caller's own uploads that are still in the uploads bucket, for Fine Uploader's list at start.
///
/// <https://docs.fineuploader.com/branch/master/features/session.html>
struct SessionHandler {
    /// The most files of one answer.
    static let limit = 1000

    private let inquiry: Inquiry
    private let surroundings: Surroundings

    init(_ inquiry: Inquiry, _ surroundings: Surroundings) {
        self.inquiry = inquiry
        self.surroundings = surroundings
    }

    func respond(_ account: inout Account) throws(RequestError) -> Response {
        let profile = try inquiry.profile(&account)
        guard profile.allowsListing else { throw .listingIsOff }
        guard let desk = inquiry.site.uploads else { throw .completionIsNotConfigured }
        // Whoever completes uploads may read them; the key that signs need not.
        let client = inquiry.site.storage?.client ?? desk.client
        let bucket = profile.rules.bucket
        let identity = try inquiry.identity(&account)
        let page = try desk.permits.run { () throws(RequestError) in
            do throws(S3Error) {
                return try client.list(
                    bucket: bucket, prefix: identity.prefix.text, maximum: Self.limit,
                    until: client.deadline(milliseconds: desk.deadline))
            } catch {
                throw account.failed(error)
            }
        }
        guard let page else { throw .busy }
        account.shadow = inquiry.shadowRefusal(by: profile) { trial throws(RequestError) in
            guard trial.allowsListing else { throw .listingIsOff }
        }
        let files = page.objects.prefix(Self.limit).filter { $0.key.hasPrefix(identity.prefix.text) && $0.key.isUTF8 }
        return Answers.json(Self.list(files, bucket: bucket))
    }

    private static func list(_ files: [ObjectPage.Entry], bucket: ByteString) -> [UInt8] {
        var writer = JSONWriter(capacity: 256 * files.count + 2)
        writer.beginArray()
        for file in files {
            let segments = file.key.bytes.split(separator: UInt8(ascii: "/")).map { ByteString($0) }
            writer.beginObject()
            writer.name("name")
            writer.string(segments.last ?? file.key)
            writer.name("uuid")
            writer.string(UUIDText.found(in: segments) ?? UUIDText.version8(SHA256.digest(of: Array(file.key.bytes))))
            writer.name("size")
            writer.number(file.size)
            writer.name("s3Key")
            writer.string(file.key)
            writer.name("s3Bucket")
            writer.string(bucket)
            writer.endObject()
        }
        writer.endArray()
        return writer.bytes
    }
}

extension UUIDText {
    /// The one with which a segment of a key begins: Fine Uploader's keys are its UUID and an extension.
    fileprivate static func found(in segments: [ByteString]) -> ByteString? {
        for segment in segments.reversed() {
            let start = segment.bytes.prefix(36)
            let parts = start.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
            guard parts.map(\.count) == [8, 4, 4, 4, 12], parts.joined().allSatisfy(\.isHexadecimal) else { continue }
            if segment.count == 36 || segment.bytes.dropFirst(36).first == UInt8(ascii: ".") {
                return ByteString(start)
            }
        }
        return nil
    }
}

extension UInt8 {
    fileprivate var isHexadecimal: Bool {
        isDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(lowercased)
    }
}

extension RequestError {
    fileprivate static var listingIsOff: RequestError {
        RequestError(status: 403, code: "listing_is_off", message: "Listing uploads is switched off")
    }
}
