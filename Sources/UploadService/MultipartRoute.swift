internal import S3Authorization

/// Companion's URLs for uploads in parts, below `s3/multipart`; an upload's id there is one of our tickets.
///
/// <https://uppy.io/docs/companion/>
enum MultipartRoute: Equatable {
    case uploads
    case upload(ByteString)
    /// The number as it was written.
    case part(ByteString, number: ByteString)
    case batch(ByteString)
    case complete(ByteString)

    /// Reads what follows `/s3/multipart`, its segments decoded once; nil where it is none of these.
    init?(_ rest: ByteString) {
        guard !rest.isEmpty else {
            self = .uploads
            return
        }
        guard rest.bytes.first == UInt8(ascii: "/") else { return nil }
        var segments: [ByteString] = []
        for segment in rest.bytes.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            guard let decoded = try? PercentEncoding.decode(ByteString(segment)), !decoded.isEmpty else { return nil }
            segments.append(decoded)
        }
        switch segments.count {
        case 1: self = .upload(segments[0])
        case 2 where segments[1].is("batch"): self = .batch(segments[0])
        case 2 where segments[1].is("complete"): self = .complete(segments[0])
        case 2: self = .part(segments[0], number: segments[1])
        default: return nil
        }
    }

    var name: StaticString {
        switch self {
        case .uploads: "s3/multipart"
        case .upload: "s3/multipart/ID"
        case .part: "s3/multipart/ID/part"
        case .batch: "s3/multipart/ID/batch"
        case .complete: "s3/multipart/ID/complete"
        }
    }

    var methods: [Inquiry.Method] {
        switch self {
        case .uploads, .complete: [.post]
        case .upload: [.get, .delete]
        case .part, .batch: [.get]
        }
    }
}
