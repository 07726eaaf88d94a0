internal import FastCGI
internal import S3Authorization

/// The shapes of our answers, the same for every URL.
enum Answers {
    static let common: [Response.Header] = [
        .init("Content-Type", "application/json"), .init("Cache-Control", "no-store"),
        .init("X-Content-Type-Options", "nosniff"),
    ]

    static func json(_ body: [UInt8], headers: [Response.Header] = []) -> Response {
        Response(status: 200, headers: headers.isEmpty ? common : common + headers, body: body)
    }

    /// The one error body that every client understands; `status` is the error's own unless it could not be read.
    static func error(_ error: RequestError, status: Int) -> Response {
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("invalid")
        writer.boolean(true)
        writer.name("success")
        writer.boolean(false)
        writer.name("error")
        writer.string(error.message)
        writer.name("message")
        writer.string(error.message)
        writer.name("code")
        writer.string("\(error.code)")
        if !error.details.isEmpty { write(error.details, to: &writer) }
        writer.endObject()
        return Response(status: status, headers: common + error.headers, body: writer.bytes)
    }

    /// `{"conditions.key": ["…", …], …}`, every place once.
    private static func write(_ details: [RequestError.Detail], to writer: inout JSONWriter) {
        writer.name("errors")
        writer.beginObject()
        for (index, detail) in details.enumerated()
        where !details[..<index].contains(where: { $0.place == detail.place }) {
            writer.name(detail.place.bytes)
            writer.beginArray()
            for same in details[index...] where same.place == detail.place {
                writer.string(same.message)
            }
            writer.endArray()
        }
        writer.endObject()
    }
}
