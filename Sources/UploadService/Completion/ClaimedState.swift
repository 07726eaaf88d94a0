package import S3Authorization
package import S3Client

/// What is known of an upload's completion.
package enum ClaimedState: Sendable, Equatable {
    /// Nobody has asked for it, or the rules refused it.
    case none
    /// It began at that time, in seconds since 1970, and did not end.
    case open(since: Int64)
    case accepted
    case refused
}

extension StorageDesk {
    /// What the claim of an upload with that tag says.
    package func claimedState(
        of key: ByteString, _ etag: ETag, until deadline: Deadline
    ) throws(S3Error) -> ClaimedState {
        guard let entry = try ClaimLedger(desk: self, deadline: deadline).entry(key, etag) else { return .none }
        return switch entry.claim.state {
        case .open: .open(since: entry.claim.time)
        case .accepted: .accepted
        case .refused: .refused
        }
    }
}
