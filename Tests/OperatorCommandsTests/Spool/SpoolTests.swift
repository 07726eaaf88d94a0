import S3Authorization
import Testing

@testable import OperatorCommands
@testable import UploadService

/// What the commands print of the outbox, and where the service may write.
@Suite struct SpoolTests {
    private static func hook(_ spool: String) -> (String) -> String {
        { $0 + "\n[hook]\ncommand = [\"/bin/true\"]\nwhen_down = \"accept\"\nspool = \"\(spool)\"\n" }
    }

    private static let record = SpoolRecord(
        HookEvent(kind: .completed, id: "upload_1", time: 1_900_000_000, data: #"{"user":"frodo"}"#),
        created: 1_900_000_000, reason: "the hook answered 503")
    private static let waiting = Outbox.Entry(id: "upload_1", isDead: false, record: record, time: 1_900_000_005_000)
    private static let dead = Outbox.Entry(id: "upload_2", isDead: true, record: nil, time: 1_900_000_000_000)

    @Test func theServiceMayWriteThereOnly() throws {
        let own = "\nStateDirectory=countersign\nStateDirectoryMode=0700\n"
        let plain = try PrinterTests.print(.systemd)
        #expect(plain.contains(own) && !plain.contains("ReadWritePaths") && !plain.contains("RuntimeDirectory"))
        let spool = try PrinterTests.print(.systemd, change: Self.hook("/var/spool/countersign"))
        #expect(spool.contains("\nReadWritePaths=/var/spool/countersign\n") && spool.contains(own.dropLast()))
        let state = try PrinterTests.print(.systemd, change: Self.hook("/var/lib/countersign/spool"))
        #expect(state.contains("\nStateDirectory=countersign countersign/spool\nStateDirectoryMode=0700\n"))
        #expect(!state.contains("ReadWritePaths"))
    }

    @Test func theDeskHasTheConfiguredOutbox() throws {
        #expect(try Desks.desk().outbox == nil)
        let outbox = try #require(try Desks.desk(Self.hook("/spool")).outbox)
        #expect(outbox.folder.path == "/spool" && outbox.accepts && outbox.giveUpAfter == 259_200)
    }

    @Test func list() {
        let text: String = SpoolText.list([Self.waiting, Self.dead])
        #expect(
            text == """
                upload_1  waiting  accepted 2030-03-17T17:46:40Z, tried 0x, next try 2030-03-17T17:46:45Z: the hook answered 503
                upload_2  dead     the file is no record of a call
                1 waiting, 1 dead
                """)
        let json: [UInt8] = SpoolText.list([Self.waiting, Self.dead])
        #expect(
            String(decoding: json, as: UTF8.self) == """
                [{"id":"upload_1","state":"waiting","nextTry":"2030-03-17T17:46:45Z","type":"upload.completed",\
                "accepted":"2030-03-17T17:46:40Z","attempts":0,"reason":"the hook answered 503"},\
                {"id":"upload_2","state":"dead","diedAt":"2030-03-17T17:46:40Z"}]
                """)
    }

    @Test func show() {
        #expect(String(decoding: SpoolText.show(Self.waiting), as: UTF8.self).hasSuffix(#""data":{"user":"frodo"}}"#))
    }
}
