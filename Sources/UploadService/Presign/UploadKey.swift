internal import S3Authorization

extension Site {
    /// A key that we choose: by the template of `[uploads]`, else the owner's prefix, a UUID and the file's name.
    func uploadKey(of owner: KeyPrefix, fileName: ByteString, at time: SigningTime, uuid: ByteString) -> ByteString {
        guard let template = uploads?.template else {
            return ByteString(owner.text.bytes + uuid.bytes + "/".utf8 + FileName.plain(fileName).bytes)
        }
        return template.key(prefix: owner, fileName: fileName, time: time, uuid: uuid)
    }
}
