import Foundation

@testable import S3Authorization

/// Test data in `Vectors/`, read anew for every test.
enum Vectors {
    static func load<Vector: Decodable>(_ file: String, as type: Vector.Type = Vector.self) throws -> [Vector] {
        let url = Bundle.module.resourceURL?.appending(path: "Vectors/\(file).json")
        guard let url else { throw CocoaError(.fileNoSuchFile) }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .custom { path in SnakeCase(path.last?.stringValue ?? "") }
        return try decoder.decode(File<Vector>.self, from: Data(contentsOf: url)).cases
    }

    private struct File<Vector: Decodable>: Decodable {
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

extension ByteString {
    init(_ text: String?, or fallback: String) {
        self.init(text ?? fallback)
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
