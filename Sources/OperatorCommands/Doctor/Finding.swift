internal import S3Authorization

/// What one examination found.
package struct Finding: Sendable, Equatable {
    package enum State: String, Sendable {
        case ok
        /// It works, but not as it should.
        case warning
        case failed
    }

    /// A name for programs, which does not change: `form_over_size`.
    package let check: String
    package let state: State
    /// One sentence: what was found.
    package let message: String
    /// One sentence: what mends it; nil where all is well.
    package let mending: String?

    /// A line for people, and one for the mending.
    package var text: String {
        let word = state.rawValue + String(repeating: " ", count: 7 - state.rawValue.utf8.count)
        return "\(word)  \(check): \(Printable.sentence(message))"
            + (mending.map { "\n         \(Printable.sentence($0))" } ?? "")
    }
}

/// All findings of one visit.
package struct Diagnosis: Sendable, Equatable {
    package let findings: [Finding]

    package var isHealthy: Bool { !findings.contains { $0.state == .failed } }

    private func count(_ state: Finding.State) -> Int { findings.count { $0.state == state } }

    package var summary: String {
        "\(count(.ok)) ok, \(count(.warning)) warnings, \(count(.failed)) failed"
    }

    /// For programs: one JSON object.
    package var json: [UInt8] {
        var writer = JSONWriter(capacity: 4096)
        writer.beginObject()
        writer.name("healthy")
        writer.boolean(isHealthy)
        writer.name("findings")
        writer.beginArray()
        for finding in findings {
            writer.beginObject()
            writer.name("check")
            writer.string(finding.check)
            writer.name("state")
            writer.string(finding.state.rawValue)
            writer.name("message")
            writer.string(finding.message)
            if let mending = finding.mending {
                writer.name("mending")
                writer.string(mending)
            }
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }
}
