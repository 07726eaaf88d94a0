/// A request of a multipart upload that a client wants to have signed, as it wrote it: `{"headers": "…"}`, whose text is
/// version 2's string to sign, or version 4's with the canonical request in place of its hash.
///
/// Reading it checks its shape only; ``UploadRules`` says whether it may be signed.
/// <https://docs.fineuploader.com/branch/master/endpoint_handlers/amazon-s3.html>
public struct RESTRequest: Sendable {
    /// What is wrong with the document's shape; where it is empty, there are lines.
    public private(set) var violations: [PolicyViolation] = []
    let text: ByteString
    let lines: RESTRequestLines?

    /// Reads a request's body; nil where it is no JSON object with a non-empty string `headers`, and so may be a policy.
    public init?(parsing body: [UInt8]) {
        // Looked for before anything is read: nearly all that is signed is a policy, which has no such member.
        guard ByteString(body).contains("headers\"") else { return nil }
        var found: ByteString?
        var others: [ByteString] = []
        do throws(JSONError) {
            var reader = JSONReader(body)
            guard try reader.peek() == .object else { return nil }
            var object = try reader.beginObject()
            while let name = try reader.nextMember(in: &object) {
                if name.is("headers"), try reader.peek() == .string {
                    found = try reader.readString()
                } else {
                    try reader.readValue()
                    others.append(name)
                }
            }
            try reader.end()
        } catch {
            return nil
        }
        guard let found, !found.isEmpty else { return nil }
        self.init(text: found)
        for name in others {
            violations.append(
                PolicyViolation(.conditions, "Unknown member beside headers: \(ByteString(name.bytes.prefix(80)))"))
        }
    }

    /// Reads the text itself.
    public init(text: ByteString) {
        self.text = text
        do throws(RESTRequestLines.Invalid) {
            lines = try RESTRequestLines(parsing: text)
        } catch {
            lines = nil
            violations = [PolicyViolation(.conditions, error.message)]
        }
    }

    /// The key that is asked for, decoded and unchecked; nil where none can be read.
    package var key: ByteString? { lines?.key?.text }

    /// What is asked for, unchecked; nil where it is none of the four.
    package var operation: MultipartOperation? { try? lines?.operation.get() }
}
