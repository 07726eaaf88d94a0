internal import S3Authorization

/// The texts that begin with `s3:` are Companion's.
extension RequestError {
    static var multipartIsNotConfigured: RequestError {
        RequestError(status: 404, code: "not_configured", message: "This site takes no uploads in parts")
    }

    /// Companion's answer where it has no keys to hand out.
    static var noTemporaryCredentials: RequestError {
        RequestError(
            status: 400, code: "no_sts", message: "This Companion server does not support STS credentials")
    }

    /// A forged, an old and an unknown ticket are told apart in the log only.
    static func refusedTicket(_ error: TicketError) -> RequestError {
        switch error {
        case .malformed, .unknownKey, .forged:
            RequestError(status: 404, code: "unknown_upload", message: "There is no such upload; begin a new one")
        case .foreign: .notPermitted("This upload is another user's")
        case .expired:
            RequestError(
                status: 403, code: "upload_expired", message: "This upload was begun too long ago; begin a new one")
        }
    }

    /// S3 has no such upload: it is complete, was given up, or the bucket's lifecycle took it.
    static var uploadIsOver: RequestError {
        RequestError(
            status: 404, code: "upload_is_over", message: "This upload is complete or was given up; begin a new one")
    }

    static var fileNameIsMissing: RequestError {
        invalidField("filename", "s3: the \"filename\" field is required and must be a non-empty string")
    }

    static var typeIsNoText: RequestError { invalidField("type", "s3: content type must be a string") }

    static var keyIsMissing: RequestError {
        invalidField(
            "key", "s3: the object key must be passed as a query parameter. For example: \"?key=abc.jpg\"")
    }

    static var partNumberIsNone: RequestError {
        invalidField("partNumber", "s3: the part number must be a number between 1 and 10000.")
    }

    static var partNumbersAreNone: RequestError {
        invalidField(
            "partNumbers",
            "s3: the part numbers must be passed as a comma separated query parameter. For example: \"?partNumbers=4,6,7,21\""
        )
    }

    static var partsAreNone: RequestError {
        invalidField("parts", "s3: `parts` must be an array of {ETag, PartNumber} objects.")
    }

    /// What S3 would not make an object of.
    static func invalidParts(_ message: String) -> RequestError {
        RequestError(status: 400, code: "invalid_parts", message: message)
    }

    static func invalidField(_ name: ByteString, _ message: String) -> RequestError {
        RequestError(
            status: 400, code: "invalid_fields", message: message, details: [Detail(place: name, message: message)])
    }
}
