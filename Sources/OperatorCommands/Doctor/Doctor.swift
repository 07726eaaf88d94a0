internal import S3Authorization
internal import S3Client
internal import UploadService

/// `countersign doctor`: tries everything out with real traffic, as a user's browser and the running program would.
package struct Doctor: Sendable {
    /// What is examined beside the configured S3.
    package struct Choices: Sendable {
        /// More origins whose pages upload.
        package var origins: [String] = []
        /// Where the site's desk is: `https://www.example.org/upload`; nil: the site is not examined.
        package var site: String?
        package var user: String?
        package var password: String?
        /// A `Cookie` header that logs in.
        package var cookie: String?
        /// A header that logs in, `Authorization: Bearer …`.
        package var headers: [String] = []

        package init() {}
    }

    private let desk: Desk
    private let choices: Choices

    package init(_ desk: Desk, _ choices: Choices = Choices()) {
        self.desk = desk
        self.choices = choices
    }

    /// Examines everything; each finding is reported at once, and `progress` hears what is being done.
    package func examine(
        report: @escaping (Finding) -> Void = { _ in }, progress: @escaping (String) -> Void = { _ in }
    ) -> Diagnosis {
        let configured = ([desk.configuration.server.url].compactMap { $0 } + desk.configuration.server.origins)
        let visit = Visit(
            desk, origins: configured.map(\.origin) + choices.origins, report: report, progress: progress)
        let hasKey = CredentialsExamination(visit: visit).run()
        let isReachable = ClockExamination(visit: visit).run()
        if hasKey, isReachable, RightsExamination(visit: visit).run() {
            let uploaded = FormExamination(visit: visit).run()
            PutExamination(visit: visit).run()
            PartsExamination(visit: visit).run()
            OpenUploadsExamination(visit: visit).run()
            BrowserCredentialsExamination(visit: visit).run()
            CORSExamination(visit: visit).run()
            if let uploaded { ReadingExamination(visit: visit, key: uploaded).run() }
            StorageExamination(visit: visit, upload: uploaded).run()
            LifecycleExamination(visit: visit).run()
        }
        HookExamination(visit: visit).run()
        if let site = choices.site { SiteExamination(visit: visit, url: site, choices: choices).run() }
        ClearingAway(visit: visit).run()
        return Diagnosis(findings: visit.findings)
    }
}
