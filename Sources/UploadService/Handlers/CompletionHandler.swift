internal import FastCGI
internal import S3Authorization
internal import S3Client

/// `POST file_uploaded`: a page or an API client says that an upload is complete.
struct CompletionHandler {
    private let inquiry: Inquiry
    private let surroundings: Surroundings

    init(_ inquiry: Inquiry, _ surroundings: Surroundings) {
        self.inquiry = inquiry
        self.surroundings = surroundings
    }

    func respond(_ account: inout Account) throws(RequestError) -> Response {
        let profile = try inquiry.profile(&account)
        guard let desk = inquiry.site.storage else { throw .completionIsNotConfigured }
        let identity = try inquiry.identity(&account)
        try inquiry.checkBody(limit: profile.bodyLimit)
        var post = try CompletionPost(inquiry)
        if post.signedID != nil { try post.open(inquiry.site.tickets, identity, profile, at: surroundings.signingTime) }
        account.key = post.key
        let completion = Completion(
            desk: desk, profile: profile, owner: identity, post: post,
            headers: desk.hook?.forwardedHeaders.fields(of: inquiry.request.parameters) ?? [],
            surroundings: surroundings, deadline: desk.client.deadline(milliseconds: desk.deadline))
        let answer = try desk.permits.run { () throws(RequestError) in try completion.run(&account) }
        guard let answer else { throw .busy }
        return Answers.json(Array(answer.bytes))
    }
}

extension Inquiry {
    /// Whether errors go out with 200: to an XDomainRequest where Fine Uploader sends one, which could not read another
    /// status, and, as drf-to-s3 did, to pages that complete an upload, unless the configuration says otherwise.
    var hidesStatus: Bool {
        guard let route, let method, route.methods.contains(method) else { return false }
        switch route {
        case .sign, .file: return isStatusless
        case .fileUploaded where isForm: return site.iframeErrors == .always
        case .fileUploaded: return isStatusless && site.iframeErrors != .never
        default: return false
        }
    }
}
