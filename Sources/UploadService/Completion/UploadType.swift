internal import S3Authorization
internal import S3Client

/// The media type of an upload: the declared one, where there is one, and inside the rules.
struct UploadType {
    let rules: UploadRules
    let desk: StorageDesk
    let deadline: Deadline

    /// What stores and browsers say when nobody declared a type.
    private static let undeclared: Set<ByteString> = ["", "binary/octet-stream", "application/octet-stream"]

    func settle(
        _ head: ObjectHead, _ location: ObjectLocation, _ name: ByteString, _ account: inout Account
    ) throws(RequestError) -> ByteString {
        let declared = head.contentType ?? ""
        let type = Self.undeclared.contains(declared.lowercasedASCII) ? FileNameType.type(of: name) : declared
        guard let parsed = ContentType(type) else { throw .typeNotAllowed(type, rules.contentTypes) }
        guard rules.contentTypes.isEmpty || rules.contentTypes.contains(where: { $0.matches(parsed) }) else {
            throw .typeNotAllowed(type, rules.contentTypes)
        }
        return type
    }
}
