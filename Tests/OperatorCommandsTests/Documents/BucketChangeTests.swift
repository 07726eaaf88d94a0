import S3Client
import Testing

@testable import OperatorCommands

/// What `setup` would change, and what it leaves alone.
struct BucketChangeTests {
    static func tree(_ xml: String) throws -> XMLTree { XMLTree(try XMLElement(parsing: Array(xml.utf8))) }

    static func lifecycle(_ xml: String?, days: Int = 1) throws -> BucketChange {
        let current = try xml.map { try tree("<LifecycleConfiguration>\($0)</LifecycleConfiguration>") }
        return BucketChange(
            bucket: "b", document: .lifecycle, current: current, rule: LifecycleRules.uploads(days: days).rule)
    }

    static let others = """
        <Rule><ID>others</ID><Prefix>logs/</Prefix><Status>Enabled</Status><Expiration><Days>9</Days></Expiration></Rule>
        """

    @Test func putsWhatIsMissing() throws {
        let change = try Self.lifecycle(nil)
        #expect(change.isNeeded)
        #expect(change.text.contains("are missing"))
        #expect(change.text.contains("+            <Days>1</Days>"))
    }

    @Test func replacesItsOwnRuleAndKeepsOthers() throws {
        let old = LifecycleRules.uploads(days: 7).rule.lines().joined()
        let change = try Self.lifecycle(Self.others + old)
        #expect(change.isNeeded)
        #expect(change.wanted.all("Rule").map { $0.text(of: "ID") } == ["countersign-uploads", "others"])
        #expect(change.text.contains("-            <Days>7</Days>"))
        #expect(change.text.contains("         <Days>9</Days>"))
        #expect(!change.text.contains("+            <Days>9</Days>"))
    }

    /// Some stores move the prefix, reorder elements or name rules themselves.
    @Test(arguments: [
        LifecycleRules.uploads(days: 1).rule.lines().joined(),
        """
        <Rule><ID>mine</ID><Status>Enabled</Status><Prefix></Prefix>\
        <AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation></AbortIncompleteMultipartUpload>\
        <NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays></NoncurrentVersionExpiration>\
        <Expiration><Days>1</Days></Expiration></Rule>
        """,
    ])
    func isContentWithWhatSaysTheSame(rule: String) throws {
        #expect(try !Self.lifecycle(Self.others + rule).isNeeded)
        #expect(try Self.lifecycle(Self.others + rule, days: 2).isNeeded)
    }

    @Test(arguments: [
        "<Rule><Status>Disabled</Status><Expiration><Days>1</Days></Expiration></Rule>", others,
    ])
    func isNotContentWithOthers(rule: String) throws {
        #expect(try Self.lifecycle(rule).isNeeded)
    }

    @Test func escapesWhatXMLWould() throws {
        let tree = XMLTree("Rule", [XMLTree("ID", "a<b&c>d")])
        #expect(try Self.tree(tree.document) == tree)
    }
}
