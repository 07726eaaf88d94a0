internal import S3Authorization
internal import S3Client
internal import UploadService

/// Whether the buckets clear themselves up, and keep what they must.
struct LifecycleExamination {
    let visit: Visit

    func run() {
        guard let storage = visit.storage else { return }
        visit.doing("reading the lifecycle rules")
        if let rules = rules(of: visit.desk.bucket, storage) { uploads(rules) }
        if let rules = rules(of: storage.bucket, storage) { claims(rules, storage) }
    }

    /// Nil where the key may not look.
    private func rules(of bucket: ByteString, _ storage: StorageDesk) -> [XMLTree]? {
        do throws(S3Error) {
            let found = try storage.client.get(.lifecycle, of: bucket, until: visit.deadline)
            return (found.map { XMLTree($0).all("Rule") } ?? []).filter { $0.text(of: "Status") == "Enabled" }
        } catch {
            visit.warn(
                "lifecycle", "the rules of \(bucket) cannot be read with the storage key",
                mending: "Look with an administrator's key: `countersign setup` shows what is missing.")
            return nil
        }
    }

    private func uploads(_ rules: [XMLTree]) {
        let general = rules.filter { $0.prefix.isEmpty }
        let mending = "Run `countersign setup --apply`, or put what `countersign print lifecycle` prints on the bucket."
        if general.contains(where: { !$0.all("Expiration").isEmpty }) {
            visit.ok("lifecycle", "uploads are removed by the bucket's lifecycle")
        } else {
            visit.warn("lifecycle", "uploads stay in \(visit.desk.bucket) for ever", mending: mending)
        }
        if general.contains(where: { !$0.all("AbortIncompleteMultipartUpload").isEmpty }) {
            visit.ok("lifecycle_parts", "uploads in parts that nobody completes are given up")
        } else {
            visit.warn("lifecycle_parts", "parts that nobody completes stay for ever, and cost", mending: mending)
        }
    }

    private func claims(_ rules: [XMLTree], _ storage: StorageDesk) {
        let claims = storage.claims.description
        let isInDanger = rules.contains { rule in
            !rule.all("Expiration").isEmpty && (claims.hasPrefix(rule.prefix) || rule.prefix.hasPrefix(claims))
        }
        if isInDanger {
            visit.fail(
                "lifecycle_claims",
                "a lifecycle rule of \(storage.bucket) removes claims: uploads would be "
                    + "completed twice",
                mending: "Let no expiry rule cover \(claims) in \(storage.bucket).")
        } else {
            visit.ok("lifecycle_claims", "no lifecycle rule removes claims")
        }
    }
}

extension XMLTree {
    /// The keys that a lifecycle rule is for begin so.
    fileprivate var prefix: String {
        let filter = all("Filter").first
        return filter?.text(of: "Prefix") ?? filter?.all("And").first?.text(of: "Prefix") ?? text(of: "Prefix") ?? ""
    }
}
