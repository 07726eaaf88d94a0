internal import S3Authorization
internal import S3Client
internal import Synchronization

/// Copies a large object in parts, several at once; what a deadline leaves undone, the repeat goes on with.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/CopyingObjectsMPUapi.html>
struct PartCopy {
    static let width = 4
    private static let maximumParts: Int64 = 10_000

    let copy: ObjectCopy
    let ledger: ClaimLedger

    private var client: S3Client { copy.desk.client }

    /// Throws `.preconditionFailed` where the source is another by now.
    func run(_ entry: ClaimLedger.Entry) throws(S3Error) {
        let claim = entry.claim
        guard let (upload, known) = try begin(entry) else { return }
        let ranges = Self.ranges(of: claim.size, atLeast: partSize(claim.size))
        let board = Board(ranges, known: known)
        let source = copy.source(claim)
        Parallel.run(width: min(Self.width, ranges.count)) { [client, copy] in
            while let (number, range) = board.take() {
                do throws(S3Error) {
                    board.add(
                        try client.uploadPartCopy(
                            source, range: range, to: upload, number: number, until: copy.deadline))
                } catch {
                    board.fail(error)
                }
            }
        }
        if let failure = board.failure {
            if failure == .preconditionFailed { try? client.abort(upload, until: copy.deadline) }
            // Is it the upload in parts that is gone, somebody else completed it, and the caller looks for the object.
            // A store may call that a missing key, as it does the source's.
            if failure == .notFound(code: "NoSuchUpload") { return }
            if case .notFound = failure, try copy.stored(claim) != nil { return }
            throw failure
        }
        do throws(S3Error) {
            _ = try client.complete(upload, parts: board.parts, until: copy.deadline)
        } catch .notFound(let code) where code.is("NoSuchUpload") {
            // Somebody else, or a try of our own, completed it; the caller looks for the object.
        }
    }

    /// The upload in parts that the claim names, with the parts it has, or a new one that it names from now on.
    ///
    /// Nil where the one it names was completed already.
    private func begin(_ entry: ClaimLedger.Entry) throws(S3Error) -> (MultipartUpload, [UploadedPart])? {
        let target = copy.target(entry.claim)
        if let id = entry.claim.multipartID {
            let upload = MultipartUpload(target, id: id)
            do throws(S3Error) {
                return (upload, try client.allParts(of: upload, until: copy.deadline))
            } catch .notFound {
                if try copy.stored(entry.claim) != nil { return nil }
            }
        }
        let upload = try client.createMultipartUpload(target, headers: copy.headers(entry.claim), until: copy.deadline)
        if try ledger.change(entry, { $0.multipartID = upload.id }) != nil { return (upload, []) }
        // Somebody else's copy is on its way: theirs is the one to go on with.
        try? client.abort(upload, until: copy.deadline)
        guard let present = try ledger.entry(entry.claim.uploadKey, entry.claim.etag) else { throw .conflict }
        guard let id = present.claim.multipartID, present.claim.state == .open else { return nil }
        let theirs = MultipartUpload(target, id: id)
        do throws(S3Error) {
            return (theirs, try client.allParts(of: theirs, until: copy.deadline))
        } catch .notFound {
            return nil
        }
    }

    /// From 5 MiB to 128 MiB, and more only where 10,000 parts would not do.
    private func partSize(_ size: Int64) -> Int64 {
        let wanted = min(max(copy.desk.partCopyThreshold / 4, 5 << 20), 128 << 20)
        return max(wanted, (size + Self.maximumParts - 1) / Self.maximumParts)
    }

    static func ranges(of size: Int64, atLeast part: Int64) -> [ByteRange] {
        stride(from: 0, to: size, by: Int64.Stride(part)).map { first in
            ByteRange(first: first, count: min(part, size - first))
        }
    }
}

/// What is still to be copied, shared by the threads that do it.
private final class Board: Sendable {
    private struct State {
        var open: [(Int, ByteRange)]
        var parts: [UploadedPart]
        var failure: S3Error?
    }

    private let state: Mutex<State>

    init(_ ranges: [ByteRange], known: [UploadedPart]) {
        let sizes = ranges.map(\.count)
        let fitting = known.filter { $0.number <= sizes.count && $0.size == sizes[$0.number - 1] }
        let done = Set(fitting.map(\.number))
        let open = ranges.enumerated().map { ($0.offset + 1, $0.element) }.filter { !done.contains($0.0) }
        state = Mutex(State(open: open.reversed(), parts: fitting))
    }

    func take() -> (Int, ByteRange)? {
        state.withLock { $0.failure == nil ? $0.open.popLast() : nil }
    }

    func add(_ part: UploadedPart) {
        state.withLock { $0.parts.append(part) }
    }

    func fail(_ error: S3Error) {
        state.withLock { if $0.failure == nil { $0.failure = error } }
    }

    var failure: S3Error? { state.withLock { $0.failure } }
    var parts: [UploadedPart] { state.withLock { $0.parts.sorted { $0.number < $1.number } } }
}
