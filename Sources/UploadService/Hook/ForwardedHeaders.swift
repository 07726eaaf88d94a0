package import FastCGI
package import S3Authorization

/// Which headers of the client's request the site's hook is to see.
package struct ForwardedHeaders: Sendable {
    package let names: [ByteString]

    package init(_ names: [ByteString]) {
        self.names = names
    }

    /// Those that the request has, none of them with control bytes: RFC 3875, section 4.1.18,
    /// <https://www.rfc-editor.org/rfc/rfc3875#section-4.1.18>.
    package func fields(of parameters: Parameters) -> [HeaderField] {
        names.compactMap { name in
            guard let value = parameters[dynamic: Self.parameter(name)], !value.isEmpty,
                value.allSatisfy({ $0 >= 0x20 && $0 != 0x7f })
            else { return nil }
            return HeaderField(name, ByteString(value))
        }
    }

    /// `HTTP_X_REQUEST_ID` for `X-Request-Id`.
    static func parameter(_ name: ByteString) -> [UInt8] {
        Array("HTTP_".utf8)
            + name.bytes.map { byte in
                byte == UInt8(ascii: "-") ? UInt8(ascii: "_") : byte.isLowercase ? byte & 0xdf : byte
            }
    }
}
