internal import S3Authorization

/// A form's name in PHP's brackets: `user[tags][0]` is `user`, then `tags`, then `0`.
///
/// <https://www.php.net/manual/en/language.variables.external.php>. What is no such name, as `a[b`, `[a]` or `a[b]c`,
/// stands for itself.
struct BracketedName: Equatable {
    let root: ByteString
    /// What stands in the brackets; an empty one is the next element of an array.
    let brackets: [ByteString]

    /// Nil for a name with more than `limit` brackets.
    init?(_ name: ByteString, limit: Int) {
        let bytes = name.bytes
        var brackets: [ByteString] = []
        let root = bytes.prefix { $0 != UInt8(ascii: "[") }
        var rest = bytes[root.endIndex...]
        while rest.first == UInt8(ascii: "[") {
            let inner = rest.dropFirst().prefix { $0 != UInt8(ascii: "]") && $0 != UInt8(ascii: "[") }
            guard rest[inner.endIndex...].first == UInt8(ascii: "]") else { break }
            guard brackets.count < limit else { return nil }
            brackets.append(ByteString(inner))
            rest = rest[inner.endIndex...].dropFirst()
        }
        let isWhole = rest.isEmpty && !root.isEmpty && !root.contains(UInt8(ascii: "]"))
        self.root = isWhole ? ByteString(root) : name
        self.brackets = isWhole ? brackets : []
    }
}
