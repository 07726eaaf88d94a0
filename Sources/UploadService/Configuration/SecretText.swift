/// A secret that no description, mirror, dump or interpolation shows.
package struct SecretText: Sendable {
    package let bytes: [UInt8]

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    package func withBytes<Answer, Failure: Error>(
        _ body: ([UInt8]) throws(Failure) -> Answer
    ) throws(Failure) -> Answer {
        try body(bytes)
    }
}

extension SecretText: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "redacted" }
    package var debugDescription: String { "redacted" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
