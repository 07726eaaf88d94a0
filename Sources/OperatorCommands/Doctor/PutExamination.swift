internal import S3Authorization
internal import S3Client

/// URLs to PUT to, as `POST upload_uri` hands them out.
struct PutExamination {
    let visit: Visit

    private static let size = 16

    func run() {
        visit.doing("putting to a signed URL")
        let key = visit.newKey()
        guard let good = presigned(key) else { return }
        guard case .success(let answer) = visit.send(request(good, size: Self.size)) else { return }
        guard (200...299).contains(answer.status) else {
            let (message, mending) = visit.meaning(of: answer)
            return visit.fail("put", message, mending: mending)
        }
        visit.uploads.append(key)
        visit.ok("put", "S3 takes a PUT to a signed URL")
        let large = visit.newKey()
        if let url = presigned(large) {
            visit.expectRefusal(
                "put_over_size", large, request(url, size: Self.size + 1), "a file larger than was signed")
        }
        let (signed, other) = (visit.newKey(), visit.newKey())
        if let url = presigned(signed) {
            var changed = url
            changed.url = changed.url.replacingFirst(signed, by: other)
            visit.expectRefusal(
                "put_wrong_key", other, request(changed, size: Self.size), "another key than was signed")
        }
        let late = visit.newKey()
        if let url = presigned(late) {
            var changed = url
            changed.url = changed.url.replacingFirst("X-Amz-Expires=", by: "X-Amz-Expires=9")
            visit.expectRefusal(
                "put_tampered", late, request(changed, size: Self.size), "a URL that was changed after signing")
        }
    }

    private struct Presigned {
        var url: ByteString
        let headers: [HeaderField]
    }

    private func presigned(_ key: ByteString) -> Presigned? {
        let desk = visit.desk
        do {
            let rules = desk.rules
            let version = desk.signatureVersion
            let caller = Caller(prefix: try KeyPrefix(user: Visit.user), expectedVersion: version)
            let upload = Upload(
                key: key, size: version == .v4 ? UInt64(Self.size) : nil, contentType: UploadForm.type(desk))
            let authorized = try rules.authorize(upload, for: caller, at: visit.time)
            let signer = try Signer(credentials: desk.credentials, region: desk.region)
            let signed = try authorized.presigned(by: signer, at: desk.publicEndpoint, addressing: desk.addressing)
            return Presigned(url: signed.url, headers: signed.headers)
        } catch {
            visit.fail("put", "a URL cannot be signed: \(error)", mending: "Run `countersign check`.")
            return nil
        }
    }

    private func request(_ signed: Presigned, size: Int) -> HTTPRequest {
        let headers = signed.headers.filter { !["content-length", "host"].contains($0.lowercasedName) }
        return HTTPRequest(
            method: "PUT", url: signed.url, headers: headers, body: [UInt8](repeating: UInt8(ascii: "x"), count: size))
    }
}

extension ByteString {
    /// With the first occurrence of a text replaced.
    fileprivate func replacingFirst(_ old: ByteString, by new: ByteString) -> ByteString {
        guard let start = bytes.indices.first(where: { ByteString(bytes[$0...]).hasPrefix(old) }) else { return self }
        return ByteString(Array(bytes[..<start]) + new.bytes + bytes[(start + old.count)...])
    }
}
