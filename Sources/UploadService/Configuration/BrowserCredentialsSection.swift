internal import S3Authorization

/// `[browser_credentials]`: whose role browsers are lent.
struct BrowserCredentialsSection {
    let section: ConfigurationSection

    /// Nil where there is no section, or where something is wrong with it.
    func read(_ s3: Configuration.S3?) -> Configuration.BrowserCredentials? {
        let example = "\"arn:aws:iam::123456789012:role/browsers\""
        let role =
            section.isPresent
            ? section.required("role_arn", example, Checks.role) : section.value("role_arn", Checks.role)
        let externalID = section.value("external_id", Checks.externalID) ?? nil
        let endpoint = section.value("endpoint") { value throws(WrongValue) -> HTTPURL? in
            try value.string().isEmpty ? nil : try Checks.endpoint(value)
        }
        let duration = section.value("duration") { value throws(WrongValue) in
            try value.integer(in: 900...43_200, of: "seconds")
        }
        let isBroken = ["external_id", "endpoint", "duration"].contains { section.hasProblem($0) }
        guard section.isPresent, !isBroken, let role, let s3 else { return nil }
        guard let endpoint = (endpoint ?? nil) ?? s3.defaultSTS else {
            section.report("endpoint", "is missing; write where STS answers")
            return nil
        }
        var credentials = Configuration.BrowserCredentials(role: role, endpoint: endpoint)
        credentials.externalID = externalID
        credentials.duration = duration ?? credentials.duration
        return credentials
    }
}

extension Configuration.S3 {
    /// Amazon's STS of the region, else the store itself, as Ceph has it.
    fileprivate var defaultSTS: HTTPURL? {
        guard endpoint.isAmazon else { return endpoint }
        return HTTPURL(ByteString("https://sts.\(region).amazonaws.com\(region.hasPrefix("cn-") ? ".cn" : "")"))
    }

    /// Amazon's part of the world, which begins every name in it.
    package var partition: String {
        if region.hasPrefix("cn-") { return "aws-cn" }
        return region.hasPrefix("us-gov-") ? "aws-us-gov" : "aws"
    }
}

extension Configuration.BrowserCredentials {
    /// The region that STS's signatures name: that of its host where this is Amazon's, else the store's.
    func region(beside s3: Configuration.S3) -> String {
        let labels = endpoint.host.description.split(separator: ".").map { String($0) }
        guard endpoint.isAmazon, labels.count > 2, labels[0] == "sts" || labels[0] == "sts-fips" else {
            return s3.region
        }
        return labels[1] == "amazonaws" ? "us-east-1" : labels[1]
    }
}

extension Checks {
    /// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    static func role(_ value: ConfigurationValue) throws(WrongValue) -> String {
        let name = try value.string()
        let parts = name.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard isToken(name, and: "-_.:/+=,@", 20...2048), parts.count == 6, parts[0] == "arn", parts[2] == "iam",
            parts[5].utf8.starts(with: "role/".utf8), parts[5].utf8.last != UInt8(ascii: "/")
        else {
            throw WrongValue(
                "\(quoted(name)) is no role; write for example \"arn:aws:iam::123456789012:role/browsers\"")
        }
        return name
    }

    static func externalID(_ value: ConfigurationValue) throws(WrongValue) -> String? {
        let text = try value.string()
        if text.isEmpty { return nil }
        guard isToken(text, and: "-_+=,.@:/", 2...1224) else {
            throw WrongValue("\(quoted(text)) must be 2 to 1224 letters, digits and -_+=,.@:/")
        }
        return text
    }
}
