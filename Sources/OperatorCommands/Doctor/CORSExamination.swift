internal import S3Authorization
internal import S3Client

/// Whether browsers let the site's pages upload, and read what S3 answers.
///
/// https://fetch.spec.whatwg.org/#cors-preflight-fetch
struct CORSExamination {
    let visit: Visit

    private static let stranger = "https://countersign-doctor.invalid"

    func run() {
        guard !visit.origins.isEmpty else {
            return visit.warn(
                "cors", "no origin is known to try it with",
                mending: "Set server.url to the site's own, or give --origin https://www.example.org.")
        }
        for origin in visit.origins {
            visit.doing("asking as a page of \(origin)")
            let isOpen =
                preflight(origin, "POST", "cache-control,x-requested-with", "forms")
                && preflight(origin, "PUT", "content-type", "PUTs")
            if isOpen {
                visit.ok("cors", "pages of \(origin) may upload")
                exposes(origin)
            }
        }
        if allows(Self.stranger, "POST", "") ?? false {
            visit.warn(
                "cors_strangers", "pages of any site may talk to the bucket",
                mending: "Name the site's origins instead of *: `countersign setup --apply`.")
        } else {
            visit.ok("cors_strangers", "pages of other sites may not")
        }
    }

    private func preflight(_ origin: String, _ method: ByteString, _ headers: ByteString, _ what: String) -> Bool {
        guard let isAllowed = allows(origin, method, headers) else { return false }
        if !isAllowed {
            visit.fail(
                "cors", "pages of \(origin) may not send \(what)",
                mending: "Run `countersign setup --apply`, or put what `countersign print cors` prints on the bucket.")
        }
        return isAllowed
    }

    /// Nil where S3 does not answer.
    private func allows(_ origin: String, _ method: ByteString, _ headers: ByteString) -> Bool? {
        var sent = [
            HeaderField("Origin", ByteString(origin)), HeaderField("Access-Control-Request-Method", method),
        ]
        if !headers.isEmpty { sent.append(HeaderField("Access-Control-Request-Headers", headers)) }
        let key: ByteString = method.is("PUT") ? visit.newKey() : ""
        let url = visit.desk.publicEndpoint.url(
            bucket: visit.desk.bucket, key: key, addressing: visit.desk.addressing)
        guard case .success(let answer) = visit.send(HTTPRequest(method: "OPTIONS", url: url, headers: sent)) else {
            return nil
        }
        guard (200...299).contains(answer.status), let allowed = answer.header("access-control-allow-origin"),
            allowed.is("*") || allowed == ByteString(origin)
        else { return false }
        let names = Self.words(answer.header("access-control-allow-headers"))
        let methods = Self.words(answer.header("access-control-allow-methods"))
        return (methods.contains("*") || methods.contains(method.lowercasedASCII))
            && Self.words(headers).allSatisfy { names.contains("*") || names.contains($0) }
    }

    /// A page must read the ETag: Uppy waits for it for ever.
    private func exposes(_ origin: String) {
        let key = visit.newKey()
        let version: SignatureVersion = visit.desk.signatureVersion
        guard let form = try? UploadForm(key, visit, version: version),
            case .success(let answer) = visit.send(form.request(visit.desk, origin: origin)),
            (200...299).contains(answer.status)
        else { return }
        visit.uploads.append(key)
        let exposed = Self.words(answer.header("access-control-expose-headers"))
        for name in ["ETag", "Location"] as [ByteString] {
            let check = "cors_\(name.lowercasedASCII)"
            if exposed.contains("*") || exposed.contains(name.lowercasedASCII) {
                visit.ok(check, "pages of \(origin) can read \(name)")
            } else {
                visit.warn(
                    check, "pages of \(origin) cannot read \(name)",
                    mending: "Add \(name) to ExposeHeaders: `countersign setup --apply`.")
            }
        }
    }

    private static func words(_ list: ByteString?) -> [ByteString] {
        (list ?? "").bytes.split(separator: UInt8(ascii: ",")).map { ByteString($0).trimmed.lowercasedASCII }
    }
}
