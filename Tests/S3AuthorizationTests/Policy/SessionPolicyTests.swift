import Testing

@testable import S3Authorization

struct SessionPolicyTests {
    static func policy(
        _ prefix: KeyPrefix, bucket: ByteString = "example-uploads", acl: ByteString? = nil,
        partition: ByteString = "aws"
    ) throws(SessionPolicy.Invalid) -> String {
        try SessionPolicy(bucket: bucket, prefix: prefix, acl: acl, partition: partition).json.description
    }

    static let upload =
        #"{"Effect":"Allow","Action":["s3:PutObject","s3:AbortMultipartUpload","s3:ListMultipartUploadParts"],"#
    static let noGrants =
        #""Null":{"s3:x-amz-grant-read":"true","s3:x-amz-grant-write":"true","s3:x-amz-grant-read-acp":"true","#
        + #""s3:x-amz-grant-write-acp":"true","s3:x-amz-grant-full-control":"true"}}}"#

    @Test func allowsOnePrefix() throws {
        #expect(
            try Self.policy(KeyPrefix(user: "jürgen")) == #"{"Version":"2012-10-17","Statement":["# + Self.upload
                + #""Resource":"arn:aws:s3:::example-uploads/j%C3%BCrgen/*","#
                + #""Condition":{"StringEqualsIfExists":{"s3:x-amz-acl":[""]},"# + Self.noGrants + "]}")
    }

    @Test func allowsOneACL() throws {
        #expect(
            try Self.policy(KeyPrefix(user: "frodo"), bucket: "u", acl: "private", partition: "aws-cn")
                == #"{"Version":"2012-10-17","Statement":["# + Self.upload
                + #""Resource":"arn:aws-cn:s3:::u/frodo/*","#
                + #""Condition":{"StringEqualsIfExists":{"s3:x-amz-acl":["","private"]},"# + Self.noGrants
                + #",{"Effect":"Allow","Action":["s3:PutObjectAcl"],"Resource":"arn:aws-cn:s3:::u/frodo/*","#
                + #""Condition":{"StringEquals":{"s3:x-amz-acl":"private"}}}]}"#)
    }

    /// Whatever a user is called, the one wildcard of a resource is the last character, and it stands behind a slash.
    @Test func noNameIsAPattern() throws {
        var names = (0x21..<0x7f).map { ByteString([UInt8(ascii: "a"), UInt8($0), UInt8(ascii: "b")]) }
        names += ["*", "?", "${aws:username}", "frodo/*", "\"", "\\", "*/../", "a\"},{\"Effect\":\"Allow", "ü*", "~a"]
        for number in stride(from: UInt32(0x80), through: 0x10ffff, by: 977) {
            guard let scalar = Unicode.Scalar(number) else { continue }
            names.append(ByteString(String(Character(scalar)) + "*"))
        }
        for name in names {
            guard let prefix = try? KeyPrefix(user: name) else { continue }
            let text = try Self.policy(prefix)
            let resource = try #require(text.split(separator: "example-uploads/").last?.split(separator: "\"").first)
            #expect(resource == "\(prefix.text)*", "\(name)")
            #expect(!resource.dropLast().contains { "*?$\"\\".contains($0) }, "\(name)")
            #expect(resource.dropLast().firstIndex(of: "/") == resource.dropLast().indices.last, "\(name)")
            var reader = JSONReader(Array(text.utf8))
            try reader.readValue()
            try reader.end()
        }
        #expect(names.count > 1000)
        let anonymous = KeyPrefix(anonymous: Array(0..<16))
        #expect(try Self.policy(anonymous).contains("example-uploads/~000102030405060708090a0b0c0d0e0f/*\""))
    }

    /// The longest prefix of the alphabet's plain characters fits; what would not is refused, and never cut.
    @Test func isNeverTooLong() throws {
        let bucket = ByteString(String(repeating: "b", count: 63))
        let longest = try KeyPrefix(user: ByteString(String(repeating: "a", count: 256)))
        let acl: ByteString = "bucket-owner-full-control"
        let text = try Self.policy(longest, bucket: bucket, acl: acl, partition: "aws-us-gov")
        #expect(text.utf8.count <= SessionPolicy.maximumLength && SessionPolicy.maximumLength < 1776)
        let encoded = try KeyPrefix(user: ByteString(String(repeating: "ü", count: 128)))
        #expect(try Self.policy(encoded, bucket: bucket).utf8.count <= SessionPolicy.maximumLength)
        #expect(throws: SessionPolicy.Invalid.tooLong) { try Self.policy(encoded, bucket: bucket, acl: acl) }
    }

    @Test(arguments: ["", "a*", "a?", "a/b", "a\"", "${a}"])
    func refusesOtherBuckets(name: String) throws {
        let prefix = try KeyPrefix(user: "frodo")
        #expect(throws: SessionPolicy.Invalid.bucket) { try Self.policy(prefix, bucket: ByteString(name)) }
    }
}

struct RoleSessionNameTests {
    @Test(arguments: ["frodo", "A.b_c@d-e", "x=y,z", "ab", String(repeating: "a", count: 64)])
    func isTheUsersName(user: String) {
        #expect(RoleSessionName(user: ByteString(user)).text == ByteString(user))
    }

    @Test(
        arguments: [
            ("jürgen", "=GbcgqRH87VWuzZa_Tdytocab5altxSPVvjNrjvveMQk"),
            ("a", "=ypeBEsobvcr6wjGzmiPcTaeG7_gUfE5yuYB3ha_uSLs"),
        ])
    func isADigestOfOthers(user: String, name: String) {
        #expect(RoleSessionName(user: ByteString(user)).text == ByteString(name))
    }

    /// Not by being cut, not by looking like another's digest.
    @Test func isNobodyElses() {
        let long = String(repeating: "a", count: 64)
        let digest = RoleSessionName(user: "jürgen").text.description
        let users = [
            "a", "A", "ab", "a b", "a_b", "a/b", "a+b", "jürgen", "JÜRGEN", "", "é", "e\u{301}", long, long + "a",
            long + "b",
            digest,
            "=", "==", "=ab", "~0011", "o'neil",
        ]
        let names = users.map { RoleSessionName(user: ByteString($0)).text }
        #expect(Set(names).count == users.count)
        for name in names {
            #expect((2...64).contains(name.count))
            #expect(name.description.wholeMatch(of: #/[A-Za-z0-9_=,.@-]+/#) != nil)
        }
    }
}
