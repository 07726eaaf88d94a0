internal import S3Authorization

/// Counts what users are let upload, for all processes of a machine that name the same file.
///
/// Nothing of it is kept between two requests, so that it does not matter who else writes to the file, replaces or
/// removes it.
package struct QuotaLedger: Sendable {
    package let path: String
    /// Of a new file.
    private let entries: Int
    private let random: @Sendable (Int) -> [UInt8]

    package init(path: String, entries: Int = 65_536, random: @escaping @Sendable (Int) -> [UInt8]) {
        self.path = path
        self.entries = entries
        self.random = random
    }

    /// What holds the file of an absolute path.
    static func folder(of path: String) -> String {
        let end = path.utf8.lastIndex(of: UInt8(ascii: "/")) ?? path.utf8.startIndex
        return end == path.utf8.startIndex ? "/" : String(path[..<end])
    }

    /// Makes the file where there is none, and a new one where it is broken or not as large as it should be.
    package func prepare() throws(QuotaError) {
        let wanted = QuotaFile.newHeader(entries: entries, random).entryCount
        try with({ $0.entryCount == wanted }) { _, _ in }
    }

    /// Counts files and bytes for a user, if the quota has room for all of them.
    ///
    /// `name` is any bytes that stand for the user under one set of rules; `now` is in milliseconds since 1970.
    func admit(
        _ name: [UInt8], requests: UInt64, bytes: UInt64, under quota: Quota, at now: Int64
    ) throws(QuotaError) -> QuotaVerdict {
        try with { (file, header) throws(QuotaError) in
            let ask = QuotaAsk(holder: header.holder(name), requests: requests, bytes: bytes)
            let index = header.bucket(of: ask.holder)
            var bucket = try file.bucket(index)
            let (verdict, place) = bucket.admit(ask, quota, at: now)
            if let place { try file.write(bucket.entries[place], at: place, of: index) }
            return verdict
        }
    }

    /// Takes back what was admitted and came to nothing.
    func takeBack(_ name: [UInt8], requests: UInt64, bytes: UInt64) throws(QuotaError) {
        try with { (file, header) throws(QuotaError) in
            let ask = QuotaAsk(holder: header.holder(name), requests: requests, bytes: bytes)
            let index = header.bucket(of: ask.holder)
            var bucket = try file.bucket(index)
            if let place = bucket.takeBack(ask) { try file.write(bucket.entries[place], at: place, of: index) }
        }
    }

    /// Runs `body` with a sound file, for which a new one is made if need be.
    private func with<Result>(
        _ isFit: (QuotaFile.Header) -> Bool = { _ in true },
        _ body: (borrowing QuotaFile, QuotaFile.Header) throws(QuotaError) -> Result
    ) throws(QuotaError) -> Result {
        for _ in 0..<16 {
            guard let file = try QuotaFile.open(path) else {
                try make(isReplacing: false)
                continue
            }
            // Replaced while we waited for it.
            guard file.isInPlace else { continue }
            if let header = try file.header(), isFit(header) { return try body(file, header) }
            // Nobody else can do the same at the same time: we hold the broken one.
            try make(isReplacing: true)
        }
        throw QuotaError(step: "use", path: path, reason: .unsettled)
    }

    private func make(isReplacing: Bool) throws(QuotaError) {
        let header = QuotaFile.newHeader(entries: entries, random)
        try QuotaFile.make(path, header, mark: random(8), isReplacing: isReplacing)
    }
}
