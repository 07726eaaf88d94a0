/// How much one user may be let upload under one set of rules; 0 is no limit.
package struct Quota: Sendable, Equatable {
    /// Files of one window.
    package var requests: UInt64 = 0
    /// Declared bytes of one window.
    package var bytes: UInt64 = 0
    /// Seconds; it begins with the first file.
    package var window: Int64 = 3600
    /// Uploads in parts that are neither complete nor given up.
    package var openUploads = 0

    package static let windows = 60...2_592_000

    package init() {}

    /// Whether anything needs to be counted.
    var isCounted: Bool { requests > 0 || bytes > 0 }
}

/// What somebody asks leave for.
struct QuotaAsk: Equatable {
    /// Whose, by the hash that the ledger knows them by.
    var holder: QuotaHolder
    /// Files.
    var requests: UInt64
    var bytes: UInt64
}

/// A user under one set of rules, as the ledger's file has them.
struct QuotaHolder: Equatable {
    var high: UInt64
    var low: UInt64
}

/// What the ledger says.
enum QuotaVerdict: Equatable {
    enum Limit: Equatable { case requests, bytes }

    /// `isCrowded`: for want of room, another user's window was forgotten.
    case admitted(isCrowded: Bool)
    /// Milliseconds until the window is over.
    case refused(Limit, wait: Int64)
    /// More than an empty window holds.
    case impossible(Limit)
}
