/// Where S3 is: `https://s3.eu-west-1.amazonaws.com`, or a server of one's own with a port and a path before the buckets.
public struct Endpoint: Sendable, Hashable {
    /// How S3 is spoken to.
    public enum Scheme: Sendable {
        case http
        case https
    }

    /// In lower case; an IPv6 address in its brackets.
    public let host: ByteString
    /// https, but for servers of one's own.
    public let scheme: Scheme
    /// Nil for the scheme's own.
    public let port: UInt16?
    /// What comes before every bucket: empty, or from a slash to anything but a slash.
    public let basePath: ByteString

    /// The value of the `Host` header, with the port only where it is not the scheme's own.
    public func host(bucket: ByteString, addressing: Addressing) -> ByteString {
        var output: [UInt8] = []
        if self.addressing(addressing, for: bucket) == .virtual {
            output.append(contentsOf: bucket.bytes)
            output.append(UInt8(ascii: "."))
        }
        output.append(contentsOf: authority.bytes)
        return ByteString(output)
    }

    /// The host, and the port only where it is not the scheme's own.
    package var authority: ByteString {
        var output = Array(host.bytes)
        if let port { output.append(contentsOf: ":\(port)".utf8) }
        return ByteString(output)
    }

    /// The path of an object, or of the bucket itself where `key` is empty, as it stands in the request line.
    public func path(bucket: ByteString, key: ByteString, addressing: Addressing) -> ByteString {
        var output = Array(basePath.bytes)
        if self.addressing(addressing, for: bucket) == .path {
            output.append(UInt8(ascii: "/"))
            PercentEncoding.append(bucket, to: &output)
        }
        if !key.isEmpty || output.isEmpty { output.append(UInt8(ascii: "/")) }
        PercentEncoding.append(key, keepingSlash: true, to: &output)
        return ByteString(output)
    }

    /// The URL of an object, or of the bucket itself where `key` is empty.
    public func url(bucket: ByteString, key: ByteString = "", addressing: Addressing) -> ByteString {
        var output: [UInt8] = []
        output.append(contentsOf: (scheme == .https ? "https://" : "http://").utf8)
        output.append(contentsOf: host(bucket: bucket, addressing: addressing).bytes)
        output.append(contentsOf: path(bucket: bucket, key: key, addressing: addressing).bytes)
        return ByteString(output)
    }

    init(scheme: Scheme, host: ByteString, port: UInt16?, basePath: ByteString) {
        self.scheme = scheme
        self.host = host
        self.port = port == (scheme == .https ? 443 : 80) ? nil : port
        self.basePath = basePath
    }
}
