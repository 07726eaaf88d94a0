internal import S3Authorization

/// Whether a signed URL is good now, and why not.
struct SignedURLExplanation {
    let url: SignedURL
    /// What the client sends with it, as far as that is known.
    let headers: [HeaderField]
    let desk: Desk
    /// Seconds since 1970.
    let now: Int64

    private static let methods: [ByteString] = ["PUT", "GET", "POST", "HEAD", "DELETE"]

    func explain(_ explanation: inout Explanation) {
        let credential: Credential
        do throws(Credential.Invalid) {
            credential = try Credential(parsing: url.credential)
        } catch {
            explanation.causes.append(
                Cause(
                    .unknown,
                    "X-Amz-Credential is \(Printable.quoted(url.credential)), not "
                        + "KEY/DAY/REGION/s3/aws4_request.",
                    mending: "Ask Countersign for the URL anew, and use it as it comes."))
            return
        }
        guard let time = try? SigningTime(parsing: url.date, as: .basic) else {
            explanation.causes.append(
                Cause(
                    .clock, "X-Amz-Date is \(Printable.quoted(url.date)), not a time such as 20300131T235959Z.",
                    mending: "Ask Countersign for the URL anew, and use it as it comes."))
            return
        }
        life(time, &explanation)
        if credential.scope.region != desk.region {
            explanation.causes.append(
                Cause(
                    .region,
                    "The URL is signed for the region \(credential.scope.region); this configuration says "
                        + "\(desk.region).", mending: "Set s3.region to the bucket's own region, and sign anew."))
        }
        check(credential, time, &explanation)
    }

    private func life(_ time: SigningTime, _ explanation: inout Explanation) {
        guard let seconds = DecimalDigits.value(of: url.expires), (1...604_800).contains(seconds) else {
            explanation.causes.append(
                Cause(
                    .expired, "X-Amz-Expires is \(Printable.quoted(url.expires)), not 1 to 604800 seconds.",
                    mending: "Set rules.expires_after to at most 604800, and ask for the URL anew."))
            return
        }
        let end = time.secondsSince1970 + Int64(seconds)
        if now > end {
            explanation.causes.append(
                Cause(
                    .expired,
                    "The URL was good for \(Span.text(Int64(seconds))) and ended \(Span.text(now - end)) "
                        + "ago.",
                    mending: "Ask for a new URL just before the upload, or raise rules.expires_after."))
        } else if time.secondsSince1970 > now + 900 {
            explanation.causes.append(
                Cause(
                    .clock,
                    "The URL is signed for a time \(Span.text(time.secondsSince1970 - now)) ahead of this "
                        + "machine's.",
                    mending: "Set the clock of whoever signed (timedatectl set-ntp true)."))
        } else {
            explanation.remarks.append("It is good for \(Span.text(end - now)) more.")
        }
    }

    private func check(_ credential: Credential, _ time: SigningTime, _ explanation: inout Explanation) {
        let known = Self.methods.compactMap { url.request($0, headers) }
        guard let first = known.first else {
            let names = url.names.map(\.description).filter { $0 != "host" }.joined(separator: ", ")
            explanation.remarks.append(
                "The client must send these headers as they were signed: \(names); with --header their values can "
                    + "be checked.")
            return
        }
        let mismatch = { (request: ReceivedRequest) in
            SignatureMismatch(
                received: request, signature: url.signature, credential: credential, time: time, desk: desk)
        }
        if let right = known.first(where: { mismatch($0).isRight($0) }) {
            explanation.remarks.append("The signature is right for \(right.method) with this configuration's key.")
            return unsignedHeaders(&explanation)
        }
        var best = Explanation(subject: "")
        for request in known {
            var one = Explanation(subject: "")
            mismatch(request).explain(&one)
            if best.causes.isEmpty { best = one }
            // A cause that only another method would need is none.
            if let cause = one.causes.first, cause.isCertain, cause.name != .method {
                best = one
                break
            }
        }
        if best.causes.first?.name == .method {
            mismatch(first).explain(&best)
        }
        explanation.causes += best.causes
        explanation.difference = best.difference
    }

    /// S3 refuses `x-amz-` headers that are sent but not signed.
    private func unsignedHeaders(_ explanation: inout Explanation) {
        for header in headers where header.lowercasedName.begins(with: "x-amz-") {
            guard !url.names.contains(header.lowercasedName) else { continue }
            explanation.causes.append(
                Cause(
                    .headerAdded, "The client sends \(header.name), which is not signed; S3 refuses such a request.",
                    mending: "Send exactly the headers that came with the URL."))
        }
    }
}

/// Lengths of time for people.
enum Span {
    static func text(_ seconds: Int64) -> String {
        switch seconds {
        case ..<120: "\(seconds) seconds"
        case ..<7200: "\(seconds / 60) minutes"
        case ..<172_800: "\(seconds / 3600) hours"
        default: "\(seconds / 86_400) days"
        }
    }
}
