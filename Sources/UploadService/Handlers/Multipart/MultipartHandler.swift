internal import FastCGI
internal import S3Authorization
internal import S3Client

/// `s3/multipart…`: Uppy's uploads in parts, by the routes of its Companion, each bound to the user who began it.
struct MultipartHandler {
    /// What every one of these requests has settled before it does anything.
    struct Context {
        let inquiry: Inquiry
        let surroundings: Surroundings
        let tickets: TicketKeys
        let desk: UploadsDesk
        let profile: Site.Profile
        let identity: Identity
        let deadline: Deadline

        var site: Site { inquiry.site }
        var rules: UploadRules { profile.rules }

        /// Talks to S3, where there is room for one more who does.
        func calling<Value>(_ body: () throws(RequestError) -> Value) throws(RequestError) -> Value {
            guard let value = try desk.permits.run(body) else { throw .busy }
            return value
        }
    }

    private let inquiry: Inquiry
    private let surroundings: Surroundings

    init(_ inquiry: Inquiry, _ surroundings: Surroundings) {
        self.inquiry = inquiry
        self.surroundings = surroundings
    }

    func respond(to route: MultipartRoute, _ account: inout Account) throws(RequestError) -> Response {
        let profile = try inquiry.profile(&account)
        guard let tickets = inquiry.site.tickets, let desk = inquiry.site.uploads else {
            account.cause = "uploads in parts need server.secret_file"
            throw .multipartIsNotConfigured
        }
        let identity = try inquiry.identity(&account)
        let context = Context(
            inquiry: inquiry, surroundings: surroundings, tickets: tickets, desk: desk, profile: profile,
            identity: identity, deadline: desk.client.deadline(milliseconds: desk.deadline))
        switch route {
        case .uploads: return try MultipartCreation(context).respond(&account)
        case .upload(let id):
            let upload = try BegunUpload(id, context, &account)
            return inquiry.method == .delete ? try upload.abort(&account) : try upload.list(&account)
        case .part(let id, let number):
            return try PartSigning(try BegunUpload(id, context, &account)).part(number)
        case .batch(let id):
            return try PartSigning(try BegunUpload(id, context, &account)).batch()
        case .complete(let id):
            return try MultipartCompletion(try BegunUpload(id, context, &account)).respond(&account)
        }
    }
}
