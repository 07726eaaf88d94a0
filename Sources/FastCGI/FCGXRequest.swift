import CFastCGI
import Glibc

/// One worker's FCGX_Request: libfcgi parses a request out of memory, and writes the answer to the peer's socket.
///
/// Its reads and writes both go to `ipcFd`; this points at a memory file holding one whole, validated request while libfcgi
/// reads, and at the socket while it writes. libfcgi therefore never waits for a request, and never closes a socket of
/// ours. It lies on the heap because libfcgi's streams keep its address.
@safe struct FCGXRequest: ~Copyable {
    private let request: UnsafeMutablePointer<FCGX_Request>
    private var memory: Int32 = -1
    private var length = 0

    init() {
        unsafe request = .allocate(capacity: 1)
        unsafe request.initialize(to: FCGX_Request())
        unsafe FCGX_InitRequest(request, -1, 0)
    }

    deinit {
        unsafe request.deallocate()
        if memory >= 0 { close(memory) }
    }

    /// Has libfcgi parse the records of one request; nil where it could not.
    mutating func accept(_ records: [UInt8], answeringOn socket: Int32) -> Exchange? {
        guard store(records) else { return nil }
        unsafe request.pointee.ipcFd = memory
        unsafe request.pointee.keepConnection = 1
        guard unsafe FCGX_Accept_r(request) == 0 else {
            // It has closed the memory file, and failed to accept a connection in its place.
            memory = -1
            unsafe request.pointee.ipcFd = -1
            return nil
        }
        let exchange = unsafe Exchange(request, socket)
        guard unsafe FCGX_GetError(request.pointee.in) == 0 else { return nil }
        return exchange
    }

    /// Makes the memory file hold these bytes and no others, ready to be read from the first.
    private mutating func store(_ bytes: [UInt8]) -> Bool {
        if memory < 0 {
            memory = countersign_memory()
            length = 0
        }
        guard memory >= 0 else { return false }
        if bytes.count < length, ftruncate(memory, bytes.count) != 0 { return false }
        length = bytes.count
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { bytes in
                unsafe pwrite(memory, bytes.baseAddress?.advanced(by: written), bytes.count - written, written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            written += count
        }
        return lseek(memory, 0, SEEK_SET) == 0
    }
}
