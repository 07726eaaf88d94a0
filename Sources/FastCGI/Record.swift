/// The unit of the FastCGI protocol: a header of eight bytes, content, padding.
///
/// FastCGI 1.0, section 3.3, <https://fastcgi-archives.github.io/FastCGI_Specification.html#S3.3>.
enum Record {
    static let headerLength = 8
    /// The most that one record carries, as a multiple of eight, so that none is padded.
    static let contentLimit = 65_528

    enum Kind: UInt8 {
        case beginRequest = 1
        case abortRequest = 2
        case endRequest = 3
        case params = 4
        case stdin = 5
        case getValues = 9
        case getValuesResult = 10
        case unknownType = 11
    }

    struct Header: Equatable {
        var version: UInt8
        var type: UInt8
        var requestID: UInt16
        var contentLength: Int
        var paddingLength: Int

        /// Of eight bytes, the first of them in the highest byte.
        init(_ bytes: UInt64) {
            version = UInt8(truncatingIfNeeded: bytes >> 56)
            type = UInt8(truncatingIfNeeded: bytes >> 48)
            requestID = UInt16(truncatingIfNeeded: bytes >> 32)
            contentLength = Int(UInt16(truncatingIfNeeded: bytes >> 16))
            paddingLength = Int(UInt8(truncatingIfNeeded: bytes >> 8))
        }
    }

    enum Role {
        static let responder = 1
    }

    static let keepConnection: UInt8 = 1

    enum ProtocolStatus: UInt8 {
        case cannotMultiplex = 1
        case unknownRole = 3
    }

    /// Section 5.5, <https://fastcgi-archives.github.io/FastCGI_Specification.html#S5.5>.
    static func endRequest(_ id: UInt16, _ status: ProtocolStatus) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(header: .endRequest, id: id, contentLength: 8)
        bytes.append(contentsOf: [0, 0, 0, 0, status.rawValue, 0, 0, 0])
        return bytes
    }
}

extension [UInt8] {
    mutating func append(header kind: Record.Kind, id: UInt16, contentLength: Int) {
        let length = UInt16(truncatingIfNeeded: contentLength)
        let fields: (UInt8, UInt8, UInt16, UInt16, UInt8, UInt8) =
            (1, kind.rawValue, id.bigEndian, length.bigEndian, 0, 0)
        unsafe Swift.withUnsafeBytes(of: fields) { bytes in unsafe append(contentsOf: bytes) }
    }

    /// A whole stream: its content in as many records as it takes, and the empty one that ends it.
    mutating func append(stream kind: Record.Kind, id: UInt16, content: [UInt8]) {
        var offset = 0
        while offset < content.count {
            let end = Swift.min(offset + Record.contentLimit, content.count)
            append(header: kind, id: id, contentLength: end - offset)
            append(contentsOf: content[offset..<end])
            offset = end
        }
        append(header: kind, id: id, contentLength: 0)
    }
}
