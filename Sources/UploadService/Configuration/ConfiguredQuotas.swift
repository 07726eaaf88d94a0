internal import Glibc

extension Configuration {
    /// Where uploads are counted; nil where no rules want that.
    func quotaLedger(_ surroundings: Surroundings) -> QuotaLedger? {
        guard let path = quotas.file, isCounted else { return nil }
        return QuotaLedger(path: path, entries: quotas.entries, random: surroundings.random)
    }

    private var isCounted: Bool { rules.isCounted || profiles.values.contains(where: \.isCounted) }

    /// Whether the ledger's file could be made, without making it; a warning where its folder is not there yet.
    package func checkQuotas() throws(ConfigurationError) -> String? {
        guard isCounted, let path = quotas.file else { return nil }
        let folder = QuotaLedger.folder(of: path)
        guard unsafe access(folder, W_OK | X_OK) != 0 else { return nil }
        let code = errno
        // systemd makes a StateDirectory when the service starts.
        if code == ENOENT { return "quotas.file: \(folder) is not there yet; the service needs it to start" }
        let error = QuotaError(step: "write to", path: folder, reason: .system(code))
        throw ConfigurationError(key: "quotas.file", "cannot be made: \(error)")
    }

    /// Makes the ledger's file where there is none.
    package func prepareQuotas(of site: Site) throws(ConfigurationError) {
        guard let ledger = site.quotas else { return }
        do throws(QuotaError) {
            try ledger.prepare()
        } catch {
            throw ConfigurationError(key: "quotas.file", "cannot be used: \(error)")
        }
    }
}
