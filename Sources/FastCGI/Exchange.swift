import CFastCGI

/// A request that libfcgi has parsed and that waits for its answer: answering consumes it, so it happens once.
@safe struct Exchange: ~Copyable {
    private let request: UnsafeMutablePointer<FCGX_Request>
    private let socket: Int32

    init(_ request: UnsafeMutablePointer<FCGX_Request>, _ socket: Int32) {
        unsafe self.request = unsafe request
        self.socket = socket
    }

    deinit { unsafe Self.free(request) }

    /// FCGI_STDIN to its end; nil where it is not exactly `count` bytes.
    func body(_ count: Int) -> [UInt8]? {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: count + 1) { bytes in
            let received = unsafe FCGX_GetStr(bytes.baseAddress, Int32(clamping: count + 1), request.pointee.in)
            guard received == count, unsafe FCGX_GetError(request.pointee.in) == 0 else { return nil }
            let body = unsafe UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[..<count])
            return unsafe Array(body)
        }
    }

    /// Writes the answer and FCGI_END_REQUEST to the socket; false where not all of it could be written.
    ///
    /// As FCGX_Finish_r does it, except that the socket stays open, whatever happened.
    consuming func answer(_ bytes: [UInt8]) -> Bool {
        unsafe request.pointee.ipcFd = socket
        var whole = true
        unsafe bytes.withUnsafeBytes { bytes in
            var rest = unsafe bytes
            while whole, rest.count > 0 {
                let count = min(rest.count, 1 << 20)
                whole = unsafe FCGX_PutStr(rest.baseAddress, Int32(count), request.pointee.out) == Int32(count)
                unsafe rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
        }
        if unsafe FCGX_FClose(request.pointee.err) != 0 { whole = false }
        if unsafe FCGX_FClose(request.pointee.out) != 0 { whole = false }
        unsafe Self.free(request)
        discard self
        return whole
    }

    private static func free(_ request: UnsafeMutablePointer<FCGX_Request>) {
        unsafe FCGX_Free(request, 0)
        unsafe request.pointee.ipcFd = -1
    }
}
