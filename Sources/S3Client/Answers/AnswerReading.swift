internal import S3Authorization

extension HTTPAnswer {
    /// The document in the body, which must be whole and have that root.
    func root(_ name: ByteString) throws(S3Error) -> XMLElement {
        let root: XMLElement
        do {
            root = try XMLElement(parsing: body)
        } catch {
            throw .badAnswer(body.isEmpty ? "empty" : "no whole XML: \(error)")
        }
        guard root.name == name else { throw .badAnswer("another document than \(name)") }
        return root
    }
}

extension XMLElement {
    /// The text of an element that must be there.
    func required(_ name: ByteString) throws(S3Error) -> ByteString {
        guard let text = text(of: name) else { throw .badAnswer("no \(name) in \(self.name)") }
        return text
    }

    func etag() throws(S3Error) -> ETag {
        guard let etag = ETag(parsing: try required("ETag")) else { throw .badAnswer("no ETag in \(name)") }
        return etag
    }

    func number(_ name: ByteString) throws(S3Error) -> Int64 {
        guard let value = DecimalDigits.value(of: try required(name)), let number = Int64(exactly: value) else {
            throw .badAnswer("no number in \(name)")
        }
        return number
    }

    /// Nothing is taken for false: an answer that forgets to say that there is more would hide it.
    func boolean(_ name: ByteString) throws(S3Error) -> Bool {
        switch try required(name) {
        case "true": true
        case "false": false
        default: throw .badAnswer("neither true nor false in \(name)")
        }
    }
}
