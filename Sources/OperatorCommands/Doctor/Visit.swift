internal import S3Authorization
internal import S3Client
internal import UploadService

/// One visit of the doctor: what is examined, with what, what was found, and what must be cleared away.
final class Visit {
    let desk: Desk
    let origins: [String]
    private let report: (Finding) -> Void
    private let progress: (String) -> Void
    private(set) var findings: [Finding] = []
    /// Keys of objects that this visit made.
    var uploads: [ByteString] = []
    var stored: [ByteString] = []

    /// The user in whose name the doctor uploads.
    static let user = KeyPrefix.doctor

    init(
        _ desk: Desk, origins: [String], report: @escaping (Finding) -> Void, progress: @escaping (String) -> Void
    ) {
        self.desk = desk
        self.origins = origins
        self.report = report
        self.progress = progress
    }

    func ok(_ check: String, _ message: String) {
        add(Finding(check: check, state: .ok, message: message, mending: nil))
    }

    func warn(_ check: String, _ message: String, mending: String) {
        add(Finding(check: check, state: .warning, message: message, mending: mending))
    }

    func fail(_ check: String, _ message: String, mending: String) {
        add(Finding(check: check, state: .failed, message: message, mending: mending))
    }

    private func add(_ finding: Finding) {
        findings.append(finding)
        report(finding)
    }

    /// Says what is being done, to whoever watches.
    func doing(_ what: String) {
        progress(what)
    }

    var now: Int64 { desk.surroundings.now() / 1000 }
    var time: SigningTime { (try? SigningTime(secondsSince1970: now)) ?? .start }
    var deadline: Deadline { desk.deadline }
    var storage: StorageDesk? { desk.site.storage }

    func uploaded(_ key: ByteString) -> ObjectLocation { ObjectLocation(bucket: desk.bucket, key: key) }

    /// A key that nobody has, in the doctor's own prefix.
    func newKey(_ suffix: String = ".txt") -> ByteString {
        let random = Hexadecimal.encode(desk.surroundings.random(16))
        return ByteString(Self.user.bytes + [UInt8(ascii: "/")] + random.bytes + Array(suffix.utf8))
    }

    /// One request as it is, without a signature of ours.
    func send(_ request: HTTPRequest) -> Result<HTTPAnswer, TransportError> {
        var request = request
        request.limit = 1 << 20
        do {
            return .success(try desk.transport.exchange(request, until: deadline))
        } catch {
            return .failure(error)
        }
    }

    /// Sends what S3 must refuse, and remembers the object where it does not.
    func expectRefusal(_ check: String, _ key: ByteString, _ request: HTTPRequest, _ what: String) {
        guard case .success(let answer) = send(request) else { return }
        if (200...299).contains(answer.status) {
            uploads.append(key)
            fail(
                check, "S3 takes \(what)", mending: "Do not rely on this store: it does not enforce what was signed.")
        } else {
            ok(check, "S3 refuses \(what)")
        }
    }

    /// What a refusal of S3's means, and what mends it.
    func meaning(of answer: HTTPAnswer) -> (message: String, mending: String) {
        let code = answer.errorCode.map { " \(Printable.text($0.bytes))" } ?? ""
        let said = "S3 answers \(answer.status)\(code)"
        // The request was made just now by this very code, so the store's silence has one likely reason.
        if answer.errorCode?.is("SignatureDoesNotMatch") == true {
            return (
                "\(said): the signature is wrong",
                "Put the secret that belongs to \(desk.credentials.accessKeyID) into "
                    + "uploads.secret_access_key_file, and look "
                    + "whether a proxy before S3 changes Host."
            )
        }
        guard let error = ErrorDocument(parsing: answer.body),
            let cause = RefusalExplanation(error: error, desk: desk).cause
        else { return (said, "Save S3's answer and ask `countersign explain` about it.") }
        return ("\(said): \(cause.message)", cause.mending)
    }

    func meaning(of error: S3Error) -> (message: String, mending: String) {
        switch error {
        case .unreachable(.certificate):
            ("\(error)", "Set s3.ca_file to the certificate authority of your store, or renew its certificate.")
        case .unreachable, .timedOut:
            ("\(error)", "Set s3.endpoint to where S3 answers, and let this machine reach it.")
        case .redirected(let region?):
            ("\(error)", "Set s3.region = \"\(region)\" and s3.endpoint to that region's.")
        case .notFound(let code) where code.is("NoSuchBucket"):
            ("S3 has no such bucket", "Set the bucket's name, s3.endpoint and s3.addressing to where it is.")
        case .refused(let refusal) where refusal.code.is("SignatureDoesNotMatch"):
            ("\(error)", "Put the secret that belongs to the access_key_id into its secret_access_key_file.")
        case .refused(let refusal) where refusal.code.is("InvalidAccessKeyId"):
            ("\(error)", "Set access_key_id to a key that the store knows.")
        case .refused(let refusal) where refusal.status == 403:
            ("\(error)", "Compare the key and its rights with `countersign print iam`.")
        default: ("\(error)", "Look at what S3 says, and at its own log.")
        }
    }
}
