import Dispatch
import S3Authorization
import Testing

@testable import UploadService

@Suite struct InspectorTests {
    static let png: [UInt8] = [
        0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, 0x49, 0x48, 0x44, 0x52, 0, 0, 0, 1, 0, 0, 0, 1,
        8,
        2, 0, 0, 0,
    ]

    static let samples: [([UInt8], String)] = [
        (png, "image/png"), ([0xff, 0xd8, 0xff, 0xe0, 0, 0x10, 0x4a, 0x46, 0x49, 0x46, 0, 1, 1], "image/jpeg"),
        (Array("GIF89a\u{1}\u{0}\u{1}\u{0}".utf8), "image/gif"), (Array("%PDF-1.7\n".utf8), "application/pdf"),
        (Array("<!DOCTYPE html><html><body>x</body></html>".utf8), "text/html"),
        (Array("<html><script>alert(1)</script></html>".utf8), "text/html"),
        (Array("Just some words.\n".utf8), "text/plain"), (Array(#"{"a": [1, 2]}"#.utf8), "application/json"),
        ([0x50, 0x4b, 3, 4, 20, 0, 0, 0, 8, 0] + [UInt8](repeating: 0, count: 40), "application/zip"),
        ([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3], "application/gzip"),
        ([0, 1, 2, 3, 0xff, 0xfe, 0xfd, 0x80, 0x81], "application/octet-stream"),
    ]

    @Test(arguments: samples)
    func knownFiles(bytes: [UInt8], type: String) throws {
        #expect(try Inspector().contentType(of: bytes).text == type)
    }

    @Test func anEmptyFileIsUnknown() throws {
        #expect(TypeAgreement.isUnknown(try Inspector().contentType(of: [])))
    }

    @Test func onlyTheStartIsLookedAt() throws {
        let text = [UInt8](repeating: 0x61, count: Inspector.length)
        #expect(try Inspector().contentType(of: text + [0, 1, 2, 3, 0xff]).text == "text/plain")
        #expect(try Inspector().contentType(of: text.dropLast() + [0, 1, 2, 3, 0xff]).text != "text/plain")
    }

    /// A cookie is one caller's at a time: with one for all, this crashes or mixes answers up.
    @Test func manyAtOnce() throws {
        let inspector = Inspector()
        let samples = Self.samples
        DispatchQueue.concurrentPerform(iterations: 400) { index in
            let (bytes, type) = samples[index % samples.count]
            #expect((try? inspector.contentType(of: bytes).text) == type)
        }
    }

    private static let storage = """
        [storage]
        bucket = "example-storage"
        credentials = "aws"

        """

    @Test(arguments: [("", false), ("[rules]\ninspect = true", true), ("[profiles.a]\ninspect = true", true)])
    func onlyWhoWantsItHasIt(lines: String, wanted: Bool) throws {
        let configuration = try Sample.load(Sample.least + "\n" + Self.storage + lines).configuration
        let site = try Site(configuration, .fixed())
        #expect((site.storage?.inspector != nil) == wanted)
        #expect(throws: Never.self) { try configuration.loadInspector(of: site) }
    }
}
