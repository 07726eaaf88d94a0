import FastCGI
import Foundation
import Testing

@testable import S3Authorization
@testable import UploadService

/// The independent cases of requests of chunked uploads, versions 2 and 4.
struct ChunkVectors {
    /// Where either answer is sound ours is the stricter one: Fine Uploader hashes every part, and a hash that is signed
    /// keeps others from putting another part under the signature.
    private static func isRefusedByChoice(_ vector: SignRequestCase) -> Bool { vector.tier == "policy" }

    private func site() throws -> Site {
        try .make {
            if let endpoint = try? Endpoint(parsing: "https://s3.amazonaws.com") { $0.endpoint = endpoint }
            if let url = HTTPURL("https://app.example.org") { $0.origins = [url] }
        }
    }

    @Test func areAllThere() {
        #expect(SignRequestCase.chunks.count >= 89)
        #expect(SignRequestCase.chunks.count { $0.isAccepted } >= 7)
        #expect(SignRequestCase.chunks.contains { $0.name == "v4r_payload_unsigned" && Self.isRefusedByChoice($0) })
    }

    @Test(arguments: SignRequestCase.chunks) func chunks(_ vector: SignRequestCase) throws {
        let response = vector.answer(from: try site())
        if vector.isAccepted && !Self.isRefusedByChoice(vector) {
            #expect(response.status == 200, "\(response.text)")
            #expect((response.json["signature"] as? String)?.isEmpty == false && response.json.count == 1)
        } else {
            #expect((400..<500).contains(response.status), "\(response.text.prefix(400))")
            #expect(response.json["policy"] == nil && response.json["signature"] == nil)
            #expect((response.json["error"] as? String)?.isEmpty == false)
            #expect(response.json["invalid"] as? Bool == true && response.json["success"] as? Bool == false)
        }
        #expect(!response.text.contains("wJalrXUtn"))
    }
}
