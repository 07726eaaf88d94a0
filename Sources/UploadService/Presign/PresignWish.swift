internal import S3Authorization

/// What a client says of a file that it wants a form or a URL for: all of it will be signed, but for the name.
struct PresignWish: Equatable {
    var file = UploadWish()
    var metadata = UploadMetadata()
    /// Of S3's answer to a form.
    var status: ByteString?
    /// Where S3 sends a browser after a form.
    var redirect: ByteString?

    init() {}

    /// Reads a query, `metadata[name]=value` for metadata; parameters that are not ours mean nothing here.
    init(query: ByteString) throws(RequestError) {
        let pairs: [FormPair]
        do throws(FormError) {
            pairs = try FormReader.pairs(query)
        } catch {
            throw .malformedForm(error)
        }
        var problems: [RequestError.Detail] = []
        var metadata: [(name: ByteString, value: ByteString)] = []
        for (index, pair) in pairs.enumerated() {
            let name = BracketedName(pair.name, limit: 1)
            if pairs[..<index].contains(where: { $0.name == pair.name && $0.value != pair.value }) {
                problems.append(.init(place: pair.name, message: "This field is there twice, with different values."))
            } else if let name, name.root.is("metadata"), let inner = name.brackets.first {
                metadata.append((inner, pair.value))
            } else if pair.name.begins(with: "metadata[") {
                problems.append(.init(place: pair.name, message: "Metadata should be named as in metadata[album]=3."))
            } else if let problem = take(pair.name, pair.value, .string) {
                problems.append(.init(place: pair.name, message: problem))
            }
        }
        guard problems.isEmpty else { throw .invalidFields(problems, status: 400) }
        self.metadata = try UploadMetadata(metadata)
    }

    /// Reads a JSON object; `metadata` is an object of texts, numbers and booleans, and null is as good as none.
    init(json: [UInt8]) throws(RequestError) {
        var problems: [RequestError.Detail] = []
        var metadata: ByteString?
        do throws(JSONError) {
            for member in try JSONMembers(parsing: json).all {
                if member.name.is("metadata") {
                    metadata = member.json.is("null") ? nil : member.json
                } else if let problem = try take(member) {
                    problems.append(.init(place: member.name, message: problem))
                }
            }
        } catch {
            throw .malformedJSON(error, in: json)
        }
        guard problems.isEmpty else { throw .invalidFields(problems, status: 400) }
        if let metadata { self.metadata = try UploadMetadata(json: Array(metadata.bytes)) }
    }

    private mutating func take(_ member: JSONMember) throws(JSONError) -> String? {
        var reader = JSONReader(Array(member.json.bytes))
        let kind = try reader.peek()
        if kind == .null { return nil }
        return take(member.name, kind == .string ? try reader.readString() : member.json, kind)
    }

    /// What is wrong with the member, if anything.
    private mutating func take(_ name: ByteString, _ text: ByteString, _ kind: JSONReader.Kind) -> String? {
        let isStatus = name.is("success_action_status")
        guard isStatus || name.is("success_action_redirect") else { return file.take(name, text, kind) }
        guard kind == .string || isStatus && kind == .number else { return "This field should be a string." }
        guard !text.isEmpty else { return nil }
        if isStatus { status = text } else { redirect = text }
        return nil
    }
}
