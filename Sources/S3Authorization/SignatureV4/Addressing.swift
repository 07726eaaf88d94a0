/// Where a bucket's name stands in a URL.
///
/// https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
public enum Addressing: Sendable, Hashable {
    /// Before the host: `https://bucket.s3.eu-west-1.amazonaws.com/key`.
    case virtual
    /// First in the path: `https://s3.eu-west-1.amazonaws.com/bucket/key`.
    case path
}

extension Endpoint {
    /// How a bucket is really addressed where `wanted` is configured: by path where its name can be no part of the host.
    ///
    /// That is so on an IP address, for names that are no DNS label, and over https for names with dots, which no
    /// wildcard certificate covers. https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    public func addressing(_ wanted: Addressing, for bucket: ByteString) -> Addressing {
        wanted == .virtual && !isAddress && isHostable(bucket) ? .virtual : .path
    }

    private var isAddress: Bool {
        host.bytes.first == UInt8(ascii: "[") || Self.isIPv4(host)
    }

    private func isHostable(_ bucket: ByteString) -> Bool {
        guard (3...63).contains(bucket.count), !Self.isIPv4(bucket) else { return false }
        let labels = bucket.bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard labels.count == 1 || scheme == .http else { return false }
        return labels.allSatisfy { label in
            guard let first = label.first, let last = label.last else { return false }
            return Self.isAlphanumeric(first) && Self.isAlphanumeric(last)
                && label.allSatisfy { Self.isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
        }
    }

    private static func isIPv4(_ host: ByteString) -> Bool {
        let parts = host.bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { !$0.isEmpty && $0.allSatisfy(isDigit) }
    }
}
