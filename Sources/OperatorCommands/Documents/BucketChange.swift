internal import S3Authorization
internal import S3Client

/// One document of a bucket as it is and as it should be: our rule replaces an older one of ours, all others stay.
package struct BucketChange: Sendable {
    package let bucket: String
    let document: BucketDocument
    let current: XMLTree?
    let wanted: XMLTree

    init(bucket: String, document: BucketDocument, current: XMLTree?, rule: XMLTree) {
        self.bucket = bucket
        self.document = document
        self.current = current
        let id = rule.text(of: "ID") ?? ""
        let others = (current?.elements ?? []).filter { other in
            other.name == rule.name && other.text(of: "ID") != id && !other.says(the: rule)
        }
        wanted = XMLTree(document == .cors ? "CORSConfiguration" : "LifecycleConfiguration", [rule] + others)
    }

    /// Whether a rule that says the same is there already, under whichever name.
    package var isNeeded: Bool {
        guard let rule = wanted.elements.first else { return false }
        return !(current?.all(rule.name) ?? []).contains { $0.says(the: rule) }
    }

    private var name: String { document == .cors ? "CORS" : "lifecycle" }

    /// What would go and what would come, a line each, with the signs of diff.
    package var text: String {
        guard isNeeded else { return "\(bucket): the \(name) rules are as they should be" }
        let before = (current?.elements ?? []).map { $0.lines(indent: "    ") }
        let after = wanted.elements.map { $0.lines(indent: "    ") }
        var lines = ["\(bucket): the \(name) rules \(current == nil ? "are missing" : "differ")"]
        for rule in before where !after.contains(rule) { lines += rule.map { "-\($0)" } }
        for rule in after where !before.contains(rule) { lines += rule.map { "+\($0)" } }
        for rule in after where before.contains(rule) { lines += rule.map { " \($0)" } }
        return lines.joined(separator: "\n")
    }
}

extension XMLTree {
    /// Whether both rules mean the same; what they are called does not matter.
    func says(the other: XMLTree) -> Bool {
        func meaning(_ rule: XMLTree) -> Set<String> { rule.statements.filter { !$0.hasPrefix("ID=") } }
        return meaning(self) == meaning(other)
    }
}
