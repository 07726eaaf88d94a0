/// What goes back to the web server: a status, headers and a body, written as a CGI response.
///
/// RFC 3875, section 6, <https://www.rfc-editor.org/rfc/rfc3875#section-6>.
package struct Response: Sendable, Equatable {
    package struct Header: Sendable, Equatable {
        package let name: String
        package let value: String
        /// As it is written; nil where that would not be one header line.
        let line: [UInt8]?

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
            line = Self.line(name, value)
        }
    }

    package var status: Int
    package var headers: [Header]
    package var body: [UInt8]

    package init(status: Int, headers: [Header] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}
