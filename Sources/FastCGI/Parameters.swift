/// The CGI meta-variables of one request, as bytes.
package struct Parameters: Sendable {
    private let pairs: [(name: [UInt8], value: [UInt8])]

    package init(_ pairs: [(String, String)]) {
        self.pairs = pairs.map { (Array($0.0.utf8), Array($0.1.utf8)) }
    }

    /// The value, or nil where the web server sent none; an empty value is not nil.
    package subscript(name: StaticString) -> ArraySlice<UInt8>? {
        let wanted = Array(String(describing: name).utf8)
        return pairs.first { $0.name == wanted }?.value[...]
    }
}
