internal import S3Authorization
internal import S3Client

/// Asks the site before something is signed or copied.
struct HookQuestion {
    let site: SiteHook
    let headers: [HeaderField]
    let surroundings: Surroundings

    /// What the site's answer narrows.
    func ask(
        _ kind: HookEvent.Kind, id: ByteString, data: ByteString, until deadline: Deadline, _ account: inout Account
    ) throws(RequestError) -> HookTerms {
        let event = HookEvent(
            kind: kind, id: id, time: surroundings.signingTime.secondsSince1970, data: data, headers: headers)
        switch site.hook.call(event, until: deadline) {
        case .accepted(let members):
            do throws(HookTerms.Invalid) {
                return try HookTerms(members)
            } catch {
                account.cause = "\(error)"
                throw .undecided
            }
        case .refused(let reason): throw .notPermittedBySite(reason)
        case .undecided(let reason):
            account.cause = reason
            throw .undecided
        }
    }
}

extension RequestError {
    static func notPermittedBySite(_ reason: String) -> RequestError {
        RequestError(status: 403, code: "refused", message: reason)
    }

    static func typeNotPermittedBySite(_ type: ByteString) -> RequestError {
        notPermittedBySite("Files of type '\(type)' may not be uploaded")
    }
}
