package import S3Authorization
package import S3Client

/// Completes an upload that no client speaks for: the store says that it is there, or an operator found it.
///
/// The very steps of `file_uploaded`, so that it does not matter who comes first, or how often.
package struct LateCompletion: Sendable {
    package enum Outcome: Sendable, Equatable {
        case completed(storageKey: ByteString)
        /// For good: another try ends the same way.
        case refused(String)
        /// For now.
        case unfinished(String)
        /// The key is nobody's.
        case foreign
    }

    package let desk: StorageDesk
    private let profile: Site.Profile
    private let servesAnonymous: Bool
    private let surroundings: Surroundings

    /// Nil where the site completes no uploads, or has no such profile; nil is the default one.
    package init?(_ site: Site, profile name: ByteString?, _ surroundings: Surroundings) {
        guard let desk = site.storage, let profile = name.map({ site.profiles[$0] }) ?? site.rules else { return nil }
        self.desk = desk
        self.profile = profile
        servesAnonymous = site.anonymous != nil
        self.surroundings = surroundings
    }

    /// Whether the key lies in a user's prefix.
    package func hasOwner(_ key: ByteString) -> Bool {
        Identity(ownerOf: key, anonymous: servesAnonymous) != nil
    }

    /// The name under which the upload is completed where nobody says one.
    package func fileName(of key: ByteString, until deadline: Deadline) throws(S3Error) -> ByteString {
        Self.fileName(try head(key, until: deadline)?.metadata ?? [], key)
    }

    /// `keys` are what the text of one key may mean: each that is there is completed, as each has its owner's leave.
    package func run(_ keys: [ByteString], until deadline: Deadline) -> Outcome {
        let owned = keys.compactMap { key in
            Identity(ownerOf: key, anonymous: servesAnonymous).map { (key: key, owner: $0) }
        }
        guard let first = owned.first else { return .foreign }
        var outcome: Outcome?
        for (key, owner) in owned {
            do throws(S3Error) {
                guard let head = try head(key, until: deadline) else { continue }
                outcome = Self.worse(outcome, complete(key, owner, head, until: deadline))
            } catch {
                outcome = .unfinished("\(error)")
            }
        }
        // Gone by now: what was complete before is so still.
        return outcome ?? complete(first.key, first.owner, nil, until: deadline)
    }

    private static func worse(_ left: Outcome?, _ right: Outcome) -> Outcome {
        if case .unfinished? = left { return left ?? right }
        if case .unfinished = right { return right }
        if case .completed? = left { return left ?? right }
        return right
    }

    private func complete(
        _ key: ByteString, _ owner: Identity, _ head: ObjectHead?, until deadline: Deadline
    ) -> Outcome {
        var account = Account()
        (account.key, account.user) = (key, owner.name)
        let name = Self.fileName(head?.metadata ?? [], key)
        let post = CompletionPost(
            dialect: .json, key: key, bucket: desk.uploads, name: name, uuid: nil, etag: head?.etag)
        let outcome = outcome(post, owner, until: deadline, &account)
        if let size = account.completed { surroundings.metrics.countCompleted(size) }
        if let shadow = account.shadow { surroundings.metrics.count(shadow) }
        note(outcome, account)
        return outcome
    }

    /// Nil where it is not there.
    private func head(_ key: ByteString, until deadline: Deadline) throws(S3Error) -> ObjectHead? {
        do throws(S3Error) {
            return try desk.client.head(ObjectLocation(bucket: desk.uploads, key: key), until: deadline)
        } catch .notFound(let code) where !code.is("NoSuchBucket") {
            return nil
        }
    }

    private func outcome(
        _ post: CompletionPost, _ owner: Identity, until deadline: Deadline, _ account: inout Account
    ) -> Outcome {
        let completion = Completion(
            desk: desk, profile: profile, owner: owner, post: post, headers: [], surroundings: surroundings,
            deadline: deadline)
        do throws(RequestError) {
            _ = try completion.run(&account)
            return .completed(storageKey: account.storageKey ?? "")
        } catch {
            account.reason = error
            return error.status < 500 ? .refused(error.message) : .unfinished(account.cause ?? error.message)
        }
    }

    private func note(_ outcome: Outcome, _ account: Account) {
        let (word, severity): (StaticString, Severity) =
            switch outcome {
            case .completed: ("completed", .info)
            case .refused: ("refused", .info)
            case .foreign: ("foreign", .info)
            case .unfinished: ("unfinished", .warning)
            }
        surroundings.note(severity) { line in
            line.add("event", word: "upload")
            line.add("outcome", word: word)
            if let user = account.user { line.add("user", user) }
            line.add("profile", profile.name)
            if let key = account.key { line.add("key", key) }
            if let storageKey = account.storageKey { line.add("storage_key", storageKey) }
            if let cause = account.cause { line.add("cause", cause) }
            if let reason = account.reason {
                line.add("reason", word: reason.code)
                line.add("message", reason.message)
            }
            if let shadow = account.shadow { line.add(shadow) }
        }
    }
}

extension LateCompletion {
    /// As the uploader's metadata has it, else what follows the key's last slash.
    static func fileName(_ metadata: [HeaderField], _ key: ByteString) -> ByteString {
        for name in ["qqfilename", "filename", "name"] as [ByteString] {
            guard let value = metadata.first(where: { $0.name == name })?.value else { continue }
            let decoded = decoded(value)
            if !decoded.isEmpty, decoded.count <= CompletionFields.maximumNameLength, !decoded.hasControlCharacter,
                decoded.string != nil
            {
                return decoded
            }
        }
        let last = ByteString(key.bytes.suffix(while: { $0 != UInt8(ascii: "/") }))
        return last.isEmpty ? "file" : last
    }

    /// Percent-encoded, as Fine Uploader has it, or in Base 64 as S3 gives back what is no ASCII.
    ///
    /// <https://www.rfc-editor.org/rfc/rfc2047#section-2>
    private static func decoded(_ value: ByteString) -> ByteString {
        if value.begins(with: "=?UTF-8?B?"), value.count > 12, value.bytes.suffix(2).elementsEqual("?=".utf8),
            let bytes = try? Base64.decode(ByteString(value.bytes.dropFirst(10).dropLast(2)))
        {
            return ByteString(bytes)
        }
        return (try? PercentEncoding.decode(value)) ?? value
    }
}

extension BidirectionalCollection {
    fileprivate func suffix(while isPart: (Element) -> Bool) -> SubSequence {
        self[(lastIndex { !isPart($0) }.map { index(after: $0) } ?? startIndex)...]
    }
}
