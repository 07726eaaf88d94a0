internal import S3Authorization

extension HookEvent {
    /// The payload, `{"type": …, "timestamp": …, "data": …}`; nil where a part of it cannot be sent.
    ///
    /// The id is refused where it is empty or has a dot, a space or a byte that is no visible ASCII: the dot joins the
    /// signed parts. <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#payload-structure>
    var payload: [UInt8]? {
        guard (1...256).contains(id.count), id.bytes.allSatisfy({ $0.isVisibleASCII && $0 != UInt8(ascii: ".") }),
            let instant = try? SigningTime(secondsSince1970: occurred ?? time)
        else { return nil }
        var json = JSONWriter(capacity: data.count + 100)
        json.beginObject()
        json.name("type")
        json.string(kind.rawValue)
        json.name("timestamp")
        json.plain(instant.text(.extended))
        json.name("data")
        json.raw(data.bytes)
        json.endObject()
        return json.bytes
    }
}
