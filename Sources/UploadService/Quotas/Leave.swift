internal import S3Authorization

/// One upload that leave is asked for, inside the rules already.
struct Leave {
    /// Bytes, as the client declared them or asked for at most; nil: as many as the rules let through.
    let size: UInt64?
    /// What it keeps, as the site narrowed it.
    let rules: UploadRules
    var isInParts = false
    /// Throws what other rules say to the same request; changes nothing.
    let test: (UploadRules) throws(RequestError) -> Void

    init(
        size: UInt64? = nil, under rules: UploadRules, isInParts: Bool = false,
        test: @escaping (UploadRules) throws(RequestError) -> Void
    ) {
        self.size = size
        self.rules = rules
        self.isInParts = isInParts
        self.test = test
    }

    /// What it counts as under some rules.
    func bytes(under rules: UploadRules) -> UInt64 { min(size ?? .max, rules.largest) }
}

extension UploadRules {
    /// Bytes that an upload may have.
    fileprivate var largest: UInt64 { min(maximumSize, ceiling ?? .max) }
}
