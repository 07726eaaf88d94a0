internal import S3Authorization
internal import S3Client

/// One of S3's small XML documents, to be read, compared and written.
struct XMLTree: Equatable {
    let name: String
    var text = ""
    var elements: [XMLTree] = []

    init(_ name: String, _ text: String) {
        self.name = name
        self.text = text
    }

    init(_ name: String, _ elements: [XMLTree]) {
        self.name = name
        self.elements = elements
    }

    init(_ element: XMLElement) {
        name = element.name.description
        elements = element.elements.map(XMLTree.init)
        text = elements.isEmpty ? element.text.trimmed.description : ""
    }

    func all(_ name: String) -> [XMLTree] { elements.filter { $0.name == name } }

    func text(of name: String) -> String? { all(name).first?.text }

    /// What it says, whatever the order of its elements: `AllowedMethod=PUT`.
    ///
    /// Some stores leave the `Filter` around a lifecycle rule's `Prefix` out, and a prefix that is empty.
    var statements: Set<String> {
        guard !elements.isEmpty else { return text.isEmpty ? [] : ["\(name)=\(text)"] }
        return elements.reduce(into: []) { statements, element in
            for statement in element.statements {
                statements.insert(
                    element.elements.isEmpty || element.name == "Filter" ? statement : "\(element.name)/\(statement)")
            }
        }
    }

    /// One element a line, as a whole document where `isRoot`.
    func lines(indent: String = "", isRoot: Bool = false) -> [String] {
        let space = isRoot ? " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"" : ""
        guard !elements.isEmpty else { return ["\(indent)<\(name)\(space)>\(Self.escaped(text))</\(name)>"] }
        return ["\(indent)<\(name)\(space)>"] + elements.flatMap { $0.lines(indent: indent + "    ") }
            + ["\(indent)</\(name)>"]
    }

    var document: String { lines(isRoot: true).joined(separator: "\n") }

    /// https://www.w3.org/TR/xml/#syntax
    private static func escaped(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { output, scalar in
            switch scalar {
            case "&": output += "&amp;"
            case "<": output += "&lt;"
            case ">": output += "&gt;"
            default: output.unicodeScalars.append(scalar)
            }
        }
    }
}
