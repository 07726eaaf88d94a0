/// Where and when a signing key of version 4 is good: `20151229/us-east-1/s3/aws4_request`.
///
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#create-string-to-sign
public struct CredentialScope: Sendable, Hashable {
    /// Why a text, or its parts, are no scope.
    public enum Invalid: Error, Equatable {
        /// Not four parts with the last one in place.
        case form
        /// No eight digits that are a day.
        case day
        /// Empty, or with a byte other than a letter, a digit, `-`, `_` or `.`.
        case region
        /// As for the region.
        case service
    }

    /// Midnight of the day.
    public let day: SigningTime
    /// Letters, digits, `-`, `_` and `.`.
    public let region: ByteString
    /// `s3`, but in signatures for other services.
    public let service: ByteString

    /// The scope of the day of `time`; throws `region` or `service` where a slash or an odd byte is in one.
    public init(time: SigningTime, region: ByteString, service: ByteString = "s3") throws(Invalid) {
        guard Self.isName(region) else { throw .region }
        guard Self.isName(service) else { throw .service }
        day = time.startOfDay
        self.region = region
        self.service = service
    }

    /// Reads the four parts of a scope; throws ``Invalid`` for the first that is wrong.
    public init(parsing text: ByteString) throws(Invalid) {
        let bytes = text.bytes
        guard let first = bytes.firstIndex(of: UInt8(ascii: "/")),
            let second = bytes[(first + 1)...].firstIndex(of: UInt8(ascii: "/")),
            let third = bytes[(second + 1)...].firstIndex(of: UInt8(ascii: "/")),
            ByteString(bytes[(third + 1)...]) == Self.terminator
        else { throw .form }
        let day: SigningTime
        do {
            day = try SigningTime(parsing: ByteString(bytes[..<first]), as: .day)
        } catch {
            throw .day
        }
        try self.init(
            time: day, region: ByteString(bytes[(first + 1)..<second]),
            service: ByteString(bytes[(second + 1)..<third]))
    }

    /// The same scope on the day of `time`.
    public func on(_ time: SigningTime) -> CredentialScope {
        CredentialScope(self, day: time.startOfDay)
    }

    /// The four parts with slashes between them.
    public var text: ByteString {
        var output: [UInt8] = []
        append(to: &output)
        return ByteString(output)
    }

    package func append(to output: inout [UInt8]) {
        day.append(.day, to: &output)
        for part in [region, service, Self.terminator] {
            output.append(UInt8(ascii: "/"))
            output.append(contentsOf: part.bytes)
        }
    }

    package static let terminator: ByteString = "aws4_request"

    private init(_ scope: CredentialScope, day: SigningTime) {
        self.day = day
        region = scope.region
        service = scope.service
    }

    private static func isName(_ name: ByteString) -> Bool {
        !name.isEmpty
            && name.bytes.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                    true
                default:
                    false
                }
            }
    }
}
