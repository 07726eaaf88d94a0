extension Configuration {
    /// What looks into uploads, where any profile wants that; it loads libmagic at its first use.
    func inspector() -> Inspector? {
        inspecting == nil ? nil : Inspector()
    }

    /// Loads libmagic now, where any profile of `site` wants it, so that what is missing shows before the first upload.
    package func loadInspector(of site: Site) throws(ConfigurationError) {
        guard let section = inspecting, let inspector = site.storage?.inspector else { return }
        do throws(InspectionError) {
            try inspector.load()
        } catch {
            throw ConfigurationError(key: "\(section).inspect", "is true, but \(error)")
        }
    }

    /// The section of the first rules that want files looked into.
    private var inspecting: String? {
        if rules.inspect { return "rules" }
        return profiles.filter(\.value.inspect).keys.min().map { "profiles.\($0)" }
    }
}
