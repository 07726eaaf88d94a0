internal import S3Authorization
internal import S3Client

/// The parts that a client wants its object made of; nil where it leaves that to us.
struct PostedParts: Equatable {
    let parts: [UploadedPart]?

    /// Reads `{"parts": [{"PartNumber": 1, "ETag": "…"}, …]}`; nothing, and an object without `parts`, are no list.
    init(json body: [UInt8]) throws(RequestError) {
        guard !body.isEmpty else {
            parts = nil
            return
        }
        var parts: [UploadedPart]?
        var isNone = false
        do throws(JSONError) {
            var reader = JSONReader(body)
            var object = try reader.beginObject()
            while let name = try reader.nextMember(in: &object) {
                let kind = try reader.peek()
                if name.is("parts"), kind == .array {
                    parts = try Self.list(&reader)
                    isNone = parts == nil
                    if isNone { break }
                } else {
                    isNone = isNone || name.is("parts") && kind != .null
                    try reader.readValue()
                }
            }
            if !isNone { try reader.end() }
        } catch {
            throw .malformedJSON(error, in: body)
        }
        guard !isNone else { throw .partsAreNone }
        self.parts = parts
    }

    /// Nil where an element is no part, or there is none; the rest is then not looked at.
    private static func list(_ reader: inout JSONReader) throws(JSONError) -> [UploadedPart]? {
        var parts: [UploadedPart] = []
        var array = try reader.beginArray()
        while try reader.nextElement(in: &array) {
            guard try reader.peek() == .object, let part = try part(&reader) else { return nil }
            parts.append(part)
        }
        return parts.isEmpty ? nil : parts
    }

    private static func part(_ reader: inout JSONReader) throws(JSONError) -> UploadedPart? {
        var number: Int?
        var etag: ETag?
        var object = try reader.beginObject()
        while let name = try reader.nextMember(in: &object) {
            let kind = try reader.peek()
            if name.is("PartNumber"), kind == .number {
                number = PartNumbers.number(try reader.readValue())
            } else if name.is("ETag"), kind == .string {
                etag = ETag(parsing: try reader.readString())
            } else {
                try reader.readValue()
            }
        }
        guard let number, let etag else { return nil }
        return UploadedPart(number: number, etag: etag)
    }

    /// Those of the parts that S3 has which are wanted, in order.
    func chosen(from present: [UploadedPart]) throws(RequestError) -> [UploadedPart] {
        guard let parts else { return present }
        let known = Dictionary(present.map { ($0.number, $0) }) { $1 }
        var chosen: [Int: UploadedPart] = [:]
        for part in parts {
            guard let found = known[part.number], found.etag == part.etag else {
                throw .invalidParts("Part \(part.number) is not there, or has another ETag")
            }
            guard chosen.updateValue(found, forKey: part.number) == nil else {
                throw .invalidParts("Part \(part.number) is named twice")
            }
        }
        return chosen.values.sorted { $0.number < $1.number }
    }
}
