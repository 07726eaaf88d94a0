import CFastCGI

/// One worker's FCGX_Request: libfcgi takes a request out of memory, and writes the answer to the peer's socket.
///
/// Its reads and writes both go to `ipcFd`; this stands for memory that holds one whole, validated request while libfcgi
/// reads, and is the socket while it writes. libfcgi therefore never waits for a request, and never closes a socket of
/// ours. It lies on the heap because libfcgi's streams keep its address.
@safe struct FCGXRequest: ~Copyable {
    private let request: UnsafeMutablePointer<FCGX_Request>
    private var memory = unsafe UnsafeMutableRawBufferPointer(start: nil, count: 0)

    init() {
        unsafe request = .allocate(capacity: 1)
        unsafe request.initialize(to: FCGX_Request())
        unsafe FCGX_InitRequest(request, -1, 0)
    }

    deinit {
        unsafe request.deallocate()
        unsafe memory.deallocate()
    }

    /// Has libfcgi take in the records of one request; nil where it could not.
    mutating func accept(_ records: [UInt8], answeringOn socket: Int32) -> Exchange? {
        store(records)
        unsafe request.pointee.ipcFd = Int32(countersign_lent)
        unsafe request.pointee.keepConnection = 1
        guard unsafe FCGX_Accept_r(request) == 0 else {
            // It has tried to accept a connection in place of what it could not read.
            unsafe request.pointee.ipcFd = -1
            return nil
        }
        let exchange = unsafe Exchange(request, socket)
        guard unsafe FCGX_GetError(request.pointee.in) == 0 else { return nil }
        return exchange
    }

    /// Lends the bytes from where they can stay until the next request.
    private mutating func store(_ bytes: [UInt8]) {
        if unsafe memory.count < bytes.count || memory.count > max(bytes.count, 1 << 20) {
            unsafe memory.deallocate()
            unsafe memory = .allocate(byteCount: max(bytes.count, 8192), alignment: 8)
        }
        unsafe memory.copyBytes(from: bytes)
        unsafe countersign_lend(memory.baseAddress, bytes.count)
    }

    /// Whether this libfcgi reads what it is lent; one that is bound to its own functions would not.
    static var readsMemory: Bool {
        var records: [UInt8] = []
        records.append(header: .beginRequest, id: 1, contentLength: 8)
        records.append(contentsOf: [0, UInt8(Record.Role.responder), 0, 0, 0, 0, 0, 0])
        records.append(stream: .params, id: 1, content: [])
        records.append(stream: .stdin, id: 1, content: [])
        var request = FCGXRequest()
        return request.accept(records, answeringOn: -1) != nil
    }
}
