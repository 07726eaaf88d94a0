import S3Authorization
import Testing

@testable import UploadService

@Suite struct TypeAgreementTests {
    private func agrees(_ found: String, _ declared: String) throws -> Bool {
        TypeAgreement.agrees(
            found: try #require(ContentType(ByteString(found))),
            declared: try #require(ContentType(ByteString(declared))))
    }

    static let office = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

    static let agreeing: [(String, String)] = [
        ("image/png", "image/png"), ("image/png", "IMAGE/PNG"), ("image/jpeg", "image/jpg"),
        ("audio/x-wav", "audio/wav"), ("text/html", "text/html; charset=utf-8"),
        ("application/octet-stream", "image/png"), ("application/x-empty", "image/png"),
        ("inode/x-empty", "text/plain"), ("image/png", "application/octet-stream"),
        ("text/plain", "text/csv"), ("text/plain", "application/json"), ("text/plain", "image/svg+xml"),
        ("text/x-c", "text/css"), ("text/x-python", "text/plain"), ("text/html", "text/plain"),
        ("text/html", "text/markdown"), ("application/json", "text/plain"), ("text/xml", "application/xml"),
        ("text/xml", "image/svg+xml"), ("text/xml", "application/gpx+xml"),
        ("application/json", "application/geo+json"),
        ("application/zip", office), (office, "application/zip"), ("application/zip", "application/epub+zip"),
        ("application/zip", "application/x-zip-compressed"), ("application/x-ole-storage", "application/msword"),
        ("application/CDFV2", "application/vnd.ms-excel"), ("application/vnd.ms-excel", "application/msword"),
        ("video/mp4", "audio/mp4"), ("video/quicktime", "video/mp4"), ("audio/x-m4a", "audio/mp4"),
        ("video/x-matroska", "video/webm"), ("application/ogg", "audio/ogg"),
        ("application/x-gzip", "application/gzip"),
        ("video/x-ms-asf", "video/x-ms-wmv"), ("image/heif", "image/heic"),
    ]

    @Test(arguments: agreeing)
    func agreement(found: String, declared: String) throws {
        #expect(try agrees(found, declared))
    }

    static let contradictory: [(String, String)] = [
        ("text/html", "image/png"), ("text/html", "application/pdf"), ("text/html", "image/svg+xml"),
        ("text/html", "application/json"), ("text/html", "text/css"), ("text/javascript", "text/css"),
        ("image/svg+xml", "image/png"), ("image/jpeg", "image/png"), ("image/png", "text/plain"),
        ("application/pdf", "text/plain"), ("text/plain", "image/png"), ("text/plain", "application/pdf"),
        ("text/x-shellscript", "image/jpeg"), ("application/zip", "application/pdf"), ("application/zip", "image/png"),
        (office, "application/vnd.oasis.opendocument.text"), ("application/x-dosexec", "application/zip"),
        ("application/x-executable", "video/mp4"), ("application/json", "image/svg+xml"),
        ("application/gzip", "application/zip"), ("audio/mpeg", "video/mp4"), ("image/gif", "video/mp4"),
    ]

    @Test(arguments: contradictory)
    func contradiction(found: String, declared: String) throws {
        #expect(try !agrees(found, declared))
    }
}

@Suite struct TypeSettlementTests {
    private func settle(
        _ declared: String?, _ found: String?, _ name: ByteString = "file", _ allowed: [String] = []
    ) throws -> String {
        let settlement = TypeSettlement(allowed: allowed.compactMap { ContentTypePattern($0) })
        return try settlement.settle(
            declared: declared.map { try #require(ContentType(ByteString($0))) },
            found: found.map { try #require(ContentType(ByteString($0))) }, name: name
        ).text
    }

    @Test(
        arguments: [
            ("image/png", "image/png", "a.jpg", "image/png"), ("image/png", nil, "a.jpg", "image/png"),
            (nil, "image/png", "a.jpg", "image/png"), (nil, nil, "a.jpg", "image/jpeg"),
            (nil, nil, "a", "application/octet-stream"), ("binary/octet-stream", nil, "a.pdf", "application/pdf"),
            ("application/octet-stream", "text/html", "a.png", "text/html"), (nil, "text/plain", "a.csv", "text/csv"),
            (nil, "application/zip", "a.odt", "application/vnd.oasis.opendocument.text"),
            (nil, "application/zip", "a.pdf", "application/zip"),
            (nil, "application/octet-stream", "a.glb", "model/gltf-binary"),
            ("binary/octet-stream", "application/octet-stream", "a", "binary/octet-stream"),
        ] as [(String?, String?, ByteString, String)])
    func settled(declared: String?, found: String?, name: ByteString, type: String) throws {
        #expect(try settle(declared, found, name) == type)
    }

    @Test func contradictionIsSaid() throws {
        let error = #expect(throws: TypeSettlementError.contradiction(found: "text/html", declared: "image/png")) {
            try settle("image/png", "text/html", "a.png", ["image/*"])
        }
        #expect(error?.description == "The file is text/html, not image/png")
    }

    @Test func allowedTypes() throws {
        #expect(try settle("image/png", "image/png", "a", ["image/*"]) == "image/png")
        #expect(throws: TypeSettlementError.notAllowed("text/html")) {
            try settle(nil, "text/html", "a.png", ["image/*"])
        }
        #expect(throws: TypeSettlementError.notAllowed("application/pdf")) {
            try settle("application/pdf", nil, "a", ["image/*"])
        }
        #expect(throws: TypeSettlementError.notAllowed("application/octet-stream")) {
            try settle(nil, nil, "a", ["image/*"])
        }
    }

    /// Where types are demanded, what calls itself a PNG must be one; without a demand nobody minds.
    @Test func unknownContents() throws {
        let found = "application/octet-stream"
        #expect(try settle("image/png", found) == "image/png")
        #expect(throws: TypeSettlementError.contradiction(found: found, declared: "image/png")) {
            try settle("image/png", found, "a.png", ["image/*"])
        }
        #expect(throws: TypeSettlementError.contradiction(found: found, declared: "image/png")) {
            try settle(nil, found, "a.png", ["image/*"])
        }
        #expect(try settle("model/gltf-binary", found, "a.glb", ["model/*"]) == "model/gltf-binary")
    }
}

@Suite struct FileNameTypeTests {
    @Test(arguments: [
        ("a.png", "image/png"), ("A.PNG", "image/png"), ("a.tar.gz", "application/gzip"), ("a.b.mp4", "video/mp4"),
        ("d/a.mp4", "video/mp4"), ("C:\\d\\a.docx", TypeAgreementTests.office), ("ä.jpg", "image/jpeg"),
    ])
    func known(name: String, type: String) {
        #expect(FileNameType.type(of: ByteString(name)) == ByteString(type))
        #expect(FileNameType.contentType(of: ByteString(name))?.text == type)
    }

    @Test(arguments: ["", "a", ".png", "d.png/a", "a.", "a.png\u{0}", "a.png ", "a.pnɡ", "a.unknownextension", "png"])
    func unknown(name: String) {
        #expect(FileNameType.type(of: ByteString(name)) == "application/octet-stream")
        #expect(FileNameType.contentType(of: ByteString(name)) == nil)
    }

    @Test func everyTypeIsOne() {
        #expect(FileNameType.types.count >= 80)
        for (ending, type) in FileNameType.types {
            #expect(ContentType(ByteString(type))?.text == type, "\(ending)")
        }
    }
}
