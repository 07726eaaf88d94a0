internal import S3Authorization

/// What the text of a single value must look like.
enum Checks {
    /// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    static func bucket(_ value: ConfigurationValue) throws(WrongValue) -> String {
        let name = try value.string()
        let bytes = Array(name.utf8)
        let isEdge = { (byte: UInt8?) in byte.map { $0.isLowercase || $0.isDigit } ?? false }
        let rule: String?
        if !(3...63).contains(bytes.count) {
            rule = "is from 3 to 63 characters long"
        } else if !bytes.allSatisfy({ isEdge($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }) {
            rule = "holds only a-z, 0-9, \"-\" and \".\""
        } else if !isEdge(bytes.first) || !isEdge(bytes.last) {
            rule = "begins and ends with a letter or digit"
        } else if bytes.holds("..") {
            rule = "never has two dots in a row"
        } else if isAddress(bytes) {
            rule = "is never an IP address"
        } else if ["xn--", "sthree-"].contains(where: { name.hasPrefix($0) })
            || ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"].contains(where: { name.hasSuffix($0) })
        {
            rule = "never begins with xn-- or sthree-, nor ends as S3's own aliases do"
        } else {
            rule = nil
        }
        if let rule { throw WrongValue("\(quoted(name)) is no bucket's name, which \(rule)") }
        return name
    }

    private static func isAddress(_ bytes: [UInt8]) -> Bool {
        bytes.allSatisfy { $0.isDigit || $0 == UInt8(ascii: ".") }
            && bytes.split(separator: UInt8(ascii: ".")).count == 4
    }

    static func region(_ value: ConfigurationValue) throws(WrongValue) -> String {
        let name = try value.string()
        guard isToken(name, and: "-_.", 1...64) else {
            throw WrongValue("\(quoted(name)) is not a region; write for example \"eu-west-1\"")
        }
        return name
    }

    static func accessKeyID(_ value: ConfigurationValue) throws(WrongValue) -> String {
        let name = try value.string()
        // Never quoted: people paste the secret here.
        guard (1...128).contains(name.utf8.count),
            name.utf8.allSatisfy({ $0.isVisibleASCII && !"/,".utf8.contains($0) })
        else {
            throw WrongValue(
                "is not an access key id, which has no spaces, commas or slashes; was the secret pasted here?")
        }
        return name
    }

    static func mount(_ value: ConfigurationValue) throws(WrongValue) -> String {
        var path = try value.string()
        guard path.utf8.first == UInt8(ascii: "/") else {
            throw WrongValue("\(quoted(path)) must begin with a slash; write for example \"/upload\"")
        }
        if path.utf8.count > 1, path.utf8.last == UInt8(ascii: "/"), path != "//" { path = String(path.dropLast()) }
        let segments = path.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard path == "/" || segments.allSatisfy({ isToken(String(Substring($0)), and: "-_.~", 1...255) }),
            !segments.contains(where: { [".", ".."].contains(String(Substring($0))) })
        else {
            throw WrongValue(
                "\(quoted(path)) must be a plain path: letters, digits and -._~ between single slashes, no \".\" or \"..\""
            )
        }
        return path
    }

    /// Names of parameters that say what the client wants, not who it is.
    private static let clientParameters = [
        "QUERY_STRING", "REQUEST_URI", "REQUEST_METHOD", "DOCUMENT_URI", "SCRIPT_NAME", "PATH_INFO", "PATH_TRANSLATED",
        "CONTENT_TYPE", "CONTENT_LENGTH", "SERVER_NAME", "REMOTE_IDENT", "COUNTERSIGN_PROFILE",
    ]

    static func identityParameter(_ value: ConfigurationValue) throws(WrongValue) -> String {
        let name = try value.string()
        guard isToken(name, and: "_", 1...64), name.utf8.first?.isDigit == false else {
            throw WrongValue("\(quoted(name)) is not the name of a CGI parameter; write for example \"REMOTE_USER\"")
        }
        guard !clientParameters.contains(name) else {
            throw WrongValue("\(quoted(name)) never says who the user is; write for example \"REMOTE_USER\"")
        }
        return name
    }

    /// https://www.rfc-editor.org/rfc/rfc6265#section-4.1.1 (a token); empty: none.
    static func cookieName(_ value: ConfigurationValue) throws(WrongValue) -> String? {
        let name = try value.string()
        if name.isEmpty { return nil }
        guard isToken(name, and: "!#$%&'*+-.^_`|~", 1...64) else {
            throw WrongValue("\(quoted(name)) is not the name of a cookie; write for example \"upload_prefix\"")
        }
        return name
    }

    static func acl(_ value: ConfigurationValue) throws(WrongValue) -> Configuration.CannedACL? {
        let name = try value.string()
        if name.isEmpty { return nil }
        guard !["public-read", "public-read-write", "authenticated-read"].contains(name) else {
            throw WrongValue("\(quoted(name)) would let strangers read what was uploaded; use \"private\"")
        }
        return try value.choice(Configuration.CannedACL.self)
    }

    /// `type/subtype`, `type/*` or `*/*`, in lower case.
    static func mediaType(_ value: ConfigurationValue) throws(WrongValue) -> String {
        let text = try value.string().lowercasedASCII
        guard ContentTypePattern(text) != nil else {
            throw WrongValue(
                "\(quoted(text)) is not a media type; write for example \"image/*\" or \"application/pdf\"")
        }
        return text
    }

    static func storageClass(_ value: ConfigurationValue) throws(WrongValue) -> String {
        let name = try value.string()
        guard isToken(name, and: "-_.", 1...64) else {
            throw WrongValue("\(quoted(name)) is not a storage class; write for example \"STANDARD_IA\"")
        }
        return name
    }

    static func signatureVersion(_ value: ConfigurationValue) throws(WrongValue) -> Configuration.Rules.SignatureVersion
    {
        guard let version = Configuration.Rules.SignatureVersion(rawValue: try value.integer(in: 2...4)) else {
            throw WrongValue("there is no signature version 3; write [2, 4], [4] or [2]")
        }
        return version
    }

    /// ASCII letters and digits, and these characters.
    static func isToken(_ text: String, and others: String, _ length: ClosedRange<Int>) -> Bool {
        length.contains(text.utf8.count)
            && text.utf8.allSatisfy { $0.isLetter || $0.isDigit || others.utf8.contains($0) }
    }
}
