internal import S3Authorization

/// What somebody may have signed instead of what S3 received, and what that would mean.
///
/// It is proved where the signature turns out to be that of `request`.
struct Suspicion {
    let name: Cause.Name
    let message: String
    let mending: String
    let request: ReceivedRequest

    init(_ name: Cause.Name, _ message: String, mending: String, _ request: ReceivedRequest) {
        self.name = name
        self.message = message
        self.mending = mending
        self.request = request
    }

    var cause: Cause { Cause(name, message, mending: mending) }

    /// Everything that is known to happen to a request between its signing and S3, the commonest first.
    static func all(of received: ReceivedRequest, at desk: Desk) -> [Suspicion] {
        hosts(received, desk) + headers(received) + paths(received, desk) + queries(received) + methods(received)
            + payloads(received)
    }

    /// The hosts that this configuration signs for, and the request's own with and without a port.
    private static func hosts(_ received: ReceivedRequest, _ desk: Desk) -> [Suspicion] {
        let name: ByteString = "host"
        guard let host = received.value("host") else { return [] }
        var suspicions: [Suspicion] = []
        for endpoint in [desk.publicEndpoint, desk.endpoint] {
            for addressing in [desk.addressing, .path, .virtual] {
                let ours = endpoint.host(bucket: desk.bucket, addressing: addressing)
                guard ours != host else { continue }
                suspicions.append(
                    Suspicion(
                        .host, "Signed for the host \(ours), but it reached S3 with the host \(host).",
                        mending: hostMending, received.with(name, ours)))
                guard let moved = received.moved(to: endpoint, addressing, desk.bucket) else { continue }
                suspicions.append(
                    Suspicion(
                        .addressing,
                        "Signed with the bucket \(addressing == .path ? "in the path" : "before the host") "
                            + "(\(ours)\(moved.path)), but sent to \(host)\(received.path).",
                        mending: "Set s3.addressing to how the bucket is really addressed, \"path\" or \"virtual\", "
                            + "and "
                            + "let clients use the endpoint of GET prefix.", moved))
            }
        }
        let bare = ByteString(host.bytes.prefix { $0 != UInt8(ascii: ":") })
        for other in bare == host ? [":80", ":443"].map({ ByteString(bare.bytes + $0.utf8) }) : [bare] {
            suspicions.append(
                Suspicion(
                    .host, "Signed for the host \(other), but it reached S3 with the host \(host).",
                    mending: hostMending, received.with(name, other)))
        }
        return suspicions
    }

    private static let hostMending =
        "Let the proxy before S3 pass the client's Host on (nginx: proxy_set_header Host $http_host), or set "
        + "s3.public_endpoint to the host under which S3 really receives it."

    private static func methods(_ received: ReceivedRequest) -> [Suspicion] {
        let all: [ByteString] = ["GET", "PUT", "POST", "HEAD", "DELETE"]
        return all.filter { $0 != received.method }.map { method in
            var request = received
            request.method = method
            return Suspicion(
                .method, "Signed for \(method), but sent as \(received.method).",
                mending: "Send it with the method \(method).", request)
        }
    }

    private static func payloads(_ received: ReceivedRequest) -> [Suspicion] {
        let all: [(ByteString, String)] = [
            (PayloadHash.unsigned.text, "no body (UNSIGNED-PAYLOAD)"), (PayloadHash.empty.text, "an empty body"),
        ]
        return all.filter { $0.0 != received.payloadHash }.map { hash, what in
            var request = received.with("x-amz-content-sha256", hash)
            request.payloadHash = hash
            return Suspicion(
                .payload, "Signed for \(what), but S3 counted another.",
                mending: "Send x-amz-content-sha256 as it was signed, and the body that it belongs to.", request)
        }
    }
}

extension ReceivedRequest {
    /// The same object as another addressing asks for it; nil where that is no other request.
    fileprivate func moved(to endpoint: Endpoint, _ addressing: Addressing, _ bucket: ByteString) -> ReceivedRequest? {
        guard let decoded = try? PercentEncoding.decode(path) else { return nil }
        let inPath = ByteString([UInt8(ascii: "/")] + bucket.bytes + [UInt8(ascii: "/")])
        let key = decoded.hasPrefix(inPath) ? decoded.dropFirst(inPath.count) : decoded.dropFirst(1)
        var request = with("host", endpoint.host(bucket: bucket, addressing: addressing))
        request.path = endpoint.path(bucket: bucket, key: key, addressing: addressing)
        return request.path == path ? nil : request
    }
}
