internal import S3Authorization

/// What a store, or a service between us, says in one request: some objects that were made, and much that we ignore.
struct EventNotification: Equatable {
    /// More are refused before anything is done.
    static let maximumRecords = 1000
    /// The largest body, in bytes; a message of Amazon's has 256 KiB at most.
    static let bodyLimit = 512 << 10

    private(set) var events: [StorageEvent] = []
    /// Records about something else.
    private(set) var ignored = 0
    /// Where a subscription of Amazon SNS is confirmed, which a person does.
    private(set) var confirmation: ByteString?

    /// Reads one JSON object or an array of them: a notification of S3's, MinIO's or Ceph's, an event of EventBridge's, S3's
    /// test event, or any of these inside a message of Amazon SNS.
    init(parsing body: [UInt8]) throws(RequestError) {
        do throws(JSONError) {
            var reader = JSONReader(body)
            if try reader.peek() == .array {
                try readAll(&reader)
                try reader.end()
            } else {
                try read(try JSONMembers(parsing: body), depth: 0)
            }
        } catch {
            throw JSONReader.isValue(body) ? .unknownNotification : .malformedJSON(error, in: body)
        }
        if isUnknown { throw .unknownNotification }
        guard events.count + ignored <= Self.maximumRecords else { throw .tooManyRecords }
    }

    /// Whether something is no notification that we know.
    private var isUnknown = false

    private mutating func readAll(_ reader: inout JSONReader) throws(JSONError) {
        var array = try reader.beginArray()
        while try reader.nextElement(in: &array) {
            try read(try JSONMembers(parsing: Array(try reader.readValue().bytes)), depth: 0)
        }
    }

    private mutating func read(_ document: JSONMembers, depth: Int) throws(JSONError) {
        if let records = document["Records"] {
            var reader = JSONReader(Array(records.bytes))
            var array = try reader.beginArray()
            while try reader.nextElement(in: &array) {
                add(StorageEvent(record: try JSONMembers(parsing: Array(try reader.readValue().bytes))))
            }
        } else if document["detail-type"] != nil {
            add(StorageEvent(eventBridge: document))
        } else if document.string("Event")?.is("s3:TestEvent") ?? false {
            ignored += 1
        } else if depth == 0, let kind = document.string("Type") {
            try readMessage(kind, document)
        } else {
            isUnknown = true
        }
    }

    /// <https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html>
    private mutating func readMessage(_ kind: ByteString, _ message: JSONMembers) throws(JSONError) {
        if kind.is("Notification"), let text = message.string("Message") {
            try read(try JSONMembers(parsing: Array(text.bytes)), depth: 1)
        } else if kind.is("SubscriptionConfirmation"), let url = message.string("SubscribeURL") {
            ignored += 1
            confirmation = url
        } else if kind.is("UnsubscribeConfirmation") {
            ignored += 1
        } else {
            isUnknown = true
        }
    }

    private mutating func add(_ event: StorageEvent?) {
        if let event { events.append(event) } else { ignored += 1 }
    }
}

extension RequestError {
    static var unknownNotification: RequestError {
        RequestError(
            status: 400, code: "unknown_notification",
            message: "This is no notification of S3's, EventBridge's or SNS's")
    }

    static var tooManyRecords: RequestError {
        RequestError(
            status: 413, code: "too_many_records",
            message: "A notification should have at most \(EventNotification.maximumRecords) records")
    }
}
