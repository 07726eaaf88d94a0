/// `[quotas]`, and the keys of rules that say how much a user may upload and which rules are on trial.
struct QuotasSection {
    let section: ConfigurationSection

    func read() -> Configuration.Quotas {
        var quotas = Configuration.Quotas()
        section.set(&quotas.file, "file", Checks.quotasFile)
        section.set(&quotas.entries, "entries") { value throws(WrongValue) in
            try value.integer(in: QuotaFile.entryCounts)
        }
        return quotas
    }

    /// The keys of `[rules]` or of a profile.
    static func read(_ rules: inout Configuration.Rules, _ section: ConfigurationSection) {
        section.set(&rules.quotaRequests, "quota_requests") { value throws(WrongValue) in
            try value.integer(in: 0...1_000_000_000)
        }
        section.set(&rules.quotaBytes, "quota_bytes") { value throws(WrongValue) in
            try value.byteSize(in: 0...(1 << 60))
        }
        section.set(&rules.quotaWindow, "quota_window") { value throws(WrongValue) in
            try value.integer(in: Quota.windows, of: "seconds")
        }
        section.set(&rules.quotaOpenUploads, "quota_open_uploads") { value throws(WrongValue) in
            try value.integer(in: 0...1000)
        }
        section.set(&rules.shadow, "shadow") { value throws(WrongValue) -> String? in
            let name = try value.string()
            return name.isEmpty ? nil : name
        }
    }
}

extension Checks {
    /// A file by its absolute path; empty: none.
    static func quotasFile(_ value: ConfigurationValue) throws(WrongValue) -> String? {
        let path = try value.string()
        if path.isEmpty { return nil }
        guard path.utf8.first == UInt8(ascii: "/"), path.utf8.last != UInt8(ascii: "/"),
            (2...3800).contains(path.utf8.count)
        else { throw WrongValue("must be the absolute path of a file: \"/var/lib/countersign/quotas\"") }
        return path
    }
}

/// What must hold between quotas, rules on trial and the rest.
struct QuotaChecks {
    let reader: ConfigurationReader

    /// `[rules]`, and the profiles that say something else there.
    private func sections(
        _ base: Configuration.Rules, _ profiles: [String: Configuration.Rules]
    ) -> [(ConfigurationSection, Configuration.Rules, other: Configuration.Rules)] {
        [(reader.section("rules"), base, Configuration.Rules())]
            + profiles.sorted { $0.key < $1.key }.map { (reader.section("profiles", $0.key), $0.value, base) }
    }

    func quotas(
        _ quotas: Configuration.Quotas, _ base: Configuration.Rules, _ profiles: [String: Configuration.Rules],
        _ identity: Configuration.Identity, lends: Bool
    ) {
        var isReported = false
        for (section, rules, other) in sections(base, profiles) {
            guard let key = rules.quotaKey else { continue }
            let isNew = rules.quotas != other.quotas
            if rules.isCounted, quotas.file == nil, !isReported, !reader.section("quotas").hasProblem("file") {
                reader.section("quotas").report("file", "is missing, and \(key) needs a file to count in")
                isReported = true
            }
            if isNew, identity.anonymous {
                section.warn(
                    key,
                    "holds for each browser while identity.anonymous = true, and any can get a new identity; limit their requests in the web server too (nginx: limit_req)"
                )
            }
            if isNew, lends {
                section.warn(
                    key, "counts nothing of what browsers upload with keys that [browser_credentials] lends them")
            }
            if isNew || rules.maxSize != other.maxSize, rules.quotaBytes > 0, rules.quotaBytes < rules.maxSize {
                section.warn(
                    "quota_bytes",
                    "is less than max_size, which is \(ByteSize.text(rules.maxSize)): uploads that do not say their size count as that, and are always refused"
                )
            }
        }
    }

    func shadows(_ base: Configuration.Rules, _ profiles: [String: Configuration.Rules]) {
        let names: [String?] = [nil] + profiles.keys.sorted()
        for (name, (section, rules, other)) in zip(names, sections(base, profiles)) {
            guard let shadow = rules.shadow, shadow != other.shadow || name == nil else { continue }
            if shadow == (name ?? Configuration.defaultProfile) {
                section.report("shadow", "names these rules themselves; name others to try")
                continue
            }
            guard let named = shadow == Configuration.defaultProfile ? base : profiles[shadow] else {
                section.report(
                    "shadow",
                    "\(quoted(shadow)) is no profile; write [profiles.NAME]\(Spelling.advice(shadow, profiles.keys.sorted()))"
                )
                continue
            }
            if let further = named.shadow {
                section.report(
                    "shadow",
                    "\(quoted(shadow)) has a shadow of its own, \(quoted(further)); rules on trial try no others")
            }
        }
    }
}

extension Configuration.Rules {
    fileprivate var quotas: [Int] { [quotaRequests, quotaBytes, quotaWindow, quotaOpenUploads] }

    /// Whether the ledger is needed.
    package var isCounted: Bool { quotaRequests > 0 || quotaBytes > 0 }

    /// The first key that limits anything.
    fileprivate var quotaKey: String? {
        if quotaRequests > 0 { return "quota_requests" }
        if quotaBytes > 0 { return "quota_bytes" }
        return quotaOpenUploads > 0 ? "quota_open_uploads" : nil
    }
}
