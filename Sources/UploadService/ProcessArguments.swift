internal import CSpawn
internal import Glibc

/// What the process was told on its command line, the program's name left out.
package enum ProcessArguments {
    /// Nil where one is not UTF-8: repaired, it would be another.
    package static func all() -> [String]? {
        var words: [String] = []
        for bytes in bytes() {
            guard let word = String(validating: bytes, as: UTF8.self) else { return nil }
            words.append(word)
        }
        return words
    }

    package static func bytes() -> [[UInt8]] {
        var words: [[UInt8]] = []
        guard var next = unsafe countersign_arguments() else { return words }
        while let word = unsafe next.pointee {
            words.append(unsafe Array(UnsafeRawBufferPointer(start: word, count: strlen(word))))
            unsafe next += 1
        }
        return Array(words.dropFirst())
    }
}
