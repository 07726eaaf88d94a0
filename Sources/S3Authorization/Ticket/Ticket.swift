/// What we know of an upload that goes on over several requests, and hand to its user to keep for us.
///
/// Sealed by `TicketKeys`, so that no machine needs to remember it and nobody can change it.
package struct Ticket: Sendable, Equatable {
    /// What a ticket is good for; one made for one purpose is worthless for another.
    package enum Purpose: Sendable, CaseIterable {
        /// Stands for S3's own id of an upload in parts.
        case multipartUpload
        /// Stands for an object that is uploaded whole.
        case directUpload
    }

    /// S3's own id of an upload in parts; empty where there is none.
    package var uploadID: ByteString = ""
    package var bucket: ByteString
    /// The whole object key, prefix included.
    package var key: ByteString
    /// The owner's prefix, with its slash: `KeyPrefix.text`.
    package var owner: ByteString
    /// The name of the rules that it was made under.
    package var profile: ByteString
    /// Bytes that the object has at most.
    package var maximumSize: UInt64
    /// Bytes that the client said the object has.
    package var size: UInt64?
    /// The media type that the client declared.
    package var type: ByteString?
    /// What the client declared in Base64, for whoever checks it: an MD5 or a SHA-256.
    package var checksum: ByteString?
    /// From this second on it is worthless.
    package var expiry: SigningTime
    /// The file's own name, UTF-8.
    package var name: ByteString

    package init(
        bucket: ByteString, key: ByteString, owner: ByteString, profile: ByteString, maximumSize: UInt64,
        expiry: SigningTime, name: ByteString
    ) {
        self.bucket = bucket
        self.key = key
        self.owner = owner
        self.profile = profile
        self.maximumSize = maximumSize
        self.expiry = expiry
        self.name = name
    }
}

/// Why a text is no ticket that its bearer may use.
package enum TicketError: Error, Equatable {
    /// No text of ours: the length, the alphabet or the version is wrong.
    case malformed
    /// Of none of our secrets: another site's, or sealed with a secret that is gone.
    case unknownKey
    /// Changed, or made for another purpose.
    case forged
    /// Another user's.
    case foreign
    case expired
}
