internal import S3Authorization
internal import S3Client

/// Asks the site before something is signed or copied, where it wants to be asked.
struct HookQuestion {
    let desk: StorageDesk
    let headers: [HeaderField]
    let surroundings: Surroundings

    /// What the site's answer narrows; nothing where it does not want to be asked.
    func ask(
        _ kind: HookEvent.Kind, id: ByteString, data: ByteString, until deadline: Deadline, _ account: inout Account
    ) throws(RequestError) -> HookTerms {
        guard desk.asksFirst, let hook = desk.hook else { return HookTerms() }
        let event = HookEvent(
            kind: kind, id: id, time: surroundings.signingTime.secondsSince1970, data: data, headers: headers)
        switch hook.call(event, until: deadline) {
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
}
