internal import S3Authorization
package import UploadService

/// `countersign sign` and `countersign complete`: a user's requests, made up here and answered by the very handlers that
/// answer a browser's.
///
/// The user is believed, as the web server is: whoever may read the configuration holds its keys anyway.
package struct Shell: Sendable {
    package enum Failure: Error, Sendable, Equatable, CustomStringConvertible {
        case unknownProfile(String)
        case nothingIsCompletedHere

        package var description: String {
            switch self {
            case .unknownProfile(let name): "there is no profile '\(name)'"
            case .nothingIsCompletedHere: "there is no [storage], so no upload is ever completed"
            }
        }
    }

    /// How a file is sent.
    package enum Method: String, Sendable, CaseIterable { case post, put }

    /// Milliseconds for one completion, which may copy a large object: nobody waits at a browser.
    private static let patience: Int64 = 900_000

    let desk: Desk
    let profile: String?
    private let user: String
    private let dispatcher: Dispatcher

    /// `method` goes before the profiles' own.
    package init(_ desk: Desk, user: String, profile: String? = nil, method: Method? = nil) throws(Failure) {
        let profile = profile == "default" ? nil : profile
        if let profile, desk.site.profiles[ByteString(profile)] == nil { throw .unknownProfile(profile) }
        var site = desk.site
        if let method {
            site.rules.method = method == .put ? .put : .post
            for name in site.profiles.keys { site.profiles[name]?.method = site.rules.method }
        }
        if let storage = site.storage { site.storage?.deadline = max(storage.deadline, Self.patience) }
        self.desk = desk
        self.user = user
        self.profile = profile
        dispatcher = Dispatcher(site: site, surroundings: desk.surroundings)
    }

    /// What `POST sign` answers: to a policy, or to `{"headers": …}`.
    package func sign(_ document: [UInt8]) -> ShellAnswer {
        answer(.post, "/sign", body: document)
    }

    /// What `GET presign` answers.
    package func presign(_ file: FileToSend) -> ShellAnswer {
        answer(.get, "/presign", query: file.query)
    }

    /// The answer to a JSON body, or to a query.
    func answer(
        _ method: ShellRequest.Method, _ path: String, query: String = "", body: [UInt8] = []
    ) -> ShellAnswer {
        var request = ShellRequest(method, path, user: user, profile: profile)
        request.query = query
        request.body = body
        return dispatcher.respond(toShell: request)
    }
}

extension ShellAnswer {
    /// For people, on one line: what is wrong, and what lies behind it.
    package var complaint: String? {
        problem.map { problem in (problem + (cause.map { ": \($0)" } ?? "")).onOneLine }
    }
}

extension String {
    /// Without what breaks a line or moves a terminal's cursor: some of it is the site's, or the store's.
    var onOneLine: String {
        var scalars = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            scalars.append(scalar.properties.generalCategory == .control ? " " : scalar)
        }
        return String(scalars)
    }
}
