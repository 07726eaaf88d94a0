import Glibc

/// A file with a name of its own, replaced as a careful program does it: by a rename.
struct TemporaryFile {
    let path = "/tmp/s3client-test-\(UInt64.random(in: 0...UInt64.max))"

    init(_ text: String) {
        replace(text)
    }

    func replace(_ text: String) {
        let new = path + ".new"
        let descriptor = unsafe open(new, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        let bytes = Array(text.utf8)
        _ = unsafe write(descriptor, bytes, bytes.count)
        close(descriptor)
        unsafe rename(new, path)
    }

    func remove() {
        _ = unsafe unlink(path)
    }
}
