internal import S3Authorization
internal import S3Client

/// How many uploads in parts a user has begun and neither completed nor given up, as S3 says.
struct OpenUploads {
    /// Nil where nobody needs to know, or where only rules on trial do and S3 did not say.
    let count: Int?

    func check(_ quota: Quota) throws(RequestError) {
        guard quota.openUploads > 0, let count, count >= quota.openUploads else { return }
        throw .tooManyOpenUploads(quota.openUploads)
    }
}

extension LeaveDesk {
    /// Asks S3 once, for the real rules and for those on trial.
    func openUploads(_ leaves: [Leave], _ account: inout Account) throws(RequestError) -> OpenUploads {
        guard leaves.contains(where: \.isInParts) else { return OpenUploads(count: nil) }
        let (limit, onTrial) = (profile.quota.openUploads, profile.shadow?.profile.quota.openUploads ?? 0)
        guard max(limit, onTrial) > 0 else { return OpenUploads(count: nil) }
        do throws(OpenUploads.Failure) {
            return OpenUploads(count: try countOpenUploads(upTo: max(limit, onTrial)))
        } catch {
            guard limit > 0 else { return OpenUploads(count: nil) }
            switch error {
            case .busy: throw .busy
            case .noDesk: throw .multipartIsNotConfigured
            case .storage(let error): throw account.failed(error)
            }
        }
    }

    private func countOpenUploads(upTo limit: Int) throws(OpenUploads.Failure) -> Int {
        guard let desk = inquiry.site.uploads else { throw .noDesk }
        let prefix = identity.prefix.text
        // Whoever completes uploads may look; the key that signs need not.
        let client = inquiry.site.storage?.client ?? desk.client
        let deadline = client.deadline(milliseconds: desk.deadline)
        let count = try desk.permits.run { () throws(OpenUploads.Failure) in
            var count = 0
            var marker: MultipartUploadPage.Marker?
            // A store may give less than it was asked for at once.
            for _ in 0..<OpenUploads.pages {
                let page: MultipartUploadPage
                do throws(S3Error) {
                    page = try client.listMultipartUploads(
                        bucket: profile.rules.bucket, prefix: prefix, after: marker, maximum: limit - count,
                        until: deadline)
                } catch {
                    throw .storage(error)
                }
                count += page.uploads.count { $0.upload.object.key.hasPrefix(prefix) }
                marker = page.next
                if count >= limit || marker == nil { break }
            }
            return count
        }
        guard let count else { throw .busy }
        return count
    }
}

extension OpenUploads {
    fileprivate enum Failure: Error { case busy, noDesk, storage(S3Error) }

    fileprivate static let pages = 8
}
