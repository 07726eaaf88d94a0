internal import S3Authorization

/// The pairs of a form as one JSON object: `user[name]=x&tags[]=a` is `{"user":{"name":"x"},"tags":["a"]}`.
///
/// Every value is a JSON string. A name that is there more than once holds an array of all its values, as in drf-to-s3's
/// NestedFormParser. Names keep the order in which they first appear. Time and memory grow as the form does.
struct NestedForm {
    static let maximumDepth = 16

    private struct Node {
        var values: [ByteString] = []
        /// In the order in which they first appeared.
        var names: [ByteString] = []
        var children: [ByteString: Int] = [:]
        /// The index that `[]` stands for: one more than the largest so far.
        var next = 0

        var isContainer: Bool { !names.isEmpty }
    }

    private var nodes = [Node()]

    init(_ pairs: [FormPair]) throws(FormError) {
        for (index, pair) in pairs.enumerated() {
            let number = index + 1
            guard let name = BracketedName(pair.name, limit: Self.maximumDepth) else { throw .tooDeep(pair: number) }
            var node = child(named: name.root, of: 0)
            for bracket in name.brackets {
                guard nodes[node].values.isEmpty else { throw .contradiction(pair: number) }
                node = child(named: bracket.isEmpty ? ByteString("\(nodes[node].next)") : bracket, of: node)
            }
            guard !nodes[node].isContainer else { throw .contradiction(pair: number) }
            nodes[node].values.append(pair.value)
        }
    }

    private mutating func child(named name: ByteString, of node: Int) -> Int {
        if let known = nodes[node].children[name] { return known }
        nodes[node].names.append(name)
        nodes[node].children[name] = nodes.count
        if let index = Self.index(name) { nodes[node].next = max(nodes[node].next, index + 1) }
        nodes.append(Node())
        return nodes.count - 1
    }

    /// `0`, `7` or `12`, but not `07`.
    private static func index(_ name: ByteString) -> Int? {
        guard name.count <= 9, name.count == 1 || name.bytes.first != UInt8(ascii: "0") else { return nil }
        return DecimalDigits.value(of: name).map { Int($0) }
    }

    /// The members of the object, in order.
    var members: [JSONMember] {
        nodes[0].names.compactMap { name in
            guard let child = nodes[0].children[name] else { return nil }
            var writer = JSONWriter(capacity: 64)
            write(nodes[child], to: &writer)
            return JSONMember(name, json: ByteString(writer.bytes))
        }
    }

    private func write(_ node: Node, to writer: inout JSONWriter) {
        if !node.isContainer {
            if node.values.count != 1 { writer.beginArray() }
            for value in node.values {
                writer.string(value)
            }
            if node.values.count != 1 { writer.endArray() }
        } else if let elements = elements(of: node) {
            writer.beginArray()
            for element in elements {
                write(nodes[element], to: &writer)
            }
            writer.endArray()
        } else {
            writer.beginObject()
            for name in node.names {
                guard let child = node.children[name] else { continue }
                writer.escapedName(name)
                write(nodes[child], to: &writer)
            }
            writer.endObject()
        }
    }

    /// The children by their indices, where these are 0 to n − 1 in whatever order.
    private func elements(of node: Node) -> [Int]? {
        guard node.next == node.names.count else { return nil }
        var elements: [Int] = []
        for index in 0..<node.next {
            guard let child = node.children[ByteString("\(index)")] else { return nil }
            elements.append(child)
        }
        return elements
    }
}
