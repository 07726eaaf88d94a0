package import S3Authorization

/// What `GET presign` answers: leave to send one file.
package struct UploadLeave: Sendable, Equatable {
    package var isForm: Bool
    package var url: ByteString
    package var key: ByteString
    /// Of a form, in their order.
    package var fields: [HeaderField] = []
    /// Of a PUT.
    package var headers: [HeaderField] = []

    package init(
        isForm: Bool, url: ByteString, key: ByteString, fields: [HeaderField] = [], headers: [HeaderField] = []
    ) {
        self.isForm = isForm
        self.url = url
        self.key = key
        self.fields = fields
        self.headers = headers
    }

    package init(parsing json: [UInt8]) throws(JSONError) {
        self.init(isForm: true, url: "", key: "")
        var reader = JSONReader(json)
        var object = try reader.beginObject()
        while let name = try reader.nextMember(in: &object) {
            if name.is("method") {
                isForm = try reader.readString().is("post")
            } else if name.is("url") {
                url = try reader.readString()
            } else if name.is("key") {
                key = try reader.readString()
            } else if name.is("fields") {
                fields = try Self.texts(&reader)
            } else if name.is("headers") {
                headers = try Self.texts(&reader)
            } else {
                try reader.readValue()
            }
        }
        try reader.end()
    }

    private static func texts(_ reader: inout JSONReader) throws(JSONError) -> [HeaderField] {
        var texts: [HeaderField] = []
        var object = try reader.beginObject()
        while let name = try reader.nextMember(in: &object) {
            texts.append(HeaderField(name, try reader.readString()))
        }
        return texts
    }
}
