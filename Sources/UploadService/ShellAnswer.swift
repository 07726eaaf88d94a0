package import FastCGI

/// The answer to somebody at the machine's own shell, who may know more than a client.
package struct ShellAnswer: Sendable {
    package let response: Response
    /// What is wrong, in a client's words; nil where nothing is.
    package let problem: String?
    /// What lies behind it, which is for the log and for operators.
    package let cause: String?

    package var isGood: Bool { problem == nil }

    /// JSON.
    package var body: [UInt8] { response.body }

    /// Whether the same request may be granted in a moment.
    package var mayBeRepeated: Bool { response.headers.contains { $0.name == "Retry-After" } }
}
