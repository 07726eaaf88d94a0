internal import S3Authorization

extension Explanation {
    /// For people: a line for what was read, two for each cause, and the place where things part.
    package var text: String {
        var lines = [Printable.sentence(subject)]
        for cause in causes {
            lines.append("")
            lines.append(
                "\(cause.isCertain ? "" : "probably ")\(cause.name.rawValue): \(Printable.sentence(cause.message))")
            lines.append("    \(Printable.sentence(cause.mending))")
        }
        if let difference {
            lines.append("")
            lines.append(
                "The \(difference.part) parts at byte \(difference.offset), line \(difference.line) column "
                    + "\(difference.column + 1):")
            lines.append("    S3 received    \(difference.received)")
            lines.append("    we would sign  \(difference.expected)")
            lines.append("                   " + String(repeating: " ", count: difference.mark) + "^")
        }
        if !remarks.isEmpty { lines.append("") }
        lines += remarks.map(Printable.sentence)
        if causes.isEmpty {
            lines.append("Nothing is wrong with it as far as can be seen from here.")
        }
        return lines.joined(separator: "\n")
    }

    /// For programs: one JSON object.
    package var json: [UInt8] {
        var writer = JSONWriter(capacity: 1024)
        writer.beginObject()
        writer.name("subject")
        writer.string(subject)
        writer.name("causes")
        writer.beginArray()
        for cause in causes {
            writer.beginObject()
            writer.name("cause")
            writer.string(cause.name.rawValue)
            writer.name("certain")
            writer.boolean(cause.isCertain)
            writer.name("message")
            writer.string(cause.message)
            writer.name("mending")
            writer.string(cause.mending)
            writer.endObject()
        }
        writer.endArray()
        if let difference {
            writer.name("difference")
            writer.beginObject()
            writer.name("part")
            writer.string(difference.part)
            writer.name("byte")
            writer.number(difference.offset)
            writer.name("line")
            writer.number(difference.line)
            writer.name("received")
            writer.string(difference.received)
            writer.name("expected")
            writer.string(difference.expected)
            writer.endObject()
        }
        writer.name("remarks")
        writer.beginArray()
        for remark in remarks { writer.string(remark) }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }
}
