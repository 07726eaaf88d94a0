internal import S3Authorization

extension Suspicion {
    /// Paths that were encoded in another way, or that a proxy cut, lengthened or cleaned up.
    static func paths(_ received: ReceivedRequest, _ desk: Desk) -> [Suspicion] {
        var suspicions: [Suspicion] = []
        func suspect(_ name: Cause.Name, _ path: ByteString, _ what: String, mending: String) {
            guard path != received.path else { return }
            var request = received
            request.path = path
            suspicions.append(
                Suspicion(
                    name,
                    "Signed for the path \(Printable.quoted(path)), but S3 received "
                        + "\(Printable.quoted(received.path)): \(what).",
                    mending: mending, request))
        }
        let once = "Encode each byte of the key once, before signing, and send the URL as it was signed."
        if let decoded = try? PercentEncoding.decode(received.path) {
            suspect(.encoding, decoded, "it was signed without encoding", mending: once)
            let encoded = PercentEncoding.encode(decoded, keepingSlash: true)
            suspect(.encoding, encoded, "other characters were encoded than S3 wants", mending: once)
            suspect(
                .encoding, encoded.replacing("%20", by: "+"), "a space was written as a plus sign", mending: once)
            suspect(.encoding, encoded.replacing("+", by: "%20"), "a plus sign stands for a space", mending: once)
        }
        suspect(
            .encoding, PercentEncoding.encode(received.path, keepingSlash: true), "it was encoded twice", mending: once)
        suspect(
            .encoding, received.path.lowercasingEscapes, "the escapes were written in small letters", mending: once)
        let plain =
            "Let the proxy before S3 pass the path on untouched (nginx: proxy_pass without a path, "
            + "merge_slashes off)."
        for endpoint in [desk.publicEndpoint, desk.endpoint] where !endpoint.basePath.isEmpty {
            let longer = ByteString(endpoint.basePath.bytes + received.path.bytes)
            suspect(.path, longer, "a proxy took \(endpoint.basePath) away", mending: plain)
        }
        let slashes = received.path.bytes.indices.filter { received.path.bytes[$0] == UInt8(ascii: "/") }
        for slash in slashes.prefix(32) {
            let bytes = received.path.bytes
            let doubled = ByteString(Array(bytes[..<slash]) + [UInt8(ascii: "/")] + Array(bytes[slash...]))
            suspect(.path, doubled, "a proxy made one slash of two", mending: plain)
        }
        return suspicions
    }

    /// Parameters that were added or written in another way.
    static func queries(_ received: ReceivedRequest) -> [Suspicion] {
        guard !received.query.isEmpty else { return [] }
        var suspicions: [Suspicion] = []
        func suspect(_ name: Cause.Name, _ query: ByteString, _ what: String, mending: String) {
            guard query != received.query else { return }
            var request = received
            request.query = query
            suspicions.append(Suspicion(name, what, mending: mending, request))
        }
        let pairs = received.query.bytes.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false)
        for (index, pair) in pairs.enumerated() {
            let name = ByteString(pair.prefix { $0 != UInt8(ascii: "=") })
            var others = pairs
            others.remove(at: index)
            suspect(
                .query, ByteString(Array(others.joined(separator: [UInt8(ascii: "&")]))),
                "The query parameter \(name) was added after signing.",
                mending: "Send the URL as it was signed, without \(name).")
        }
        let encode = "Encode the query as S3 does: %20 for a space, names sorted, an equals sign after each."
        suspect(
            .encoding, received.query.replacing("%20", by: "+"), "A space in the query was signed as a plus sign.",
            mending: encode)
        suspect(
            .encoding, received.query.replacing("%2F", by: "/"), "A slash in the query was signed without encoding.",
            mending: encode)
        if let parameters = received.parameters {
            suspect(
                .encoding, CanonicalQuery(parameters).text, "The query reached S3 in another spelling than was signed.",
                mending: encode)
        }
        return suspicions
    }
}

extension ByteString {
    func replacing(_ old: StaticString, by new: StaticString) -> ByteString {
        var output: [UInt8] = []
        var rest = self
        while let first = rest.bytes.first {
            if rest.begins(with: old) {
                output += ByteString("\(new)").bytes
                rest = rest.dropFirst(old.utf8CodeUnitCount)
            } else {
                output.append(first)
                rest = rest.dropFirst(1)
            }
        }
        return ByteString(output)
    }

    /// `%2F` as `%2f`.
    fileprivate var lowercasingEscapes: ByteString {
        var output = Array(bytes)
        for index in output.indices where output[index] == UInt8(ascii: "%") && index + 2 < output.count {
            for digit in [index + 1, index + 2]
            where output[digit] >= UInt8(ascii: "A") && output[digit] <= UInt8(ascii: "F") {
                output[digit] |= 0x20
            }
        }
        return ByteString(output)
    }
}
