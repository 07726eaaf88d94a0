package import S3Authorization

/// One HTTP request as it goes out: nothing is added to it but `Host`, `Content-Length`, `Accept` and `User-Agent`.
package struct HTTPRequest: Sendable, Equatable {
    package var method: ByteString
    /// Absolute, http or https, encoded; sent as it is, `..` and all.
    package var url: ByteString
    package var headers: [HeaderField]
    /// Nil for none; an empty one is sent with `Content-Length: 0`.
    package var body: [UInt8]?
    /// Bytes of the answer's body that are taken at most.
    package var limit: Int
    /// The unix socket to connect to instead of the URL's host.
    package var unixSocket: String?
    package var timeouts: Timeouts

    package init(
        method: ByteString = "GET", url: ByteString, headers: [HeaderField] = [], body: [UInt8]? = nil,
        limit: Int = 65_536, unixSocket: String? = nil, timeouts: Timeouts = Timeouts()
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.limit = limit
        self.unixSocket = unixSocket
        self.timeouts = timeouts
    }

    /// What one try may take, within the deadline of all of them.
    package struct Timeouts: Sendable, Equatable {
        /// Milliseconds until the connection stands, name look-up and TLS included.
        package var connect: Int64
        /// Milliseconds until the first byte of the answer, to a second or so; nil for the deadline's.
        package var firstByte: Int64?

        package init(connect: Int64 = 5000, firstByte: Int64? = 15_000) {
            self.connect = connect
            self.firstByte = firstByte
        }
    }
}

/// What came back, whole.
package struct HTTPAnswer: Sendable, Equatable {
    package var status: Int
    /// In order, names in lower case, values trimmed.
    package var headers: [HeaderField]
    package var body: [UInt8]

    package init(status: Int, headers: [HeaderField] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The first value of the header whose name in lower case is `name`.
    package func header(_ name: ByteString) -> ByteString? {
        headers.first { $0.name == name }?.value
    }
}
