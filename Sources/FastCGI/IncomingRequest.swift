/// One request as it comes in, record by record, however the bytes were cut: strict framing, bounded size, no I/O.
///
/// libfcgi reads a request only from here, whole and without its parameters: so it never waits for a peer, and never meets
/// a management record, a foreign request or a length that is not true. FastCGI 1.0, section 5,
/// <https://fastcgi-archives.github.io/FastCGI_Specification.html#S5>.
struct IncomingRequest: ~Copyable {
    enum Step: Equatable {
        /// All bytes were taken; the request is not whole yet.
        case more
        case complete
        /// A management record (section 4) to be answered; the request goes on behind it.
        case management(type: UInt8, content: [UInt8])
        /// Another request begins on this connection before the end of this one.
        case multiplexed(UInt16)
        case refused(Refusal)
        case broken(Event)
    }

    private enum Phase { case begin, params, stdin }
    private enum Sink { case begin, params, stdin, management, nothing }

    private let limits: Limits
    private(set) var id: UInt16 = 0
    private(set) var keepsConnection = false
    /// None before they are whole, and none of a request with a `flaw`.
    private(set) var parameters = Parameters()
    private(set) var body: [UInt8] = []
    private(set) var contentLength = ContentLength.missing
    /// The request is answered, its parameters are not used.
    private(set) var flaw: Malformation?

    private var params: [UInt8] = []
    private var phase = Phase.begin
    private var sink = Sink.nothing
    private var header: UInt64 = 0
    private var headerLength = 0
    private var contentLeft = 0
    private var paddingLeft = 0
    private var recordLength = 0
    private var inRecord = false
    private var type: UInt8 = 0
    private var scrap: [UInt8] = []
    private var managementRecords = 0

    init(limits: Limits) { self.limits = limits }

    /// Whether no byte of a request has come yet.
    var isUntouched: Bool { phase == .begin && !inRecord && headerLength == 0 && managementRecords == 0 }

    /// Whether all parameters are there.
    var hasParameters: Bool { phase == .stdin && flaw == nil }

    mutating func reset() {
        id = 0
        keepsConnection = false
        phase = .begin
        if params.capacity == 0 { params = parameters.recycle() }
        parameters = Parameters()
        contentLength = .missing
        flaw = nil
        managementRecords = 0
        if params.capacity + body.capacity > 32 * 1024 {
            params = []
            body = []
        } else {
            params.removeAll(keepingCapacity: true)
            body.removeAll(keepingCapacity: true)
        }
    }

    /// Takes bytes from `offset` on, up to the next thing that somebody must act on.
    mutating func consume(_ bytes: UnsafeBufferPointer<UInt8>, _ offset: inout Int) -> Step {
        while true {
            if !inRecord {
                if headerLength == 0, bytes.count - offset >= Record.headerLength {
                    let word = unsafe UnsafeRawBufferPointer(bytes).loadUnaligned(
                        fromByteOffset: offset, as: UInt64.self)
                    header = UInt64(bigEndian: word)
                    headerLength = Record.headerLength
                    offset += Record.headerLength
                    if header >> 56 != 1 { return .broken(.notFastCGI) }
                }
                while headerLength < Record.headerLength {
                    guard offset < bytes.count else { return .more }
                    header = unsafe header << 8 | UInt64(bytes[offset])
                    headerLength += 1
                    offset += 1
                    if headerLength == 1, header != 1 { return .broken(.notFastCGI) }
                }
                let fields = Record.Header(header)
                header = 0
                headerLength = 0
                if let step = begin(fields) { return step }
                inRecord = true
            }
            unsafe take(bytes, &offset)
            guard contentLeft == 0, paddingLeft == 0 else { return .more }
            inRecord = false
            if let step = end() { return step }
        }
    }

    private mutating func take(_ bytes: UnsafeBufferPointer<UInt8>, _ offset: inout Int) {
        let count = min(contentLeft, bytes.count - offset)
        if count > 0 {
            let content = unsafe UnsafeBufferPointer(rebasing: bytes[offset..<(offset + count)])
            switch sink {
            case .params: unsafe params.append(contentsOf: content)
            case .stdin: unsafe body.append(contentsOf: content)
            case .begin, .management: unsafe scrap.append(contentsOf: content)
            case .nothing: break
            }
            contentLeft -= count
            offset += count
        }
        let padding = min(paddingLeft, bytes.count - offset)
        paddingLeft -= padding
        offset += padding
    }

    /// Where the record's content goes, or what to do at once.
    private mutating func begin(_ header: Record.Header) -> Step? {
        type = header.type
        contentLeft = header.contentLength
        recordLength = header.contentLength
        paddingLeft = header.paddingLength
        let kind = Record.Kind(rawValue: header.type)
        guard header.requestID != 0 else {
            guard kind != .beginRequest else { return .broken(.brokenRecord) }
            managementRecords += 1
            guard managementRecords <= 16, contentLeft <= 1024 else { return .broken(.managementFlood) }
            scrap.removeAll(keepingCapacity: true)
            sink = .management
            return nil
        }
        if phase != .begin, header.requestID != id {
            sink = .nothing
            guard kind == .beginRequest else { return nil }
            inRecord = true
            return .multiplexed(header.requestID)
        }
        switch (phase, kind) {
        case (.begin, .beginRequest) where contentLeft == 8:
            id = header.requestID
            scrap.removeAll(keepingCapacity: true)
            sink = .begin
        case (.params, .params):
            sink = .params
            guard params.count + contentLeft <= limits.parameters else {
                return .refused(.parametersTooLarge(limit: limits.parameters))
            }
        case (.stdin, .stdin):
            sink = .stdin
            guard body.count + contentLeft <= limits.body else { return .refused(.bodyTooLarge(limit: limits.body)) }
        case (_, .abortRequest): return .broken(.cutOff)
        default: return .broken(.brokenRecord)
        }
        return nil
    }

    private mutating func end() -> Step? {
        switch sink {
        case .begin:
            let role = Int(scrap[0]) << 8 | Int(scrap[1])
            keepsConnection = scrap[2] & Record.keepConnection != 0
            phase = .params
            return role == Record.Role.responder ? nil : .broken(.unsupportedRole(role))
        case .params where recordLength == 0: return endParams()
        case .stdin where recordLength == 0: return .complete
        case .params, .stdin, .nothing: return nil
        case .management: return .management(type: type, content: scrap)
        }
    }

    private mutating func endParams() -> Step? {
        phase = .stdin
        do throws(Parameters.Unreadable) {
            parameters = try Parameters(taking: &params)
        } catch {
            switch error {
            case .broken: return .broken(.brokenRecord)
            case .malformed(let malformation): flaw = malformation
            }
            return nil
        }
        contentLength = ContentLength(parameters["CONTENT_LENGTH"])
        if case .bytes(let count) = contentLength, count > limits.body {
            return .refused(.bodyTooLarge(limit: limits.body))
        }
        return nil
    }
}
