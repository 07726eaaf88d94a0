import Glibc
import S3Authorization
import S3Client
import Synchronization
import Testing

/// Every operation against a real S3; skipped where `S3_TEST_ENV` names none.
@Suite(.enabled(if: LiveS3.shared != nil, "S3_TEST_ENV names no real S3"))
struct LiveObjectTests {
    let s3: LiveS3
    let client: S3Client
    let bucket = ByteString("live-\(UInt32.random(in: 0...UInt32.max))")

    init() throws {
        _ = signal(SIGPIPE, SIG_IGN)
        s3 = try #require(LiveS3.shared)
        client = try s3.client()
        try s3.makeBucket(bucket)
    }

    private func at(_ key: ByteString) -> ObjectLocation { ObjectLocation(bucket: bucket, key: key) }
    private var soon: Deadline { client.deadline(milliseconds: 10_000) }

    @Test(arguments: [S3Client.SignatureVersion.v4, .v2], [Addressing.path, .virtual])
    func `an object is written, looked at, read, and deleted`(
        version: S3Client.SignatureVersion, addressing: Addressing
    ) throws {
        let client = try s3.client(version: version, addressing: addressing, host: "localhost")
        let meta = [HeaderField("x-amz-meta-name", "a  b"), HeaderField("x-amz-meta-User", "sam")]
        let body = Array("0123456789".utf8)
        let written = try client.put(at("k"), body: body, contentType: "text/plain", headers: meta, until: soon)
        #expect(written.etag.text == "781e5e245d69b566979b86e28d23f2c7")
        let head = try client.head(at("k"), until: soon)
        #expect(head.size == 10)
        #expect(head.etag == written.etag)
        #expect(head.contentType == "text/plain")
        #expect(head.metadata.contains(HeaderField("user", "sam")))
        #expect(try client.get(at("k"), limit: 10, until: soon).bytes == body)
        let range = try client.get(at("k"), range: ByteRange(first: 2, count: 3), limit: 3, until: soon)
        #expect(range.bytes == Array("234".utf8))
        #expect(throws: S3Error.answerTooLarge) { try client.get(at("k"), limit: 9, until: soon) }
        try client.delete(at("k"), until: soon)
        try client.delete(at("k"), until: soon)
        #expect(throws: S3Error.notFound(code: "NoSuchKey")) { try client.head(at("k"), until: soon) }
    }

