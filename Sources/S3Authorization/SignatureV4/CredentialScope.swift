/// Where and when a signing key of version 4 is good: `20151229/us-east-1/s3/aws4_request`.
///
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#create-string-to-sign
public struct CredentialScope: Sendable, Hashable {
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
    public let region: ByteString
    public let service: ByteString

    /// The scope of the day of `time`; throws `region` or `service` where a slash or an odd byte is in one.
    public init(time: SigningTime, region: ByteString, service: ByteString = "s3") throws(Invalid) {
        guard Self.isName(region) else { throw .region }
        guard Self.isName(service) else { throw .service }
        day = time.startOfDay
        self.region = region
        self.service = service
    }

    public init(parsing text: ByteString) throws(Invalid) {
        let parts = text.bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count == 4, ByteString(parts[3]) == Self.terminator else { throw .form }
        let day: SigningTime
        do {
            day = try SigningTime(parsing: ByteString(parts[0]), as: .day)
        } catch {
            throw .day
        }
        try self.init(time: day, region: ByteString(parts[1]), service: ByteString(parts[2]))
    }

    /// The same scope on the day of `time`.
    public func on(_ time: SigningTime) -> CredentialScope {
        CredentialScope(self, day: time.startOfDay)
    }

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
