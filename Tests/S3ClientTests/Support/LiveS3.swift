import Glibc
import S3Authorization
import S3Client

/// A real S3 that `S3_TEST_ENV` names: a file of `NAME=value` as a shell reads it.
///
/// It has `RGW_URL`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and, for TLS, `RGW_SSL_URL` and `RGW_CA`; or, as the
/// end-to-end tests' gateway writes them, `S3_URL`, `S3_KEEPER_KEY` and `S3_KEEPER_SECRET`.
struct LiveS3 {
    let values: [String: String]

    static let shared: LiveS3? = environment("S3_TEST_ENV").flatMap(LiveS3.init(path:))

    init?(path: String) {
        guard let text = readFile(path) else { return nil }
        var values: [String: String] = [:]
        for word in text.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
            guard let equals = word.firstIndex(of: "=") else { continue }
            values[String(word[..<equals])] = String(word[word.index(after: equals)...].filter { !"'\"".contains($0) })
        }
        let names = [
            "S3_URL": "RGW_URL", "S3_KEEPER_KEY": "AWS_ACCESS_KEY_ID", "S3_KEEPER_SECRET": "AWS_SECRET_ACCESS_KEY",
        ]
        for (theirs, ours) in names where values[ours] == nil { values[ours] = values[theirs] }
        guard values["RGW_URL"] != nil, values["AWS_ACCESS_KEY_ID"] != nil else { return nil }
        self.values = values
    }

    func credentials() -> Credentials {
        Credentials(
            accessKeyID: ByteString(values["AWS_ACCESS_KEY_ID"] ?? ""),
            secret: Secret(values["AWS_SECRET_ACCESS_KEY"] ?? ""))
    }

    func client(
        version: S3Client.SignatureVersion = .v4, addressing: Addressing = .path, tls: Bool = false,
        secret: String? = nil, surroundings: S3Surroundings = .live, host: ByteString? = nil
    ) throws -> S3Client {
        var url = ByteString(values[tls ? "RGW_SSL_URL" : "RGW_URL"] ?? "")
        if let host, let port = url.description.split(separator: ":").last {
            url = ByteString("http://\(host):\(port)")
        }
        var credentials = credentials()
        if let secret { credentials = Credentials(accessKeyID: credentials.accessKeyID, secret: Secret(secret)) }
        return try S3Client(
            endpoint: Endpoint(parsing: url), addressing: addressing, region: "us-east-1", signatureVersion: version,
            credentials: StaticCredentials(credentials),
            transport: CurlTransport(authorities: tls ? values["RGW_CA"] : nil, stopwatch: surroundings.stopwatch),
            surroundings: surroundings)
    }

    /// Makes a bucket, which `S3Client` has no reason to.
    func makeBucket(_ bucket: ByteString) throws {
        let surroundings = S3Surroundings.live
        let endpoint = try Endpoint(parsing: ByteString(values["RGW_URL"] ?? ""))
        let request = try S3Request(method: "PUT", endpoint: endpoint, addressing: .path, bucket: bucket, key: "")
        let signer = try Signer(credentials: credentials(), region: "us-east-1")
        let signed = OwnRequest(request).authorized(
            by: signer, at: try SigningTime(secondsSince1970: surroundings.now() / 1000))
        let answer = try CurlTransport(stopwatch: surroundings.stopwatch).exchange(
            HTTPRequest(method: "PUT", url: signed.url, headers: signed.headers, body: []),
            until: Deadline(milliseconds: 5000, after: surroundings.stopwatch()))
        guard answer.status == 200 else { throw S3Error.badAnswer("bucket \(answer.status)") }
    }
}

extension S3Surroundings {
    static let live = S3Surroundings(now: wallMilliseconds, stopwatch: monotonicMicroseconds, random: randomBytes)
}

func wallMilliseconds() -> Int64 {
    Int64(time(nil)) * 1000
}

private let beginning = ContinuousClock.now

func monotonicMicroseconds() -> Int64 {
    let (seconds, attoseconds) = beginning.duration(to: .now).components
    return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
}

func randomBytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: 0...255) }
}

func environment(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
}

func readFile(_ path: String) -> String? {
    let descriptor = unsafe open(path, O_RDONLY)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = unsafe read(descriptor, &bytes, bytes.count)
    return count >= 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
}