    @Test(.enabled(if: LiveS3.shared?.values["RGW_SSL_URL"] != nil, "the real S3 has no TLS"))
    func `tls is verified against the authorities given`() throws {
        let client = try s3.client(tls: true)
        _ = try client.put(at("k"), body: [1], contentType: "text/plain", until: soon)
        #expect(try client.head(at("k"), until: soon).size == 1)
        let strict = try S3Client(
            endpoint: Endpoint(parsing: ByteString(s3.values["RGW_SSL_URL"] ?? "")), addressing: .path,
            region: "us-east-1", credentials: StaticCredentials(s3.credentials()),
            transport: CurlTransport(stopwatch: monotonicMicroseconds), surroundings: .live)
        #expect {
            try strict.head(at("k"), until: soon)
        } throws: { error in
            guard case S3Error.unreachable(.certificate) = error else { return false }
            return true
        }
    }

    @Test func `conditions of a write hold`() throws {
        let one = try client.put(at("k"), body: [1], contentType: "a/b", condition: .absent, until: soon)
        #expect(throws: S3Error.preconditionFailed) {
            try client.put(at("k"), body: [2], contentType: "a/b", condition: .absent, until: soon)
        }
        let two = try client.put(at("k"), body: [2], contentType: "a/b", condition: .unchanged(one.etag), until: soon)
        #expect(throws: S3Error.preconditionFailed) {
            try client.put(at("k"), body: [3], contentType: "a/b", condition: .unchanged(one.etag), until: soon)
        }
        #expect(try client.get(at("k"), limit: 1, until: soon).bytes == [2])
        #expect(try client.get(at("k"), ifMatch: two.etag, limit: 1, until: soon).bytes == [2])
        #expect(throws: S3Error.preconditionFailed) {
            try client.get(at("k"), ifMatch: one.etag, limit: 1, until: soon)
        }
    }

    @Test func `of 32 that write at once one wins`() throws {
        let ends = Mutex<[S3Error?]>([])
        concurrently(32) { number in
            do throws(S3Error) {
                _ = try client.put(
                    at("claim"), body: [UInt8(number)], contentType: "a/b", condition: .absent,
                    until: client.deadline(milliseconds: 20_000))
                ends.withLock { $0.append(nil) }
            } catch {
                ends.withLock { $0.append(error) }
            }
        }
        let all = ends.withLock { $0 }
        #expect(all.count == 32)
        #expect(all.filter { $0 == nil }.count == 1)
        #expect(all.filter { $0 == .preconditionFailed }.count == 31)
    }

    static let keys: [ByteString] = [
        "plain", "a b", "a+b", "a%20b", "a?versionId=1&x=y", "ä/é", "e\u{301}", "a/../b", "a/./b", "x//y", "#frag",
        "~-_.", "quote\"'<>&", "\u{1}", "日本", " lead and trail ",
    ]

    @Test(arguments: keys) func `any key goes there, is copied and listed`(key: ByteString) throws {
        let written = try client.put(at(key), body: [7], contentType: "a/b", until: soon)
        let copied = try client.copy(
            CopySource(at(key), etag: written.etag), to: at("copy"), headers: [HeaderField("Content-Type", "c/d")],
            until: soon)
        #expect(copied.etag == written.etag)
        let page = try client.list(bucket: bucket, until: soon)
        #expect(Set(page.objects.map(\.key)) == [key, "copy"])
    }

    @Test func `a copy has new metadata`() throws {
        let meta = [HeaderField("x-amz-meta-evil", "1")]
        let seen = try client.put(at("up"), body: [1], contentType: "text/html", headers: meta, until: soon)
        let headers = [
            HeaderField("Content-Type", "image/png"), HeaderField("Content-Disposition", "attachment"),
            HeaderField("x-amz-meta-user", "sam"),
        ]
        _ = try client.copy(CopySource(at("up"), etag: seen.etag), to: at("to"), headers: headers, until: soon)
        let head = try client.head(at("to"), until: soon)
        #expect(head.contentType == "image/png")
        #expect(head.metadata == [HeaderField("user", "sam")])
        #expect(head.lastModified != nil)
        #expect(throws: S3Error.notFound(code: "NoSuchKey")) {
            try client.copy(CopySource(at("none"), etag: seen.etag), to: at("other"), until: soon)
        }
    }

    /// RGW 16 knows the condition only behind a proxy that gives it another name.
    @Test(.enabled(if: LiveS3.shared?.values["S3_URL"] == nil, "this S3 ignores x-amz-copy-source-if-match"))
    func `a copy is only of the object that was seen`() throws {
        let seen = try client.put(at("up"), body: [1], contentType: "a/b", until: soon)
        let later = try client.put(at("up"), body: [2], contentType: "a/b", until: soon)
        #expect(later.etag != seen.etag)
        #expect(throws: S3Error.preconditionFailed) {
            try client.copy(CopySource(at("up"), etag: seen.etag), to: at("other"), until: soon)
        }
        #expect(throws: S3Error.notFound(code: "NoSuchKey")) { try client.head(at("other"), until: soon) }
    }

    @Test func `a listing goes on page by page`() throws {
        for number in 0..<7 {
            _ = try client.put(at(ByteString("p/\(number)")), body: [], contentType: "a/b", until: soon)
        }
        _ = try client.put(at("q"), body: [], contentType: "a/b", until: soon)
        var keys: [ByteString] = []
        var next: ByteString?
        var pages = 0
        repeat {
            let page = try client.list(bucket: bucket, prefix: "p/", continuation: next, maximum: 3, until: soon)
            keys += page.objects.map(\.key)
            next = page.continuation
            pages += 1
        } while next != nil && pages < 9
        #expect(keys == (0..<7).map { ByteString("p/\($0)") })
        #expect(pages == 3)
    }

    @Test func `the first bytes of an empty object are none`() throws {
        _ = try client.put(at("empty"), body: [], contentType: "a/b", until: soon)
        #expect(try client.head(at("empty"), until: soon).size == 0)
        #expect(
            try client.get(at("empty"), range: ByteRange(first: 0, count: 4096), limit: 4096, until: soon).bytes == [])
    }

    @Test func `a large object is copied in parts`() throws {
        let part = [UInt8](repeating: 0x61, count: 5 << 20)
        let source = try client.put(at("big"), body: part + [0x62], contentType: "a/b", until: soon)
        let upload = try client.createMultipartUpload(
            at("copy"), headers: [HeaderField("Content-Type", "video/mp4")], until: soon)
        let from = CopySource(at("big"), etag: source.etag)
        let first = try client.uploadPartCopy(
            from, range: ByteRange(first: 0, count: 5 << 20), to: upload, number: 1, until: soon)
        let last = try client.uploadPartCopy(
            from, range: ByteRange(first: 5 << 20, count: 1), to: upload, number: 2, until: soon)
        let page = try client.listParts(of: upload, maximum: 1, until: soon)
        #expect(page.parts.map(\.number) == [1])
        #expect(page.parts.first?.size == 5 << 20)
        #expect(page.parts.first?.etag == first.etag)
        let rest = try client.listParts(of: upload, after: page.next ?? 1000, until: soon)
        #expect(rest.parts.map(\.number) == [2])
        #expect(rest.next == nil)
        _ = try client.complete(upload, parts: [first, last], until: soon)
        let head = try client.head(at("copy"), until: soon)
        #expect(head.size == 5 << 20 + 1)
        #expect(head.contentType == "video/mp4")
        #expect(head.etag.description.hasSuffix("-2"))
    }

    @Test func `an upload in parts is given up once and again`() throws {
        let upload = try client.createMultipartUpload(at("never"), until: soon)
        try client.abort(upload, until: soon)
        try client.abort(upload, until: soon)
        #expect(throws: S3Error.notFound(code: "NoSuchUpload")) { try client.listParts(of: upload, until: soon) }
    }

    @Test func `refusals have their reason, for HEAD too`() throws {
        let wrong = try s3.client(secret: "wrong")
        for version in [S3Client.SignatureVersion.v4, .v2] {
            let client = try s3.client(version: version, secret: "wrong")
            #expect {
                try client.head(at("k"), until: soon)
            } throws: { error in
                guard case S3Error.refused(let refusal) = error else { return false }
                return refusal.status == 403 && refusal.code == "SignatureDoesNotMatch" && !refusal.requestID.isEmpty
            }
        }
        #expect {
            try wrong.head(at("k"), explains: false, until: soon)
        } throws: { error in
            guard case S3Error.refused(let refusal) = error else { return false }
            return refusal.status == 403 && refusal.code.isEmpty
        }
        let nowhere = ObjectLocation(bucket: "no-such-bucket", key: "k")
        #expect(throws: S3Error.notFound(code: "NoSuchBucket")) { try client.head(nowhere, until: soon) }
        #expect(throws: S3Error.notFound(code: "NoSuchBucket")) { try client.delete(nowhere, until: soon) }
    }

    @Test func `a wrong clock is put right by S3's own`() throws {
        var surroundings = S3Surroundings.live
        surroundings.now = { wallMilliseconds() - 3_600_000 }
        let client = try s3.client(surroundings: surroundings)
        _ = try client.put(at("k"), body: [1], contentType: "a/b", until: soon)
        #expect((3590...3610).contains(client.clockOffset))
        let fresh = try s3.client(surroundings: surroundings)
        #expect(try fresh.head(at("k"), until: soon).size == 1)
    }
}

/// Runs `count` threads to their end.
func concurrently(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let threads = (0..<count).map { number in TestThread { body(number) } }
    for thread in threads { thread.join() }
}
