internal import S3Authorization

/// Why a signature of version 2 is not that of the string to sign as S3 made it.
struct SignatureMismatchV2 {
    let stringToSign: ByteString
    let signature: ByteString
    let keyID: ByteString
    let desk: Desk

    func explain(_ explanation: inout Explanation) {
        guard let key = desk.keys.first(where: { $0.id == keyID }) else {
            explanation.causes.append(.strangerKey(keyID, desk))
            return
        }
        let check = SignatureCheck(secret: key.secret)
        if check.holdsV2(signature, of: stringToSign) {
            explanation.causes.append(.otherSecretAtS3(key))
        } else if let (cause, text) = suspicions.first(where: { check.holdsV2(signature, of: $0.1) }) {
            explanation.causes.append(cause)
            explanation.difference = Difference("string to sign", received: stringToSign, expected: text)
        } else {
            explanation.causes.append(
                Cause(
                    .secret, isCertain: false,
                    "No change of the request that is known explains it, so whoever signed probably used another "
                        + "secret "
                        + "than \(key.section).secret_access_key.",
                    mending: "Make sure that the secret is the one of \(key.id), whole and without spaces, and "
                        + "restart the "
                        + "running program if it was changed."))
        }
    }

    /// Method, MD5, type and date, then the `x-amz-` headers, then the resource.
    private var suspicions: [(Cause, ByteString)] {
        let lines = stringToSign.bytes
            .split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { ByteString($0) }
        guard lines.count >= 5 else { return [] }
        var found: [(Cause, ByteString)] = []
        func suspect(_ cause: Cause, _ change: (inout [ByteString]) -> Void) {
            var changed = lines
            change(&changed)
            let text = Array(changed.map(\.bytes).joined(separator: [UInt8(ascii: "\n")]))
            found.append((cause, ByteString(text)))
        }
        for type in Self.types(lines[2]) {
            let cause = Cause(
                .contentType,
                "Signed for the Content-Type \(Printable.quoted(type)), but sent with "
                    + "\(Printable.quoted(lines[2])).", mending: "Send the very Content-Type that was signed.")
            suspect(cause) { $0[2] = type }
        }
        for index in lines.indices.dropFirst(4).dropLast() {
            let name = ByteString(lines[index].bytes.prefix { $0 != UInt8(ascii: ":") })
            let cause = Cause(
                .headerAdded, "The header \(name) was added after signing; version 2 counts every x-amz- header.",
                mending: "Stop the client or the proxy that adds \(name), or have it signed.")
            suspect(cause) { $0.remove(at: index) }
        }
        let resource = lines[lines.count - 1]
        let bucket = ByteString([UInt8(ascii: "/")] + desk.bucket.bytes)
        let others = [
            ByteString(Array(bucket.bytes) + resource.bytes),
            resource.hasPrefix(bucket) ? resource.dropFirst(bucket.count) : "/",
        ]
        for other in others {
            let cause = Cause(
                .addressing,
                "Signed for the resource \(Printable.quoted(other)), but S3 received "
                    + "\(Printable.quoted(resource)): the bucket stands elsewhere.",
                mending: "Set s3.addressing to how the bucket is really addressed, and let the proxy pass Host on.")
            suspect(cause) { $0[lines.count - 1] = other }
        }
        let methods: [ByteString] = ["GET", "PUT", "POST", "DELETE"]
        for method in methods where method != lines[0] {
            let cause = Cause(
                .method, "Signed for \(method), but sent as \(lines[0]).",
                mending: "Send it with the method "
                    + "\(method).")
            suspect(cause) { $0[0] = method }
        }
        return found
    }

    private static func types(_ type: ByteString) -> [ByteString] {
        let plain = ByteString(type.bytes.prefix { $0 != UInt8(ascii: ";") }).trimmed
        let charsets = ["; charset=UTF-8", ";charset=UTF-8"].map { ByteString(plain.bytes + Array($0.utf8)) }
        return ([plain, "", "application/octet-stream", "binary/octet-stream"] + charsets).filter { $0 != type }
    }
}
