/// One secret made into keys for several purposes, none of which tells of another: HKDF with SHA-256.
///
/// <https://www.rfc-editor.org/rfc/rfc5869#section-2>
enum HKDF {
    /// 32 bytes, the first block of the output.
    static func key(secret: Secret, salt: [UInt8], info: ByteString) -> [UInt8] {
        let extracted = secret.withBytes { HMACSHA256Key(salt).authenticationCode(for: $0) }
        return HMACSHA256Key(extracted).authenticationCode(for: ByteString(info.bytes + [1]))
    }
}
