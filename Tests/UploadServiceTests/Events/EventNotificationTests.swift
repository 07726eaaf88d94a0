import S3Authorization
import Testing

@testable import UploadService

/// Notifications as stores and the services between send them.
struct EventNotificationTests {
    static let record = """
        {"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"us-east-1","eventTime":"2026-11-22T12:34:56.000Z",
        "eventName":"ObjectCreated:Put","s3":{"s3SchemaVersion":"1.0","configurationId":"1",
        "bucket":{"name":"uploads","ownerIdentity":{"principalId":"A"},"arn":"arn:aws:s3:::uploads"},
        "object":{"key":"frodo/a+b%2Bc%C3%A9.txt","size":7,"eTag":"aa","sequencer":"0055AED6DCD90281E5"}}}
        """

    static func parse(_ text: String) throws -> EventNotification {
        try EventNotification(parsing: Array(text.utf8))
    }

    static func records(_ records: String...) -> String { "{\"Records\":[\(records.joined(separator: ","))]}" }

    static func changed(_ old: String, _ new: String) -> String {
        record.replacing(old, with: new)
    }

    @Test func readsARecord() throws {
        let events = try Self.parse(Self.records(Self.record)).events
        #expect(events.count == 1)
        #expect(events.first?.bucket == "uploads")
        #expect(events.first?.keys == ["frodo/a b+cé.txt", "frodo/a+b%2Bc%C3%A9.txt"])
    }

    @Test(arguments: [
        "ObjectCreated:Post", "ObjectCreated:Copy", "ObjectCreated:CompleteMultipartUpload", "s3:ObjectCreated:Put",
    ])
    func takesEveryWayToMakeAnObject(name: String) throws {
        #expect(try Self.parse(Self.records(Self.changed("ObjectCreated:Put", name))).events.count == 1)
    }

    @Test(arguments: [
        ("ObjectCreated:Put", "ObjectRemoved:Delete"), ("ObjectCreated:Put", "s3:ObjectRestore:Post"),
        ("ObjectCreated:Put", "xObjectCreated:Put"), ("\"eventName\"", "\"name\""), ("\"key\"", "\"kei\""),
        ("frodo/a+b%2Bc%C3%A9.txt", ""), ("\"name\":\"uploads\"", "\"name\":7"), ("\"s3\":{", "\"s4\":{"),
    ])
    func ignoresTheRest(old: String, new: String) throws {
        let notification = try Self.parse(Self.records(Self.changed(old, new), Self.record))
        #expect(notification.events.count == 1)
        #expect(notification.ignored == 1)
    }

    @Test func keepsAKeyThatIsNotEncoded() throws {
        let notification = try Self.parse(Self.records(Self.changed("a+b%2Bc%C3%A9.txt", "100%.txt")))
        #expect(notification.events.first?.keys == ["frodo/100%.txt"])
    }

    /// MinIO says the record's name and key once more around it.
    @Test func readsMinIO() throws {
        let text = """
            {"EventName":"s3:ObjectCreated:Put","Key":"uploads/frodo/a.txt","Records":[\(Self.record)]}
            """
        #expect(try Self.parse(text).events.count == 1)
    }

    static let eventBridge = """
        {"version":"0","id":"17793124-05d4-b198-2fde-7ededc63b103","detail-type":"Object Created","source":"aws.s3",
        "account":"111122223333","time":"2026-11-22T12:34:56Z","region":"us-east-1","resources":["arn:aws:s3:::uploads"],
        "detail":{"version":"0","bucket":{"name":"uploads"},"object":{"key":"frodo/a+b%20c.txt","size":5,"etag":"b1",
        "sequencer":"00617F08299329D189"},"request-id":"N4N7","requester":"1","reason":"PutObject"}}
        """

    @Test func readsEventBridgeWhoseKeysAreAsTheyAre() throws {
        let notification = try Self.parse(Self.eventBridge)
        #expect(notification.events.map(\.keys) == [["frodo/a+b%20c.txt"]])
    }

    @Test(arguments: [("Object Created", "Object Deleted"), ("aws.s3", "my.s3")])
    func ignoresOtherEventsOfEventBridge(old: String, new: String) throws {
        let notification = try Self.parse(Self.eventBridge.replacing(old, with: new))
        #expect(notification.events.isEmpty && notification.ignored == 1)
    }

    @Test func readsABatch() throws {
        let notification = try Self.parse("[\(Self.eventBridge),\(Self.records(Self.record, Self.record))]")
        #expect(notification.events.count == 3)
    }

    @Test func takesTheTestEvent() throws {
        let notification = try Self.parse(
            #"{"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2026-11-22T12:34:56.789Z","Bucket":"uploads"}"#)
        #expect(notification.events.isEmpty && notification.ignored == 1)
    }

    @Test func readsMessagesOfSNS() throws {
        var writer = JSONWriter()
        writer.string(Self.records(Self.record))
        let message = String(decoding: writer.bytes, as: UTF8.self)
        let notification = try Self.parse(#"{"Type":"Notification","MessageId":"1","Message":\#(message)}"#)
        #expect(notification.events.count == 1)
        let confirmation = try Self.parse(
            #"{"Type":"SubscriptionConfirmation","Token":"t","SubscribeURL":"https://sns.example.org/?t"}"#)
        #expect(confirmation.confirmation == "https://sns.example.org/?t")
        #expect(confirmation.events.isEmpty)
    }

    @Test(arguments: [
        "{}", "[{}]", #"{"Type":"Notification","Message":"{\"Type\":\"Notification\",\"Message\":\"{}\"}"}"#,
        #"{"Event":"s3:OtherEvent"}"#,
    ])
    func refusesWhatIsNoNotification(text: String) {
        #expect(throws: RequestError.unknownNotification) { try Self.parse(text) }
    }

    @Test(arguments: [
        "", "Records=1", "[", "7", #"{"Records":{}}"#, #"{"Records":[7]}"#, #"{"Records":[],"Records":[]}"#,
    ])
    func refusesWhatIsNoJSON(text: String) throws {
        let error = #expect(throws: RequestError.self) { try Self.parse(text) }
        #expect(error?.status == 400)
    }

    @Test func refusesTooMany() throws {
        let limit = EventNotification.maximumRecords
        let many = Array(repeating: "{}", count: limit).joined(separator: ",")
        #expect(try Self.parse("{\"Records\":[\(many)]}").ignored == limit)
        #expect(throws: RequestError.tooManyRecords) { try Self.parse("{\"Records\":[\(many),{}]}") }
    }
}
