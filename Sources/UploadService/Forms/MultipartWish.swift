internal import S3Authorization

/// What a client says of the upload in parts that it wants to begin: Companion's fields, and its size if it will.
struct MultipartWish {
    let fileName: ByteString
    /// Nil where the client has none to say.
    let type: ByteString?
    /// Bytes; Uppy says nothing of it.
    let size: UInt64?
    let metadata: UploadMetadata

    init(json body: [UInt8]) throws(RequestError) {
        let members = try JSONMembers(body: body)
        guard let name = members.string("filename"), !name.isEmpty else { throw .fileNameIsMissing }
        guard name.count <= CompletionFields.maximumNameLength else {
            throw .invalidField(
                "filename", "The file name should have at most \(CompletionFields.maximumNameLength) bytes")
        }
        guard !name.hasControlCharacter else {
            throw .invalidField("filename", "The file name should not have control characters")
        }
        fileName = name
        let type = members.string("type")
        guard type != nil || members.given("type") == nil else { throw .typeIsNoText }
        self.type = type.flatMap { $0.isEmpty ? nil : $0 }
        size = try members.given("size").map { json throws(RequestError) in
            guard let size = DecimalDigits.value(of: members.string("size") ?? json) else {
                throw .invalidField("size", "The size should be a whole number of bytes")
            }
            return size
        }
        if let json = members.given("metadata") {
            metadata = try UploadMetadata(json: Array(json.bytes))
        } else {
            metadata = UploadMetadata()
        }
    }
}

extension JSONMembers {
    /// The value of a member, still JSON; null is as good as none.
    fileprivate func given(_ name: StaticString) -> ByteString? {
        self[name].flatMap { $0.is("null") ? nil : $0 }
    }
}
