/// What a key that is lent to a browser may do: write in one prefix of the uploads bucket, and nothing else.
///
/// Only this type's initializer makes one, from a prefix of ours, so a key without such a policy cannot be asked for.
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session
package struct SessionPolicy: Sendable, Equatable {
    package enum Invalid: Error, Equatable {
        /// A byte that could be a wildcard, a variable or the end of a string there.
        case prefix
        case bucket
        case tooLong
    }

    /// Characters of the JSON. Amazon takes 2048; Ceph's gateway of version 16 was seen to end itself at 1776.
    package static let maximumLength = 1536

    package let json: ByteString

    /// `acl` is the only access control list that may be set; nil: none. `partition` is `aws`, but for China and others.
    package init(
        bucket: ByteString, prefix: KeyPrefix, acl: ByteString?, partition: ByteString
    ) throws(Invalid) {
        let text = prefix.text.bytes
        guard text.count > 1, text.last == UInt8(ascii: "/"), text.dropLast().allSatisfy(Self.isPlain) else {
            throw .prefix
        }
        guard !bucket.isEmpty, (bucket.bytes + partition.bytes).allSatisfy(Self.isPlain) else { throw .bucket }
        let resource = ByteString("arn:\(partition):s3:::\(bucket)/\(prefix.text)*")
        var writer = JSONWriter(capacity: 1024)
        writer.beginObject()
        writer.name("Version")
        writer.string("2012-10-17")
        writer.name("Statement")
        writer.beginArray()
        Self.writeUpload(to: resource, acl, &writer)
        if let acl { Self.writeACL(of: resource, acl, &writer) }
        writer.endArray()
        writer.endObject()
        guard writer.bytes.count <= Self.maximumLength else { throw .tooLong }
        json = ByteString(writer.bytes)
    }

    /// The grants are named because not every store asks for `s3:PutObjectAcl` before it takes them.
    private static func writeUpload(to resource: ByteString, _ acl: ByteString?, _ writer: inout JSONWriter) {
        let actions = ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
        allow(actions, resource, &writer)
        writer.name("Condition")
        writer.beginObject()
        writer.name("StringEqualsIfExists")
        writer.beginObject()
        writer.name("s3:x-amz-acl")
        writer.beginArray()
        // Ceph's gateway takes a header that is not there for an empty one.
        writer.string("")
        if let acl { writer.string(acl) }
        writer.endArray()
        writer.endObject()
        writer.name("Null")
        writer.beginObject()
        for grant in ["read", "write", "read-acp", "write-acp", "full-control"] {
            writer.escapedName(ByteString("s3:x-amz-grant-\(grant)"))
            writer.string("true")
        }
        writer.endObject()
        writer.endObject()
        writer.endObject()
    }

    private static func writeACL(of resource: ByteString, _ acl: ByteString, _ writer: inout JSONWriter) {
        allow(["s3:PutObjectAcl"], resource, &writer)
        writer.name("Condition")
        writer.beginObject()
        writer.name("StringEquals")
        writer.beginObject()
        writer.name("s3:x-amz-acl")
        writer.string(acl)
        writer.endObject()
        writer.endObject()
        writer.endObject()
    }

    /// The beginning of a statement.
    private static func allow(_ actions: [String], _ resource: ByteString, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.name("Effect")
        writer.string("Allow")
        writer.name("Action")
        writer.beginArray()
        for action in actions { writer.string(action) }
        writer.endArray()
        writer.name("Resource")
        writer.string(resource)
    }

    /// What a prefix of ours is made of: no `*`, no `?`, no `$`, no quote.
    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "._@+-%~".utf8.contains(byte)
        }
    }
}
