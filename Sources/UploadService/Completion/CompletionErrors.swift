internal import FastCGI
internal import S3Authorization
internal import S3Client

extension RequestError {
    /// Missing, somebody else's or replaced: one text, so that nobody learns which.
    static var invalidUpload: RequestError {
        RequestError(status: 400, code: "invalid_upload", message: "Invalid key or bad ETag")
    }

    static var storedObjectGone: RequestError {
        RequestError(
            status: 410, code: "stored_object_gone",
            message: "This upload was complete, but its object has been removed")
    }

    static var completionIsNotConfigured: RequestError {
        RequestError(status: 404, code: "not_configured", message: "This site does not complete uploads here")
    }

    static var busy: RequestError {
        tryAgain(code: "busy", "Too many uploads are being completed at once; try again in a moment")
    }

    static func tooLarge(_ limit: UInt64) -> RequestError {
        RequestError(status: 400, code: "too_large", message: "The file should have at most \(limit) bytes")
    }

    static func refusedBySite(_ reason: String) -> RequestError {
        RequestError(status: 422, code: "refused", message: reason)
    }

    /// The site has not said yet whether it takes the upload.
    static var undecided: RequestError {
        tryAgain(code: "site_undecided", "The site could not take the upload yet; try again in a moment")
    }

    static var copyGoesOn: RequestError {
        tryAgain(code: "copy_goes_on", "The file is large and still being copied; try again in a moment")
    }

    /// No claim, no copy: nothing has begun.
    static var cannotClaim: RequestError {
        tryAgain(code: "storage_unavailable", "The storage takes nothing at the moment; try again")
    }

    private static func tryAgain(code: StaticString, _ message: String) -> RequestError {
        RequestError(status: 503, code: code, message: message, headers: [.init("Retry-After", "5")])
    }

    /// What of S3's failures a client may know: whether another try makes sense.
    static func storage(_ error: S3Error) -> RequestError {
        switch error {
        case .timedOut:
            RequestError(
                status: 504, code: "storage_timeout", message: "The storage did not answer in time; try again",
                headers: [.init("Retry-After", "5")])
        case _ where error.isTransient:
            tryAgain(code: "storage_unavailable", "The storage does not answer as it should; try again in a moment")
        default:
            RequestError(
                status: 502, code: "storage_failed",
                message: "The storage refuses to work for this site; its log says why",
                headers: [.init("Retry-After", "30")])
        }
    }
}
