internal import CMagic
internal import S3Authorization

/// One cookie of libmagic with its database; one thread at a time.
///
/// <https://man7.org/linux/man-pages/man3/libmagic.3.html>
@safe final class MagicCookie: @unchecked Sendable {
    private let cookie: UnsafeMutableRawPointer

    /// Throws where libmagic or its database cannot be loaded.
    init() throws(InspectionError) {
        if let problem = unsafe countersign_magic_load() { throw unsafe .library(String(cString: problem)) }
        var problem = [CChar](repeating: 0, count: 256)
        guard let cookie = unsafe countersign_magic_open(&problem, problem.count) else {
            let text = problem.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            throw .library(String(decoding: text, as: UTF8.self))
        }
        unsafe self.cookie = unsafe cookie
    }

    deinit {
        unsafe countersign_magic_close(cookie)
    }

    /// What libmagic calls the type of these bytes.
    func type(of bytes: ArraySlice<UInt8>) throws(InspectionError) -> ByteString {
        let text = unsafe bytes.withUnsafeBytes { bytes in
            unsafe countersign_magic_buffer(cookie, bytes.baseAddress, bytes.count).map { unsafe String(cString: $0) }
        }
        if let text { return ByteString(text) }
        let reason = unsafe countersign_magic_error(cookie).map { unsafe String(cString: $0) }
        throw .failed(reason ?? "libmagic says nothing")
    }
}
