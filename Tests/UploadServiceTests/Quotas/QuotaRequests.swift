import FastCGI
import Foundation
import S3Authorization
import S3Client
import Testing

@testable import UploadService

/// One request for leave to upload, and what it counts as.
struct LeaveSample: CustomTestStringConvertible, Sendable {
    let name: String
    var method = "POST"
    let path: String
    var query = ""
    var body = ""
    /// Files, and the bytes of all of them where at most 1000 are allowed.
    var requests: UInt64 = 1
    let bytes: UInt64
    var isInParts = false

    var testDescription: String { name }

    var request: Request { request() }

    func request(user: String = "frodo", _ more: [String: String] = [:]) -> Request {
        let parameters = ["QUERY_STRING": query, "CONTENT_TYPE": body.isEmpty ? "" : "application/json"]
        return .make(
            method, "/upload/" + path, user: user, body: Array(body.utf8), parameters.merging(more) { $1 })
    }

    private static let md5 = "1B2M2Y8AsgTpgAmY7PhCfg=="

    /// Every way there is.
    static let all = [
        LeaveSample(name: "a policy", path: "sign", body: policy("[\"content-length-range\", 0, 800]"), bytes: 800),
        LeaveSample(
            name: "a policy without a range", path: "sign", body: policy("{\"success_action_status\": \"200\"}"),
            bytes: 1000),
        LeaveSample(
            name: "Fine Uploader's largest range", path: "sign",
            body: policy("[\"content-length-range\", \"1\", \"9007199254740992\"]"), bytes: 1000),
        LeaveSample(name: "chunks", path: "sign", body: initiate, bytes: 1000, isInParts: true),
        LeaveSample(name: "upload_uri", path: "upload_uri", bytes: 1000),
        LeaveSample(name: "upload_uri with a size", path: "upload_uri", body: #"{"size": 700}"#, bytes: 700),
        LeaveSample(name: "presign", method: "GET", path: "presign", query: "filename=a", bytes: 1000),
        LeaveSample(
            name: "presign with a size", method: "GET", path: "presign", query: "filename=a&size=600", bytes: 600),
        LeaveSample(
            name: "presign of three", path: "presign",
            body: #"{"files": [{"filename": "a", "size": 1}, {"filename": "b"}, {"filename": "c", "size": 9}]}"#,
            requests: 3, bytes: 1010),
        LeaveSample(name: "s3/params", method: "GET", path: "s3/params", query: "filename=a", bytes: 1000),
        LeaveSample(name: "a PUT of Uppy's", path: "s3/presign", body: #"{"method": "PUT", "key": "a"}"#, bytes: 1000),
        LeaveSample(
            name: "parts of Uppy's", path: "s3/presign", body: #"{"method": "POST", "key": "a"}"#, bytes: 1000,
            isInParts: true),
        LeaveSample(
            name: "ActiveStorage", path: "direct_uploads",
            body: #"{"blob": {"filename": "a", "byte_size": 500, "checksum": "\#(md5)"}}"#, bytes: 500),
        LeaveSample(
            name: "Evaporate", method: "GET", path: "evaporate", query: evaporate, bytes: 1000, isInParts: true),
        LeaveSample(
            name: "Companion's parts", path: "s3/multipart", body: #"{"filename": "a"}"#, bytes: 1000, isInParts: true),
        LeaveSample(
            name: "Companion's parts with a size", path: "s3/multipart", body: #"{"filename": "a", "size": 400}"#,
            bytes: 400, isInParts: true),
    ]

    private static func policy(_ more: String) -> String {
        String(decoding: goodPolicy("," + more), as: UTF8.self)
    }

    private static func goodPolicy(_ more: String) -> [UInt8] { UploadServiceTests.goodPolicy(key: "frodo/a", more) }

    private static let initiate =
        #"{"headers": "POST\n\n\n\nx-amz-acl:private\nx-amz-date:Sun, 22 Nov 2026 12:34:56 GMT\n/uploads/frodo/a?uploads"}"#

    private static let evaporate: String = {
        let text =
            "POST\n/frodo/a\nuploads=\nhost:uploads.s3.us-east-1.amazonaws.com\nx-amz-acl:private\n"
            + "x-amz-date:20261122T123456Z\n\nhost;x-amz-acl;x-amz-date\n"
            + "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        let digest = Hexadecimal.encode(SHA256.digest(of: Array(text.utf8)))
        let string = "AWS4-HMAC-SHA256\n20261122T123456Z\n20261122/us-east-1/s3/aws4_request\n\(digest)"
        return "to_sign=\(PercentEncoding.encode(ByteString(string)))"
            + "&canonical_request=\(PercentEncoding.encode(ByteString(text)))"
    }()

    /// What an upload that has its leave goes on with: free, however often.
    static let free = [
        LeaveSample(
            name: "a part of Uppy's", path: "s3/presign",
            body: #"{"method": "PUT", "key": "a", "uploadId": "U", "partNumber": 1}"#, bytes: 0),
        LeaveSample(
            name: "Uppy's list", path: "s3/presign", body: #"{"method": "GET", "key": "a", "uploadId": "U"}"#, bytes: 0),
        LeaveSample(
            name: "Uppy's end", path: "s3/presign", body: #"{"method": "POST", "key": "a", "uploadId": "U"}"#, bytes: 0
        ),
        LeaveSample(
            name: "Uppy's abort", path: "s3/presign", body: #"{"method": "DELETE", "key": "a", "uploadId": "U"}"#,
            bytes: 0),
        LeaveSample(
            name: "a chunk", path: "sign",
            body:
                #"{"headers": "PUT\n\n\n\nx-amz-date:Sun, 22 Nov 2026 12:34:56 GMT\n/uploads/frodo/a?partNumber=1&uploadId=U"}"#,
            bytes: 0),
        LeaveSample(name: "the prefix", method: "GET", path: "prefix", bytes: 0),
    ]
}

/// A site with a quota, and requests to it.
struct QuotaDesk {
    let test: TestLedger
    let s3 = StubS3()
    let log = LogRecorder()
    var time = testTime
    var metrics = Metrics()

    init() throws {
        test = try TestLedger()
    }

    func site(_ quota: Quota, _ change: (inout Site) -> Void = { _ in }) throws -> Site {
        try .make(s3: s3, rules: .make { $0.maximumSize = 1000 }) { site in
            site.rules.quota = quota
            site.quotas = test.ledger()
            change(&site)
        }
    }

    func dispatcher(_ site: Site) -> Dispatcher {
        var surroundings = Surroundings.fixed(at: time, log: log)
        surroundings.metrics = metrics
        return Dispatcher(site: site, surroundings: surroundings)
    }

    func ask(_ sample: LeaveSample, _ site: Site, user: String = "frodo") -> Response {
        dispatcher(site).respond(to: sample.request(user: user))
    }
}
