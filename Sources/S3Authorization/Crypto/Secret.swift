import COpenSSL

/// Secret bytes: wiped from memory with their last holder, redacted wherever they might be printed.
///
/// A copy is the same secret; two secrets made from the same bytes are equal but not identical.
public struct Secret: Sendable, Redacted {
    private let storage: SecretStorage

    /// Copies the bytes; wiping the array that they came in is up to its owner.
    public init(_ bytes: [UInt8]) {
        storage = SecretStorage(bytes)
    }

    /// Copies the string's UTF-8.
    public init(_ string: String) {
        self.init(Array(string.utf8))
    }

    /// Whether there is no byte in it.
    public var isEmpty: Bool { storage.count == 0 }

    /// Lends the bytes, after `prefix`, for as long as the call lasts; the joined copy is wiped.
    package func withBytes<Result>(after prefix: StaticString = "", _ body: (Span<UInt8>) -> Result) -> Result {
        storage.withBytes(after: prefix, body)
    }

    /// Whether both are one secret, not merely equal: what a cache may ask without looking at any byte.
    package func isIdentical(to other: Secret) -> Bool {
        storage === other.storage
    }
}

extension Secret: Equatable {
    /// Whether both have the same bytes, in a time that tells their lengths only.
    public static func == (left: Secret, right: Secret) -> Bool {
        left.withBytes { left in
            right.withBytes { right in
                ConstantTime.areEqual(left, right)
            }
        }
    }
}

@safe private final class SecretStorage: Sendable {
    let count: Int
    nonisolated(unsafe) private let buffer: UnsafeMutableBufferPointer<UInt8>

    init(_ bytes: [UInt8]) {
        count = bytes.count
        unsafe buffer = UnsafeMutableBufferPointer.allocate(capacity: bytes.count)
        _ = unsafe buffer.initialize(from: bytes)
    }

    deinit {
        unsafe OPENSSL_cleanse(buffer.baseAddress, count)
        unsafe buffer.deallocate()
    }

    func withBytes<Result>(after prefix: StaticString, _ body: (Span<UInt8>) -> Result) -> Result {
        let length = prefix.utf8CodeUnitCount
        if length == 0 {
            return unsafe body(Span(_unsafeElements: UnsafeBufferPointer(buffer)))
        }
        return unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: length + count) { joined in
            for index in 0..<length {
                unsafe joined.initializeElement(at: index, to: prefix.utf8Start[index])
            }
            for index in 0..<count {
                unsafe joined.initializeElement(at: length + index, to: buffer[index])
            }
            defer { unsafe OPENSSL_cleanse(joined.baseAddress, joined.count) }
            return unsafe body(Span(_unsafeElements: UnsafeBufferPointer(joined)))
        }
    }
}
