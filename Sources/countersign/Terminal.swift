internal import UploadService

/// What the program says to whoever started it.
enum Terminal {
    static func say(_ text: String) {
        print(text)
    }

    static func complain(_ text: String) {
        StandardError.write(Array("countersign: \(text)".utf8))
    }
}
