internal import S3Authorization
internal import S3Client
internal import UploadService

/// The keys: whether they are there, and for how long.
struct CredentialsExamination {
    let visit: Visit

    /// Whether there is one to sign with.
    func run() -> Bool {
        visit.doing("looking for credentials")
        let hasKey = examine(visit.desk.provider, "uploads")
        if let storage = visit.storage {
            _ = examine(storage.client.credentials, "storage")
        }
        return hasKey
    }

    private func examine(_ provider: any CredentialsProvider, _ section: String) -> Bool {
        let check = "credentials_\(section)"
        let found: Credentials
        do throws(CredentialsError) {
            found = try provider.credentials(until: visit.deadline)
        } catch {
            visit.fail(
                check, "no credentials: \(error)",
                mending: "Mend what [\(section)] says about its key, or the place where the key comes from.")
            return false
        }
        guard let end = found.expiration else {
            if found.sessionToken != nil {
                visit.warn(
                    check, "the key \(found.accessKeyID) is temporary, and nothing says until when",
                    mending: "Use a long-lived key, or credentials = \"aws\", which are renewed.")
            } else {
                visit.ok(check, "the key \(found.accessKeyID), for as long as nobody disables it")
            }
            return true
        }
        let left = end.secondsSince1970 - visit.now
        if left <= 0 {
            visit.fail(
                check, "the key \(found.accessKeyID) expired \(Span.text(-left)) ago",
                mending: "Mend what renews it: the role, the metadata service or the file that it comes from.")
            return false
        }
        visit.ok(check, "the key \(found.accessKeyID), good for \(Span.text(left)) more")
        return true
    }
}
