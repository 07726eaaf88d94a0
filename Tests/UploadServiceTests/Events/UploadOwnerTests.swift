import S3Authorization
import Testing

@testable import UploadService

/// Whose upload a key is.
struct UploadOwnerTests {
    static let anonymous = "~000102030405060708090a0b0c0d0e0f"

    @Test(arguments: [
        ("frodo/a.txt", "frodo"), ("j%C3%BCrgen/a/b.txt", "jürgen"), ("a+b/c", "a+b"), ("DOM%5Cuser/c", "DOM\\user"),
        ("a%2Fb/c", "a/b"), ("frodo/", "frodo"),
    ])
    func findsTheUser(key: String, user: String) throws {
        let owner = try #require(Identity(ownerOf: ByteString(key), anonymous: false))
        #expect(owner.name == ByteString(user))
        #expect(ByteString(key).hasPrefix(owner.prefix.text))
    }

    /// A prefix that no user has is nobody's: nothing is repaired into another's.
    @Test(arguments: [
        "", "frodo", "/a", "../a", "./a", "fro%64o/a", "j%c3%bcrgen/a", "jürgen/a", "a b/c", "%zz/a", "%00/a", "%FF/a",
        "countersign-doctor/a", anonymous + "/a",
    ])
    func findsNobody(key: String) {
        #expect(Identity(ownerOf: ByteString(key), anonymous: false) == nil)
    }

    @Test func findsABrowserWhereTheyAreServed() throws {
        let owner = try #require(Identity(ownerOf: ByteString(Self.anonymous + "/a"), anonymous: true))
        #expect(owner.prefix.text == ByteString(Self.anonymous + "/"))
    }

    @Test(arguments: ["~/a", "~0001/a", "~000102030405060708090A0B0C0D0E0F/a", "~zz0102030405060708090a0b0c0d0e0f/a"])
    func findsNoBrowserThatIsSpeltOtherwise(key: String) {
        #expect(Identity(ownerOf: ByteString(key), anonymous: true) == nil)
    }
}
