internal import S3Authorization

/// S3's `<Error>` and the statuses that come with it.
///
/// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#RESTErrorResponses
enum ErrorAnswer {
    /// The failure that an answer is, or nil for one that is none: also a 200 with an `<Error>` in it is one.
    static func failure(in answer: HTTPAnswer) -> S3Error? {
        let error = (try? XMLElement(parsing: answer.body)).flatMap { $0.name == "Error" ? $0 : nil }
        if (200...299).contains(answer.status), error == nil { return nil }
        let code = printable(error?.text(of: "Code"), limit: 64)
        switch (answer.status, code) {
        case (200...299, ""): return .badAnswer("an error without a code")
        case (300...399, _), (_, "PermanentRedirect"), (_, "TemporaryRedirect"):
            return .redirected(region: region(answer.header("x-amz-bucket-region") ?? error?.text(of: "Region")))
        case (412, _), (_, "PreconditionFailed"): return .preconditionFailed
        case (404, _), (_, "NoSuchKey"), (_, "NoSuchBucket"), (_, "NoSuchUpload"): return .notFound(code: code)
        case (_, "ConditionalRequestConflict"), (_, "OperationAborted"), (409, ""): return .conflict
        default:
            return .refused(
                S3Error.Refusal(
                    status: answer.status, code: code, message: printable(error?.text(of: "Message"), limit: 256),
                    requestID: requestID(answer, error), region: region(error?.text(of: "Region"))))
        }
    }

    static func requestID(_ answer: HTTPAnswer, _ error: XMLElement? = nil) -> ByteString {
        printable(answer.header("x-amz-request-id") ?? error?.text(of: "RequestId"), limit: 64)
    }

    /// Cut, and without bytes that could make a second log line.
    static func printable(_ text: ByteString?, limit: Int) -> ByteString {
        guard let text else { return "" }
        return ByteString(text.bytes.prefix(limit).map { 0x20...0x7e ~= $0 ? $0 : UInt8(ascii: "?") })
    }

    private static func region(_ text: ByteString?) -> ByteString? {
        guard let text, (1...32).contains(text.count) else { return nil }
        let isRegion = text.bytes.allSatisfy {
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0
                || $0 == UInt8(ascii: "-")
        }
        return isRegion ? text : nil
    }
}
