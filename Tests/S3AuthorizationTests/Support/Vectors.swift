import Foundation
import Testing

@testable import S3Authorization

/// Test data in `Vectors/`, read anew for every test. A file may be exchanged for a larger one of its kind.
enum Vectors {
    static func load<Vector: Decodable>(_ file: String, as type: Vector.Type = Vector.self) throws -> [Vector] {
        let url = Bundle.module.resourceURL?.appending(path: "Vectors/\(file).json")
        guard let url else { throw CocoaError(.fileNoSuchFile) }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .custom { path in SnakeCase(path.last?.stringValue ?? "") }
        let found = try decoder.decode(File<Vector>.self, from: Data(contentsOf: url))
        #expect(found.cases.count == found.count, "\(file) is cut")
        return found.cases
    }

    private struct File<Vector: Decodable>: Decodable {
        let count: Int
        let cases: [Vector]
    }

    private struct SnakeCase: CodingKey {
        let stringValue: String
        let intValue: Int? = nil

        init(_ key: String) {
            stringValue = key.split(separator: "_").enumerated().map { index, word in
                index == 0 ? String(word) : word.prefix(1).uppercased() + word.dropFirst()
            }.joined()
        }

        init?(stringValue: String) { self.init(stringValue) }
        init?(intValue: Int) { nil }
    }
}

/// Bytes written in hexadecimal.
func bytes(hexadecimal text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    var high: UInt8?
    for digit in text.compactMap(\.hexDigitValue) {
        if let first = high {
            bytes.append(first << 4 | UInt8(digit))
            high = nil
        } else {
            high = UInt8(digit)
        }
    }
    return bytes
}

/// What the vectors say of a request and who signs it; several files share it.
struct RequestVector: Decodable {
    let accessKey: String
    let secretKey: String
    let sessionToken: String?
    let region: String
    let endpointUrl: String?
    let addressingStyle: String
    /// Where given, how the bucket is addressed in the request that was signed, whatever the style asked for.
    let virtualHost: Bool?
    let bucket: String
    let key: String
    let method: String
    let headers: [String: String]
    let now: String
    let nowUnix: Int64
    let expiresIn: Int?

    var time: SigningTime {
        get throws {
            let time = try SigningTime(parsing: ByteString(now), as: .basic)
            try #require(time.secondsSince1970 == nowUnix)
            return time
        }
    }

    var signer: Signer {
        get throws {
            let credentials = Credentials(
                accessKeyID: ByteString(accessKey), secret: Secret(secretKey),
                sessionToken: sessionToken.map { ByteString($0) })
            return try Signer(credentials: credentials, region: ByteString(region))
        }
    }

    func request(query: [QueryParameter]) throws -> S3Request {
        try S3Request(
            method: ByteString(method), endpoint: Endpoint(parsing: ByteString(endpointUrl ?? amazon)),
            addressing: virtualHost ?? (addressingStyle == "virtual") ? .virtual : .path, bucket: ByteString(bucket),
            key: ByteString(key), query: query,
            headers: headers.map { HeaderField(ByteString($0.key), ByteString($0.value)) })
    }

    private var amazon: String {
        "https://s3.\(region).amazonaws.com\(region.hasPrefix("cn-") ? ".cn" : "")"
    }
}

/// A URL taken apart: what must be equal while parameters may stand in any order.
struct ComparableURL: Equatable {
    let origin: String
    let path: String
    let query: [[String]]

    init(_ url: String) throws {
        let parts = url.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let slashes = try #require(parts[0].range(of: "://"))
        let slash = parts[0][slashes.upperBound...].firstIndex(of: "/") ?? parts[0].endIndex
        origin = String(parts[0][..<slash])
        path = String(parts[0][slash...])
        let pairs = parts.count > 1 ? parts[1].split(separator: "&") : []
        query = try Self.sorted(
            pairs.map { pair in
                let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                return try (sides.count == 2 ? sides : sides + [""]).map { side in
                    try #require(PercentEncoding.decode(ByteString(side)).string)
                }
            })
    }

    static func sorted(_ pairs: [[String]]) -> [[String]] {
        pairs.sorted {
            Array($0.joined(separator: "\0").utf8).lexicographicallyPrecedes($1.joined(separator: "\0").utf8)
        }
    }
}
