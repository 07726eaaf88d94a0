package import S3Authorization

/// Why an answer is not the XML that S3 writes.
package enum XMLError: Error, Equatable {
    case notUTF8
    case unexpectedEnd
    case syntax(at: Int)
    /// A reference that nobody declared.
    case entity(at: Int)
    /// An end without its start, or text outside the one root.
    case structure
    case tooDeep
    case tooMany
}

/// One element of an answer, with its text or its elements.
package struct XMLElement: Equatable {
    static let maximumDepth = 8
    static let maximumElements = 50_000

    package let name: ByteString
    /// White space at its ends included, comments not.
    package private(set) var text: ByteString = ""
    package private(set) var elements: [XMLElement] = []

    private init(name: ByteString) {
        self.name = name
    }

    /// The root of a whole document.
    package init(parsing document: [UInt8]) throws(XMLError) {
        var scanner = try XMLScanner(document)
        var open: [XMLElement] = []
        var root: XMLElement?
        var count = 0
        while let token = try scanner.next() {
            switch token {
            case .start(let name):
                count += 1
                guard root == nil else { throw .structure }
                guard open.count < Self.maximumDepth else { throw .tooDeep }
                guard count <= Self.maximumElements else { throw .tooMany }
                open.append(XMLElement(name: name))
            case .text(let text):
                if open.isEmpty {
                    guard text.trimmed.isEmpty else { throw .structure }
                } else {
                    let last = open.count - 1
                    let whole = open[last].text
                    open[last].text = whole.isEmpty ? text : ByteString(Array(whole.bytes) + text.bytes)
                }
            case .end(let name):
                guard let element = open.popLast(), element.name == name else { throw .structure }
                if open.isEmpty {
                    root = element
                } else {
                    open[open.count - 1].elements.append(element)
                }
            }
        }
        guard let root, open.isEmpty else { throw .unexpectedEnd }
        self = root
    }

    /// The text of the only element so named; nil where there is none or more than one.
    package func text(of name: ByteString) -> ByteString? {
        let found = elements.filter { $0.name == name }
        guard found.count == 1, let element = found.first, element.elements.isEmpty else { return nil }
        return element.text.trimmed
    }

    package func all(_ name: ByteString) -> [XMLElement] {
        elements.filter { $0.name == name }
    }
}
