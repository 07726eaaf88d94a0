internal import S3Authorization

/// The members of a JSON object, each value still JSON.
struct JSONMembers {
    let all: [JSONMember]

    /// Throws also where the text is another JSON value than an object.
    init(parsing text: [UInt8]) throws(JSONError) {
        var reader = JSONReader(text)
        var all: [JSONMember] = []
        var object = try reader.beginObject()
        while let name = try reader.nextMember(in: &object) {
            all.append(JSONMember(name, json: try reader.readValue()))
        }
        try reader.end()
        self.all = all
    }

    /// The same of the body of a request.
    init(body: [UInt8]) throws(RequestError) {
        do throws(JSONError) {
            try self.init(parsing: body)
        } catch {
            throw .malformedJSON(error, in: body)
        }
    }

    subscript(name: StaticString) -> ByteString? {
        all.first { $0.name.is(name) }?.json
    }

    /// The text of a member that is a string.
    func string(_ name: StaticString) -> ByteString? {
        guard let json = self[name] else { return nil }
        var reader = JSONReader(Array(json.bytes))
        guard (try? reader.peek()) == .string else { return nil }
        return try? reader.readString()
    }

    /// The value of a member that is a whole number of at most 18 digits.
    func number(_ name: StaticString) -> Int64? {
        guard let json = self[name], json.count <= 18 else { return nil }
        return DecimalDigits.value(of: json).flatMap { Int64(exactly: $0) }
    }
}

extension JSONReader {
    /// Whether the text is JSON, of whatever kind.
    static func isValue(_ text: [UInt8]) -> Bool {
        do throws(JSONError) {
            var reader = JSONReader(text)
            try reader.readValue()
            try reader.end()
            return true
        } catch {
            return false
        }
    }
}
