internal import FastCGI
internal import S3Authorization

/// `GET time`: our clock, in milliseconds since 1970, for pages whose own is wrong.
enum TimeHandler {
    static func response(_ surroundings: Surroundings) -> Response {
        var writer = JSONWriter(capacity: 32)
        writer.beginObject()
        writer.name("now")
        writer.number(surroundings.now())
        writer.endObject()
        return Answers.json(writer.bytes)
    }
}
