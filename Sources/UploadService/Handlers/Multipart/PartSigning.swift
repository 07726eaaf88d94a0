internal import FastCGI
internal import S3Authorization

/// `GET s3/multipart/ID/NUMBER` and `GET s3/multipart/ID/batch`: where the parts may be PUT to.
///
/// With `size=` in the query a part of exactly so many bytes is signed.
struct PartSigning {
    private static let maximumPart: UInt64 = 5 << 30

    private let begun: BegunUpload
    private var context: MultipartHandler.Context { begun.context }

    init(_ begun: BegunUpload) {
        self.begun = begun
    }

    func part(_ number: ByteString) throws(RequestError) -> Response {
        guard let number = PartNumbers.number(number) else { throw .partNumberIsNone }
        let (url, seconds) = try urls()
        var writer = JSONWriter(capacity: 1024)
        writer.beginObject()
        writer.name("url")
        writer.plain(url(number))
        writer.name("expires")
        writer.number(seconds)
        writer.name("method")
        writer.string("PUT" as ByteString)
        writer.endObject()
        return Answers.json(writer.bytes)
    }

    func batch() throws(RequestError) -> Response {
        guard let text = context.inquiry.queryValue("partNumbers"), let decoded = try? PercentEncoding.decode(text),
            let numbers = PartNumbers(decoded)
        else { throw .partNumbersAreNone }
        let (url, seconds) = try urls()
        var writer = JSONWriter(capacity: 256 + numbers.all.count * (url(PartNumbers.maximum).count + 12))
        writer.beginObject()
        writer.name("presignedUrls")
        writer.beginObject()
        for number in numbers.all {
            writer.escapedName(ByteString("\(number)"))
            writer.plain(url(number))
        }
        writer.endObject()
        writer.name("expires")
        writer.number(seconds)
        writer.endObject()
        return Answers.json(writer.bytes)
    }

    /// What makes the URL of any part of this upload, and the seconds that it is good.
    ///
    /// Version 2, which signs no length, only where version 4 is switched off.
    private func urls() throws(RequestError) -> ((Int) -> ByteString, Int) {
        let size = try partSize()
        let credentials = try context.inquiry.uploadCredentials()
        let (site, rules, ticket) = (context.site, context.rules, begun.ticket)
        let time = context.surroundings.signingTime
        let expires = credentials.end(notAfter: (try? time.adding(seconds: rules.expiresAfter)) ?? time)
        let seconds = max(1, Int(expires.secondsSince1970 - time.secondsSince1970))
        guard let lifetime = PresignedQuery.Lifetime(seconds: seconds),
            let signer = try? Signer(credentials: credentials, region: rules.region)
        else { throw .cannotPresign }
        if rules.signatureVersions.contains(.v4) {
            let urls = try? PartURLs(
                bucket: ticket.bucket, key: ticket.key, uploadID: ticket.uploadID, length: size,
                endpoint: site.endpoint, addressing: site.addressing, signer: signer, time: time, lifetime: lifetime)
            guard let urls else { throw .cannotPresign }
            return ({ urls.url(ofPart: $0) }, seconds)
        }
        let request = { (number: Int) in
            try? S3Request(
                method: "PUT", endpoint: site.endpoint, addressing: site.addressing, bucket: ticket.bucket,
                key: ticket.key,
                query: [
                    QueryParameter("partNumber", ByteString("\(number)")), QueryParameter("uploadId", ticket.uploadID),
                ])
        }
        guard request(1) != nil else { throw .cannotPresign }
        let url = { (number: Int) in
            request(number).map { OwnRequest($0).presignedV2(by: signer, expires: expires).url } ?? ""
        }
        return (url, seconds)
    }

    private func partSize() throws(RequestError) -> UInt64? {
        guard let text = context.inquiry.queryValue("size") else { return nil }
        guard let size = DecimalDigits.value(of: text), size > 0 else {
            throw .invalidField("size", "The size should be a whole number of bytes")
        }
        let limit = min(begun.ticket.size ?? begun.maximumSize, begun.maximumSize, Self.maximumPart)
        guard size <= limit else { throw .invalidField("size", "A part should have at most \(limit) bytes here") }
        return size
    }
}

/// Which parts a batch asks for: `1,2,7`, and `1-500` for many.
struct PartNumbers: Equatable {
    static let maximum = 10_000

    /// Each once, in order.
    let all: [Int]

    /// Nil where it is no such list.
    init?(_ text: ByteString) {
        var isWanted = [Bool](repeating: false, count: Self.maximum + 1)
        for piece in text.bytes.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            let ends = piece.split(separator: UInt8(ascii: "-"), maxSplits: 1, omittingEmptySubsequences: false)
                .map { Self.number(ByteString($0)) }
            guard let first = ends[0], let last = ends[ends.count - 1], first <= last else { return nil }
            for number in first...last { isWanted[number] = true }
        }
        all = isWanted.indices.filter { isWanted[$0] }
    }

    static func number(_ text: ByteString) -> Int? {
        guard text.count <= 5, let value = DecimalDigits.value(of: text), (1...UInt64(maximum)).contains(value) else {
            return nil
        }
        return Int(value)
    }
}
