internal import S3Authorization

/// The web services that hand out credentials: one bounded request, tried again where that may help.
struct CredentialsService: Sendable {
    static let tries = 3

    let transport: any Transport
    let surroundings: S3Surroundings
    /// What it is called in the log.
    let name: String

    /// The body of a 200.
    func body(of request: HTTPRequest, until deadline: Deadline) throws(CredentialsError) -> [UInt8] {
        var number = 1
        while true {
            let isWorthwhile: Bool
            let problem: String
            do throws(TransportError) {
                let answer = try transport.exchange(request, until: deadline)
                if answer.status == 200 { return answer.body }
                isWorthwhile = answer.status >= 500 || answer.status == 429
                problem = "\(name) answers \(answer.status)\(Self.code(answer))"
            } catch {
                isWorthwhile = error != .answerTooLarge
                problem = "\(name): \(S3Error(error))"
            }
            let random = surroundings.random(8).reduce(0) { $0 << 8 | UInt64($1) }
            let pause = RetryPolicy().pause(after: number, retryAfter: nil, random: random)
            guard isWorthwhile, number < Self.tries, pause < deadline.remaining(at: surroundings.stopwatch()) else {
                throw .unavailable(problem)
            }
            surroundings.sleep(pause)
            number += 1
        }
    }

    /// STS says why in XML: https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
    private static func code(_ answer: HTTPAnswer) -> String {
        guard let root = try? XMLElement(parsing: answer.body), let error = root.all("Error").first,
            let code = error.text(of: "Code"), code.count <= 64,
            code.bytes.allSatisfy({ 0x21...0x7e ~= $0 })
        else { return "" }
        return " \(code)"
    }

    /// `{"AccessKeyId": …, "SecretAccessKey": …, "Token": …, "Expiration": …}`, with other members beside them.
    func credentials(inJSON body: [UInt8]) throws(CredentialsError) -> Credentials {
        var values: [ByteString: ByteString] = [:]
        do throws(JSONError) {
            var reader = JSONReader(body)
            var object = try reader.beginObject()
            while let name = try reader.nextMember(in: &object) {
                if try reader.peek() == .string {
                    values[name] = try reader.readString()
                } else {
                    try reader.readValue()
                }
            }
            try reader.end()
        } catch {
            throw .malformed("the answer of \(self.name)")
        }
        if let code = values["Code"], code != "Success" { throw .unavailable("\(self.name) has none for this role") }
        return try credentials(
            id: values["AccessKeyId"], secret: values["SecretAccessKey"], token: values["Token"],
            expiration: values["Expiration"])
    }

    /// Without a fraction: Amazon writes none, Ceph's gateway nine digits.
    private static func inSeconds(_ time: ByteString) -> ByteString {
        guard let point = time.bytes.firstIndex(of: UInt8(ascii: ".")), time.bytes.last == UInt8(ascii: "Z") else {
            return time
        }
        let fraction = time.bytes[(point + 1)...].dropLast()
        let isFraction = (1...9).contains(fraction.count) && fraction.allSatisfy { 0x30...0x39 ~= $0 }
        return isFraction ? ByteString(Array(time.bytes[..<point]) + [UInt8(ascii: "Z")]) : time
    }

    func credentials(
        id: ByteString?, secret: ByteString?, token: ByteString?, expiration: ByteString?
    ) throws(CredentialsError) -> Credentials {
        guard let id, let secret, !id.isEmpty, !secret.isEmpty, [id, secret, token ?? ""].allSatisfy(\.isVisibleASCII)
        else { throw .malformed("the answer of \(name)") }
        var end: SigningTime?
        if let expiration {
            guard let time = try? SigningTime(parsing: Self.inSeconds(expiration), as: .extended) else {
                throw .malformed("the expiration in the answer of \(name)")
            }
            end = time
        }
        return Credentials(
            accessKeyID: id, secret: Secret(Array(secret.bytes)), sessionToken: token, expiration: end)
    }
}
