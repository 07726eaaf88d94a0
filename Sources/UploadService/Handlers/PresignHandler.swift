internal import FastCGI
internal import S3Authorization

/// `GET presign`, Shrine's: leave to upload one file, and `POST presign` for many; `GET s3/params`, which is Uppy's.
struct PresignHandler {
    /// The most files of one request.
    static let largestBatch = 100

    private let inquiry: Inquiry
    private let surroundings: Surroundings

    init(_ inquiry: Inquiry, _ surroundings: Surroundings) {
        self.inquiry = inquiry
        self.surroundings = surroundings
    }

    func respond(_ account: inout Account) throws(RequestError) -> Response {
        let presigner = try Presigner(inquiry, surroundings, &account)
        var writer = JSONWriter(capacity: 2048)
        guard inquiry.method == .post else {
            let wish = try PresignWish(query: inquiry.parameter("QUERY_STRING") ?? "")
            write(try presigner.grant(wish, &account), to: &writer)
            return Answers.json(writer.bytes)
        }
        guard inquiry.isJSON else { throw .unsupportedMediaType }
        var proposals: [Presigner.Proposal] = []
        for (index, file) in try Self.files(inquiry.request.body).enumerated() {
            do throws(RequestError) {
                proposals.append(try presigner.propose(try PresignWish(json: Array(file.bytes)), &account))
            } catch {
                throw error.ofFile(index)
            }
        }
        let grants = try presigner.grant(proposals, &account)
        writer.beginArray()
        for grant in grants { write(grant, to: &writer) }
        writer.endArray()
        return Answers.json(writer.bytes)
    }

    /// Companion's route; its text where the name is missing.
    func respondToUppy(_ account: inout Account) throws(RequestError) -> Response {
        let presigner = try Presigner(inquiry, surroundings, &account)
        var wish = try PresignWish(query: inquiry.parameter("QUERY_STRING") ?? "")
        guard !wish.file.filename.isEmpty else { throw .fileNameParameterIsMissing }
        // Uppy reads the answer that only this status has.
        (wish.status, wish.redirect) = ("201", nil)
        var writer = JSONWriter(capacity: 2048)
        writer.grant(
            try presigner.grant(wish, &account), post: "POST", put: "PUT", at: surroundings.signingTime)
        return Answers.json(writer.bytes)
    }

    private func write(_ grant: UploadGrant, to writer: inout JSONWriter) {
        writer.grant(grant, post: "post", put: "put", at: surroundings.signingTime)
    }

    /// What stands in `{"files": […]}`, each still JSON.
    private static func files(_ body: [UInt8]) throws(RequestError) -> [ByteString] {
        var files: [ByteString] = []
        var problems: [RequestError.Detail] = []
        let list = try JSONMembers(body: body)["files"] ?? "[]"
        do throws(JSONError) {
            var reader = JSONReader(Array(list.bytes))
            if try reader.peek() == .array {
                var array = try reader.beginArray()
                while try reader.nextElement(in: &array) {
                    if try reader.peek() != .object {
                        let place = ByteString("files[\(files.count)]")
                        problems.append(.init(place: place, message: "This field should be an object."))
                    }
                    files.append(try reader.readValue())
                }
            }
        } catch {
            throw .malformedJSON(error, in: body)
        }
        guard (1...largestBatch).contains(files.count) else { throw .wrongFileCount }
        guard problems.isEmpty else { throw .invalidFields(problems, status: 400) }
        return files
    }
}

extension RequestError {
    fileprivate static var fileNameParameterIsMissing: RequestError {
        invalidField(
            "filename", #"s3: the "filename" query parameter is required and must be a non-empty string"#)
    }

    fileprivate static var wrongFileCount: RequestError {
        invalidFields(
            [Detail(place: "files", message: "There should be 1 to \(PresignHandler.largestBatch) files.")],
            status: 400)
    }

    /// The same, saying which of several files it is about.
    fileprivate func ofFile(_ index: Int) -> RequestError {
        let details = details.map {
            Detail(place: ByteString("files[\(index)].".utf8 + $0.place.bytes), message: $0.message)
        }
        return RequestError(
            status: status, code: code, message: "files[\(index)]: \(message)", details: details, headers: headers)
    }
}
