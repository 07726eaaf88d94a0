import Foundation
import Glibc
import S3Authorization
import Testing

@testable import UploadService

/// What is kept is there whole, for nobody else to read, or not at all.
@Suite struct SpoolFolderTests {
    @Test func aRecordIsKept() throws {
        let test = TestOutbox()
        try test.keep()
        #expect(test.files == ["tmp": [], "new": ["upload_1"], "dead": []])
        #expect(try test.mode() == 0o700 && test.mode("/new") == 0o700 && test.mode("/new/upload_1") == 0o600)
        #expect(!test.folder.isOpenToOthers)
        let bytes = try #require(try test.folder.read("upload_1", in: .new))
        let record = try #require(SpoolRecord(parsing: bytes))
        #expect(record.event.id == "upload_1" && record.event.data == #"{"key":"frodo/1"}"#)
        #expect(record.event.time == testTime && record.created == testTime && record.attempts == 0)
        #expect(record.reason == "the hook answered 503")
        #expect(test.folder.due("upload_1", in: .new) == test.now + 5000)
    }

    @Test func noLoginIsKept() throws {
        let test = TestOutbox()
        try test.keep()
        let bytes = try #require(try test.folder.read("upload_1", in: .new))
        #expect(!String(decoding: bytes, as: UTF8.self).contains("secret"))
    }

    /// One that waits already keeps its place and its time.
    @Test func aRepeatIsTheSameRecord() throws {
        let test = TestOutbox()
        try test.keep()
        let first = test.folder.due("upload_1", in: .new)
        test.now += 60_000
        try test.keep()
        #expect(test.files["new"] == ["upload_1"] && test.folder.due("upload_1", in: .new) == first)
    }

    @Test(arguments: SpoolStep.allCases, [ENOSPC, EDQUOT, EROFS, EACCES, EIO, EMFILE, EFBIG])
    func everyFailureOfEveryStep(_ step: SpoolStep, _ code: Int32) throws {
        let test = TestOutbox()
        var outbox = test.outbox
        outbox.folder.fault = { $0 == step ? code : 0 }
        #expect {
            try test.keep("upload_1", outbox)
        } throws: { error in
            (error as? SpoolError)?.code == code && "\(error)".contains(test.path)
        }
        #expect(test.files["tmp"] == [])
        // Whether the name lasts is not known where the folder was not flushed: it is not acknowledged, and delivered.
        #expect(test.files["new"] == (step == .flushFolder ? ["upload_1"] : []))
    }

    /// A repeat finds the name that the first try could not make last, and must not believe it.
    @Test func aNameThatMayNotLastIsFlushedAgain() throws {
        let test = TestOutbox()
        var outbox = test.outbox
        outbox.folder.fault = { $0 == .flushFolder ? EIO : 0 }
        #expect(throws: SpoolError.self) { try test.keep("upload_1", outbox) }
        #expect(throws: SpoolError.self) { try test.keep("upload_1", outbox) }
        try test.keep()
    }

    @Test func aFolderThatCannotBeMade() throws {
        for path in ["/proc/countersign", "/dev/null/spool", "/nowhere/spool"] {
            let outbox = Outbox(SpoolFolder(path))
            #expect(throws: SpoolError.self) { try outbox.keep(.make(), because: "", .fixed()) }
            #expect(outbox.folder.obstacle() != nil)
        }
    }

    @Test func onlyOneHoldsAFile() throws {
        let test = TestOutbox()
        try test.keep()
        func isFree(_ name: String = "upload_1") throws -> Bool {
            if let file = try test.folder.take(name, in: .new) { file.due > 0 } else { false }
        }
        if let held = try test.folder.take("upload_1", in: .new) {
            #expect(try !isFree())
            #expect(try held.bytes().count > 0)
        } else {
            Issue.record("nobody holds it, and yet it cannot be had")
        }
        #expect(try isFree())
        #expect(try !isFree("upload_2"))
    }

    @Test(arguments: [
        "", ".", "..", "../new/upload_1", "a/b", ".hidden", "a b", "a\0", "ä", String(repeating: "a", count: 129),
    ])
    func noNameLeadsOutOfItsBox(_ name: String) throws {
        let test = TestOutbox()
        try test.keep()
        #expect(!SpoolFolder.isName(name))
        let entry = try test.outbox.entry(name)
        #expect(entry == nil)
        #expect(try test.outbox.drop(name) == .missing && test.outbox.retry(name, test.surroundings) == .missing)
        #expect(test.files["new"] == ["upload_1"])
    }

    @Test func whatKilledWritersLeftIsCleared() throws {
        let test = TestOutbox()
        try test.folder.prepare()
        try Data("{".utf8).write(to: URL(fileURLWithPath: test.path + "/tmp/upload_1.77.abc"))
        test.now = Int64(Date().timeIntervalSince1970 * 1000)
        _ = try test.courier(ScriptedHook(.accepted([]))).round()
        #expect(test.files["tmp"] == ["upload_1.77.abc"])
        test.now += 130_000_000
        _ = try test.courier(ScriptedHook(.accepted([]))).round()
        #expect(test.files["tmp"] == [])
    }

    @Test func records() throws {
        var record = SpoolRecord(.make(data: #"{"a":[1,"ü\n"]}"#), created: testTime, reason: "\"quoted\"")
        record.attempts = 7
        #expect(SpoolRecord(parsing: record.document) == record)
        for broken in ["", "{}", "[]", "{\"version\":1}", String(decoding: record.document.dropLast(), as: UTF8.self)] {
            #expect(SpoolRecord(parsing: Array(broken.utf8)) == nil)
        }
        let other = String(decoding: record.document, as: UTF8.self)
        for (old, new) in [
            ("\"version\":1", "\"version\":2"), ("upload.completed", "upload.eaten"),
            ("\"attempts\":7", "\"attempts\":-1"),
        ] {
            #expect(SpoolRecord(parsing: Array(other.replacingOccurrences(of: old, with: new).utf8)) == nil)
        }
    }
}
