import S3Authorization
import S3Client
import Synchronization

@testable import UploadService

/// An S3 that answers as a test wants it to, and remembers what it was asked.
final class StubS3: Transport {
    struct Part {
        var number: Int
        var size: UInt64
    }

    struct State {
        var asked: [HTTPRequest] = []
        /// Of the one upload that there is; nil: it is over.
        var parts: [Part]? = []
        /// Bytes of the object; nil: there is none.
        var object: UInt64?
        /// Instead of the answer to Complete.
        var complete: HTTPAnswer?
        /// A Complete that does its work, and whose answer is lost.
        var losesComplete = false
        var pageLength = 1000
        /// Keys of the uploads in parts that are open; nil: nobody may ask.
        var open: [String]? = []
    }

    let state = Mutex(State())

    /// The operations that were asked for: `POST uploads=`, `GET max-parts=1000&uploadId=U`.
    var asked: [String] {
        state.withLock { $0.asked }.map { request in
            let query = request.url.description.split(separator: "?", maxSplits: 1).dropFirst().first ?? ""
            return "\(request.method) \(query)"
        }
    }

    var headers: [HeaderField] { state.withLock { $0.asked.last?.headers ?? [] } }
    var body: String { state.withLock { String(decoding: $0.asked.last?.body ?? [], as: UTF8.self) } }

    func exchange(_ request: HTTPRequest, until deadline: Deadline) throws(TransportError) -> HTTPAnswer {
        let result: Result<HTTPAnswer, TransportError> = state.withLock { state in
            state.asked.append(request)
            let url = request.url.description
            switch (request.method.description, url) {
            case ("POST", _) where url.hasSuffix("?uploads="):
                return .success(
                    Self.xml(
                        "<InitiateMultipartUploadResult><UploadId>2~U/1</UploadId></InitiateMultipartUploadResult>"))
            case ("HEAD", _):
                guard let size = state.object else { return .success(HTTPAnswer(status: 404)) }
                return .success(
                    HTTPAnswer(
                        status: 200,
                        headers: [
                            HeaderField("content-length", ByteString("\(size)")), HeaderField("etag", "\"aa-2\""),
                        ]))
            case ("GET", _) where url.contains("max-uploads="):
                guard let open = state.open else { return .success(Self.error(403, "AccessDenied")) }
                return .success(Self.uploads(open, url))
            case ("GET", _) where url.contains("list-type=2"):
                return .success(Self.xml("<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"))
            case ("GET", _) where !url.contains("uploadId="):
                return .success(Self.error(404, "NoSuchKey"))
            default: break
            }
            guard let parts = state.parts else { return .success(Self.error(404, "NoSuchUpload")) }
            switch request.method {
            case "GET": return .success(Self.page(parts, url, state.pageLength))
            case "DELETE":
                state.parts = nil
                return .success(HTTPAnswer(status: 204))
            default:
                if let answer = state.complete { return .success(answer) }
                state.object = parts.reduce(0) { $0 + $1.size }
                state.parts = nil
                if state.losesComplete { return .failure(.interrupted("reset")) }
                return .success(
                    Self.xml(
                        "  \n <CompleteMultipartUploadResult><ETag>\"aa-2\"</ETag></CompleteMultipartUploadResult>"))
            }
        }
        return try result.get()
    }

    private static func page(_ parts: [Part], _ url: String, _ length: Int) -> HTTPAnswer {
        let marker =
            url.split(separator: "part-number-marker=").dropFirst().first
            .flatMap { Int($0.prefix { $0.isNumber }) } ?? 0
        let rest = parts.filter { $0.number > marker }
        let page = rest.prefix(length)
        let elements = page.map {
            "<Part><PartNumber>\($0.number)</PartNumber><ETag>\"e\($0.number)\"</ETag><Size>\($0.size)</Size></Part>"
        }
        return xml(
            "<ListPartsResult><IsTruncated>\(page.count < rest.count)</IsTruncated>"
                + "<NextPartNumberMarker>\(page.last?.number ?? 0)</NextPartNumberMarker>"
                + elements.joined() + "</ListPartsResult>")
    }

    /// At most as many as were asked for, and never more than two.
    private static func uploads(_ open: [String], _ url: String) -> HTTPAnswer {
        func value(_ name: String) -> Substring? {
            url.split(separator: "\(name)=").dropFirst().first?.prefix { $0 != "&" }
        }
        let start = value("upload-id-marker").flatMap { Int($0) } ?? 0
        let page = open.enumerated().dropFirst(start).prefix(min(2, value("max-uploads").flatMap { Int($0) } ?? 0))
        let elements = page.map { "<Upload><Key>\($0.element)</Key><UploadId>U\($0.offset)</UploadId></Upload>" }
        let end = start + page.count
        return xml(
            "<ListMultipartUploadsResult><IsTruncated>\(end < open.count)</IsTruncated>"
                + "<NextKeyMarker>k</NextKeyMarker><NextUploadIdMarker>\(end)</NextUploadIdMarker>"
                + elements.joined() + "</ListMultipartUploadsResult>")
    }

    static func xml(_ text: String) -> HTTPAnswer { HTTPAnswer(status: 200, body: Array(text.utf8)) }

    static func error(_ status: Int, _ code: String) -> HTTPAnswer {
        HTTPAnswer(status: status, body: Array("<Error><Code>\(code)</Code></Error>".utf8))
    }
}

extension Site {
    /// A site whose calls go to the stub.
    static func make(
        s3: StubS3, rules: UploadRules = .make(), secrets: [String] = ["secret"], permits: Int = 4,
        _ change: (inout Site) -> Void = { _ in }
    ) throws -> Site {
        var site = try make(rules: rules)
        let client = try S3Client(
            endpoint: try Endpoint(parsing: "http://internal.example:7480"), addressing: .path, region: "us-east-1",
            credentials: StaticCredentials(.test), transport: s3,
            surroundings: S3Surroundings(
                now: { testTime * 1000 }, stopwatch: { 0 }, random: { [UInt8](repeating: 0, count: $0) },
                sleep: { _ in }))
        guard let template = StorageKeyTemplate("{user}/{uuid}/{name}") else { return site }
        site.uploads = UploadsDesk(client: client, template: template, permits: Permits(permits))
        site.tickets = TicketKeys(secrets: secrets.map { Secret($0) })
        change(&site)
        return site
    }
}
