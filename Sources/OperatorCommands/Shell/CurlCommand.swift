internal import S3Authorization

/// The command line with which a file is sent, for any POSIX shell, whatever its path and the fields hold.
package struct CurlCommand: Sendable {
    private let leave: UploadLeave
    private let path: ByteString
    private let user: String

    package init(_ leave: UploadLeave, path: String, user: String) {
        self.leave = leave
        // Neither an option, nor `-` and `.`, which curl takes for standard input.
        self.path = path.utf8.first == UInt8(ascii: "/") ? ByteString(path) : ByteString("./" + path)
        self.user = user
    }

    /// curl's line, and as a comment that of the completion.
    package var text: [UInt8] {
        var lines: [[UInt8]] = [Array("curl --globoff --silent --show-error --fail-with-body".utf8)]
        if leave.isForm {
            // `--form` would look for files, types and names in a value.
            lines += leave.fields.map { Self.option("--form-string", $0.name.bytes + "=".utf8 + $0.value.bytes) }
            lines.append(Array("--form 'file=@-'".utf8))
        } else {
            lines += leave.headers.map { Self.option("--header", Self.header($0)) }
            lines.append(Self.option("--upload-file", path.bytes))
        }
        lines.append(Self.option("--url", leave.url.bytes))
        var text = Array(lines.joined(separator: " \\\n    ".utf8))
        // The shell opens the file: in curl's own words for it a comma or a quote means something.
        if leave.isForm { text += Array(" < ".utf8) + ShellWord.quoted(path.bytes) }
        return text + completion
    }

    /// A line break would end the comment.
    private var completion: [UInt8] {
        guard !(Array(user.utf8) + leave.key.bytes).contains(where: { $0 < 0x20 || $0 == 0x7f }) else { return [] }
        return Array("\n# then: countersign complete --user ".utf8) + ShellWord.quoted(user.utf8)
            + Array(" -- ".utf8) + ShellWord.quoted(leave.key.bytes)
    }

    private static func option(_ name: StaticString, _ value: some Collection<UInt8>) -> [UInt8] {
        Array("\(name) ".utf8) + ShellWord.quoted(value)
    }

    /// To curl `Name:` takes a header away and `Name;` sends it empty.
    private static func header(_ field: HeaderField) -> [UInt8] {
        Array(field.name.bytes) + (field.value.trimmed.isEmpty ? Array(";".utf8) : Array(": ".utf8) + field.value.bytes)
    }
}

/// One word of a shell's command line.
enum ShellWord {
    /// Within single quotes nothing means anything but the quote itself.
    ///
    /// <https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_02_02>
    static func quoted(_ text: some Collection<UInt8>) -> [UInt8] {
        var word = [UInt8(ascii: "'")]
        for byte in text {
            if byte == UInt8(ascii: "'") { word += Array("'\\'".utf8) }
            word.append(byte)
        }
        return word + [UInt8(ascii: "'")]
    }
}
