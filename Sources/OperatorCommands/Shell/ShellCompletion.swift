package import S3Authorization
internal import S3Client
internal import UploadService

/// `countersign complete`: what `POST file_uploaded` does, one key after the other.
package struct ShellCompletion: Sendable {
    package enum Fate: String, Sendable, CaseIterable {
        case completed
        /// Another try ends the same way.
        case refused
        /// Another try may end better.
        case unfinished
    }

    /// What became of one upload.
    package struct Outcome: Sendable, Equatable {
        package let fate: Fate
        package let key: ByteString
        /// What is wrong, else where it is stored.
        package let words: String
        /// The answer that a page would have got, JSON; nil where the request never came so far.
        var answer: [UInt8]?
    }

    private let shell: Shell
    private let late: LateCompletion

    package init(_ shell: Shell) throws(Shell.Failure) {
        let profile = shell.profile.map { ByteString($0) }
        guard let late = LateCompletion(shell.desk.site, profile: profile, shell.desk.surroundings) else {
            throw .nothingIsCompletedHere
        }
        self.shell = shell
        self.late = late
    }

    /// `etag` is the one that the upload must have; without a `name` it is the one that the uploader gave it.
    package func run(_ key: ByteString, etag: String? = nil, name: String? = nil) -> Outcome {
        guard key.string != nil else { return Outcome(fate: .refused, key: key, words: "a key is UTF-8") }
        let fileName: ByteString
        do throws(S3Error) {
            if let name {
                fileName = ByteString(name)
            } else {
                fileName = try late.fileName(of: key, until: shell.desk.deadline)
            }
        } catch {
            return Outcome(fate: .unfinished, key: key, words: "\(error)".onOneLine)
        }
        let answer = shell.answer(.post, "/file_uploaded", body: Self.post(key, fileName, etag))
        let body = answer.body
        guard let complaint = answer.complaint else {
            let place = Self.string("key", in: body) ?? ""
            return Outcome(fate: .completed, key: key, words: "as \(place.shown)", answer: body)
        }
        return Outcome(
            fate: answer.mayBeRepeated ? .unfinished : .refused, key: key, words: complaint, answer: body)
    }

    private static func post(_ key: ByteString, _ name: ByteString, _ etag: String?) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("key")
        writer.string(key)
        writer.name("filename")
        writer.string(name)
        if let etag {
            writer.name("etag")
            writer.string(etag)
        }
        writer.endObject()
        return writer.bytes
    }

    private static func string(_ name: StaticString, in json: [UInt8]) -> ByteString? {
        var reader = JSONReader(json)
        guard var object = try? reader.beginObject() else { return nil }
        while let member = try? reader.nextMember(in: &object) {
            if member.is(name) { return try? reader.readString() }
            guard (try? reader.readValue()) != nil else { return nil }
        }
        return nil
    }
}

extension ShellCompletion.Outcome {
    package var text: [UInt8] { Array("\(fate.rawValue)  \(key.shown)  \(words)".utf8) }

    /// For programs: one JSON object, on one line.
    package var json: [UInt8] {
        var writer = JSONWriter(capacity: 512)
        writer.beginObject()
        writer.name("upload")
        writer.string(key.string ?? key.shown)
        writer.name("outcome")
        writer.string(fate.rawValue)
        if fate != .completed {
            writer.name("reason")
            writer.string(words)
        }
        if let answer {
            writer.name("answer")
            writer.raw(answer)
        }
        writer.endObject()
        return writer.bytes
    }
}
