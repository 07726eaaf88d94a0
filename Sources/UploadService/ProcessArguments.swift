internal import CSpawn

/// What the process was told on its command line, the program's name left out.
package enum ProcessArguments {
    /// Nil where one is not UTF-8: repaired, it would be another.
    package static func all() -> [String]? {
        var words: [String] = []
        guard var next = unsafe countersign_arguments() else { return words }
        while let word = unsafe next.pointee {
            guard let text = unsafe String(validatingCString: word) else { return nil }
            words.append(text)
            unsafe next += 1
        }
        return Array(words.dropFirst())
    }
}
