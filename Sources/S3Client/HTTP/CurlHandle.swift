internal import CCurl
internal import S3Authorization

/// One easy handle of libcurl with the connections it keeps; one thread at a time.
@safe final class CurlHandle: @unchecked Sendable {
    private let handle: UnsafeMutableRawPointer
    private let message: UnsafeMutablePointer<CChar>
    private var list: UnsafeMutablePointer<curl_slist>?
    private var refused: CURLcode?

    /// Throws where libcurl cannot be loaded.
    init() throws(TransportError) {
        if let problem = unsafe countersign_curl_load() { throw unsafe .library(String(cString: problem)) }
        guard let handle = unsafe countersign_curl_init() else { throw .library("libcurl has no memory") }
        unsafe self.handle = unsafe handle
        unsafe message = .allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe message.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        unsafe countersign_curl_cleanup(handle)
        unsafe message.deallocate()
    }

    func set(_ option: CURLoption, _ value: Int) {
        note(unsafe countersign_curl_set_long(handle, option, value))
    }

    /// libcurl keeps a copy.
    func set(_ option: CURLoption, _ text: String) {
        unsafe note(text.withCString { unsafe countersign_curl_set_pointer(handle, option, $0) })
    }

    /// For an option that an older libcurl may lack and that can be done without.
    func setIfKnown(_ option: CURLoption, _ value: Int) {
        _ = unsafe countersign_curl_set_long(handle, option, value)
    }

    func add(header line: ByteString) {
        guard !line.bytes.contains(where: { $0 == 0 || $0 == 0x0a }) else { return note(CURLE_BAD_FUNCTION_ARGUMENT) }
        // libcurl keeps a copy.
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: line.count + 1) { text in
            let end = unsafe text.initialize(fromContentsOf: line.bytes)
            unsafe text.initializeElement(at: end, to: 0)
            unsafe text.withMemoryRebound(to: CChar.self) { text in
                unsafe append(countersign_curl_append(list, text.baseAddress))
            }
        }
    }

    private func append(_ longer: UnsafeMutablePointer<curl_slist>?) {
        guard let longer = unsafe longer else { return note(CURLE_OUT_OF_MEMORY) }
        unsafe list = longer
    }

    /// Performs with all that was set, then forgets it; `answer` has what came.
    func perform(body: [UInt8]?, into answer: CurlAnswer) throws(TransportError) -> (code: CURLcode, text: String) {
        defer {
            unsafe countersign_curl_reset(handle)
            unsafe countersign_curl_free_list(list)
            unsafe list = nil
            refused = nil
        }
        let context = unsafe Unmanaged.passUnretained(answer).toOpaque()
        note(unsafe countersign_curl_restrict(handle))
        note(unsafe countersign_curl_set_write(handle, Self.writeBody, context))
        note(unsafe countersign_curl_set_header(handle, Self.writeHeader, context))
        note(unsafe countersign_curl_set_progress(handle, Self.progress, context))
        note(unsafe countersign_curl_set_pointer(handle, CURLOPT_HTTPHEADER, list))
        unsafe message[0] = 0
        note(unsafe countersign_curl_set_pointer(handle, CURLOPT_ERRORBUFFER, message))
        let code =
            if let body {
                unsafe body.withUnsafeBytes { bytes in
                    note(unsafe countersign_curl_set_offset(handle, CURLOPT_POSTFIELDSIZE_LARGE, Int(bytes.count)))
                    // A null pointer would ask for a read function.
                    return unsafe "".withCString { empty in
                        let start = unsafe bytes.baseAddress ?? UnsafeRawPointer(empty)
                        note(unsafe countersign_curl_set_pointer(handle, CURLOPT_POSTFIELDS, start))
                        return run(answer)
                    }
                }
            } else {
                run(answer)
            }
        if let refused { throw .library("libcurl refuses an option: \(Self.text(refused))") }
        let text = unsafe String(cString: message)
        return (code, text.isEmpty ? Self.text(code) : text)
    }

    private func run(_ answer: CurlAnswer) -> CURLcode {
        guard refused == nil else { return CURLE_OK }
        return withExtendedLifetime(answer) { unsafe countersign_curl_perform(handle) }
    }

    private func note(_ code: CURLcode) {
        if code != CURLE_OK, refused == nil { refused = code }
    }

    private static func text(_ code: CURLcode) -> String {
        unsafe countersign_curl_strerror(code).map { unsafe String(cString: $0) } ?? "error \(code.rawValue)"
    }

    private static let writeBody: curl_write_callback = { start, size, count, context in
        guard let context = unsafe context else { return 0 }
        let answer = unsafe Unmanaged<CurlAnswer>.fromOpaque(context).takeUnretainedValue()
        let length = size * count
        return unsafe answer.takeBody(UnsafeRawBufferPointer(start: start, count: length)) ? length : 0
    }

    private static let writeHeader: curl_write_callback = { start, size, count, context in
        guard let context = unsafe context else { return 0 }
        let answer = unsafe Unmanaged<CurlAnswer>.fromOpaque(context).takeUnretainedValue()
        let length = size * count
        let line = unsafe Array(UnsafeRawBufferPointer(start: start, count: length))
        return answer.takeHeader(line[...]) ? length : 0
    }

    private static let progress: curl_xferinfo_callback = { context, _, _, _, _ in
        guard let context = unsafe context else { return 1 }
        let answer = unsafe Unmanaged<CurlAnswer>.fromOpaque(context).takeUnretainedValue()
        return answer.status == 0 && answer.isLate() ? 1 : 0
    }
}
