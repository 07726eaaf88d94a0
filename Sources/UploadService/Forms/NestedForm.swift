internal import S3Authorization

/// The pairs of a form as one JSON object: `user[name]=x&tags[]=a` is `{"user":{"name":"x"},"tags":["a"]}`.
///
/// Every value is a JSON string. A name that is there more than once holds an array of all its values, as in drf-to-s3's
/// NestedFormParser. Names keep the order in which they first appear. Time and memory grow as the form does.
struct NestedForm {
    static let maximumDepth = 16

    private struct Child {
        let name: ByteString
        let node: Int
        let index: Int?
    }

    private struct Node {
        var values: [ByteString] = []
        /// In the order in which they first appeared.
        var children: [Child] = []
        /// The index that `[]` stands for: one more than the largest so far.
        var next = 0
    }

    private struct Edge: Hashable {
        let parent: Int
        let name: ByteString
    }

    private var nodes = [Node()]
    private var known: [Edge: Int] = [:]

    init(_ pairs: [FormPair]) throws(FormError) {
        for (index, pair) in pairs.enumerated() {
            let number = index + 1
            guard let name = BracketedName(pair.name, limit: Self.maximumDepth) else { throw .tooDeep(pair: number) }
            var node = child(named: name.root, of: 0)
            for bracket in name.brackets {
                guard nodes[node].values.isEmpty else { throw .contradiction(pair: number) }
                node = bracket.isEmpty ? element(of: node) : child(named: bracket, of: node)
            }
            guard nodes[node].children.isEmpty else { throw .contradiction(pair: number) }
            nodes[node].values.append(pair.value)
        }
    }

    private mutating func child(named name: ByteString, of parent: Int) -> Int {
        if let node = known[Edge(parent: parent, name: name)] { return node }
        return add(Child(name: name, node: nodes.count, index: Self.index(name)), to: parent)
    }

    /// Always a new one, behind all the others.
    private mutating func element(of parent: Int) -> Int {
        let index = nodes[parent].next
        return add(Child(name: ByteString(String(index)), node: nodes.count, index: index), to: parent)
    }

    private mutating func add(_ child: Child, to parent: Int) -> Int {
        known[Edge(parent: parent, name: child.name)] = child.node
        nodes[parent].children.append(child)
        if let index = child.index { nodes[parent].next = max(nodes[parent].next, index + 1) }
        nodes.append(Node())
        return child.node
    }

    /// `0`, `7` or `12`, but not `07`.
    private static func index(_ name: ByteString) -> Int? {
        guard name.count <= 9, name.count == 1 || name.bytes.first != UInt8(ascii: "0") else { return nil }
        return DecimalDigits.value(of: name).map { Int($0) }
    }

    /// The members of the object, in order.
    var members: [JSONMember] {
        nodes[0].children.map { child in
            var writer = JSONWriter(capacity: 64)
            write(nodes[child.node], to: &writer)
            return JSONMember(child.name, json: ByteString(writer.bytes))
        }
    }

    private func write(_ node: Node, to writer: inout JSONWriter) {
        if node.children.isEmpty {
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
            for child in node.children {
                writer.escapedName(child.name)
                write(nodes[child.node], to: &writer)
            }
            writer.endObject()
        }
    }

    /// The children by their indices, where these are 0 to n − 1 in whatever order.
    private func elements(of node: Node) -> [Int]? {
        guard node.next == node.children.count else { return nil }
        var elements = [Int](repeating: 0, count: node.next)
        for child in node.children {
            // Different names are different indices, so that n of them below n are all of them.
            guard let index = child.index else { return nil }
            elements[index] = child.node
        }
        return elements
    }
}
