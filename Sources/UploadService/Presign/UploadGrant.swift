internal import S3Authorization

/// Leave to upload one file: a form to post, or a URL to PUT to.
struct UploadGrant {
    enum Method {
        case post
        case put
    }

    let method: Method
    let key: ByteString
    let url: ByteString
    /// Of a form, in their order; the file comes after them.
    var fields: [HeaderField] = []
    /// That a PUT must send.
    var headers: [HeaderField] = []
    let expiration: SigningTime
}

extension UploadGrant {
    init(_ form: PresignedForm, key: ByteString) {
        self.init(method: .post, key: key, url: form.url, fields: form.fields, expiration: form.expiration)
    }

    init(_ put: PresignedUpload, key: ByteString) {
        self.init(method: .put, key: key, url: put.url, headers: put.headers, expiration: put.expiration)
    }
}

extension JSONWriter {
    /// The members of a grant; the clients differ in how they spell the method.
    mutating func grant(_ grant: UploadGrant, post: StaticString, put: StaticString, at now: SigningTime) {
        beginObject()
        name("method")
        string("", after: grant.method == .post ? post : put)
        name("url")
        string(grant.url)
        name("fields")
        texts(grant.fields)
        name("headers")
        headers(grant.headers)
        name("key")
        string(grant.key)
        name("expires")
        number(grant.expiration.secondsSince1970 - now.secondsSince1970)
        endObject()
    }

    /// The headers that a script must set.
    ///
    /// A browser sets the length itself and lets no script do it:
    /// <https://fetch.spec.whatwg.org/#forbidden-request-header>
    mutating func headers(_ headers: [HeaderField]) {
        texts(headers.filter { !$0.name.is("content-length") && !$0.name.is("host") })
    }

    private mutating func texts(_ fields: [HeaderField]) {
        beginObject()
        for field in fields {
            escapedName(field.name)
            string(field.value)
        }
        endObject()
    }
}
