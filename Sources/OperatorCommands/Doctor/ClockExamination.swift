internal import S3Authorization
internal import S3Client

/// Whether S3 answers at all, and whether both clocks say the same.
struct ClockExamination {
    let visit: Visit

    /// Whether it answers, both us and browsers.
    func run() -> Bool {
        visit.doing("asking S3 for the time")
        let isReachable = reach(visit.desk.endpoint, "endpoint", "s3.endpoint")
        guard visit.desk.publicEndpoint != visit.desk.endpoint else { return isReachable }
        return reach(visit.desk.publicEndpoint, "public_endpoint", "s3.public_endpoint") && isReachable
    }

    private func reach(_ endpoint: Endpoint, _ check: String, _ key: String) -> Bool {
        let url = endpoint.url(bucket: visit.desk.bucket, addressing: visit.desk.addressing)
        switch visit.send(HTTPRequest(url: url)) {
        case .failure(let error):
            let (message, mending) = Self.meaning(of: error, key)
            visit.fail(check, message, mending: mending)
            return false
        case .success(let answer):
            visit.ok(check, "\(url) answers")
            if check == "endpoint" { clock(answer) }
            return true
        }
    }

    private func clock(_ answer: HTTPAnswer) {
        guard let date = answer.header("date"), let theirs = try? SigningTime(parsing: date, as: .http) else {
            return visit.warn(
                "clock", "S3 does not say what time it is", mending: "Make sure that both clocks are set by NTP.")
        }
        let ahead = visit.now - theirs.secondsSince1970
        let mending = "Set the clock of the machine that is wrong (timedatectl set-ntp true)."
        let message = "this machine's clock is \(Span.text(abs(ahead))) \(ahead > 0 ? "ahead of" : "behind") S3's"
        switch abs(ahead) {
        case ..<5: visit.ok("clock", "this machine's clock and S3's agree")
        case ..<60: visit.warn("clock", message, mending: mending)
        default: visit.fail("clock", message, mending: mending)
        }
    }

    static func meaning(of error: TransportError, _ key: String) -> (String, String) {
        switch error {
        case .library(let text):
            ("libcurl cannot be used: \(text)", "Install it (apt install libcurl4).")
        case .unreachable(let text), .interrupted(let text):
            ("nobody answers: \(text)", "Set \(key) to where it answers, and let this machine reach it.")
        case .untrusted(let text):
            ("TLS fails: \(text)", "Renew the certificate, or name its authority (s3.ca_file).")
        case .timedOut: ("no answer in time", "Let this machine reach it: a firewall may drop what is sent.")
        case .badAnswer(let text): ("the answer is none: \(text)", "Look what listens at \(key).")
        case .answerTooLarge: ("the answer is too large", "Look what listens at \(key).")
        }
    }
}
