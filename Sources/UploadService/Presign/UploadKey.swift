internal import S3Authorization

/// Keys that we choose for uploads: the caller's prefix, a random UUID, and the file's name made harmless.
enum UploadKey {
    static func make(for owner: KeyPrefix, fileName: ByteString, random: [UInt8]) -> ByteString {
        var key = Array(owner.text.bytes)
        key += UUIDText.version4(random).bytes
        key.append(UInt8(ascii: "/"))
        key += FileName.plain(fileName).bytes
        return ByteString(key)
    }
}
