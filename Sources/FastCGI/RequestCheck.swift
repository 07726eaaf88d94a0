/// What must hold before a handler sees a request, however it came.
struct RequestCheck: Sendable {
    /// Parameters that something is decided by; each may come twice only with the same value.
    private let trusted: [(name: String, bytes: [UInt8])]

    init(trusted: [String]) {
        self.trusted = trusted.map { ($0, Array($0.utf8)) }
    }

    func parameters(_ parameters: Parameters) throws(Refusal) {
        guard let method = parameters["REQUEST_METHOD"], !method.isEmpty else { throw .malformed(.noMethod) }
        guard method.allSatisfy(\.isTokenByte) else { throw .malformed(.methodNotToken) }
        guard parameters.mayRepeat else { return }
        for (name, bytes) in trusted where parameters.isContradicted(bytes) {
            throw .malformed(.contradiction(name))
        }
    }

    func length(_ length: ContentLength, received: Int) throws(Refusal) {
        switch length {
        case .invalid: throw .malformed(.contentLength)
        case .missing where received > 0: throw .lengthRequired
        case .missing: break
        case .bytes(let declared) where declared > received:
            throw .malformed(.bodyShorter(declared: declared, received: received))
        case .bytes(let declared) where declared < received:
            throw .malformed(.bodyLonger(declared: declared, received: received))
        case .bytes: break
        }
    }
}

extension Parameters {
    /// HEAD is answered without a body: RFC 9110, section 9.3.2, <https://www.rfc-editor.org/rfc/rfc9110#section-9.3.2>.
    var isHead: Bool {
        guard let method = self["REQUEST_METHOD"], method.count == 4 else { return false }
        return method.elementsEqual("HEAD".utf8)
    }
}
