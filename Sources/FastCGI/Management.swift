/// Answers to management records: what this application is asked about itself.
///
/// Ours, not libfcgi's: its own overflows a buffer of 64 bytes where a name comes four times. FastCGI 1.0, section 4,
/// <https://fastcgi-archives.github.io/FastCGI_Specification.html#S4>.
struct Management: Sendable {
    let connections: Int
    let workers: Int

    /// nil where the content is no list of pairs.
    func answer(type: UInt8, content: [UInt8]) -> [UInt8]? {
        var answer: [UInt8] = []
        guard type == Record.Kind.getValues.rawValue else {
            answer.append(header: .unknownType, id: 0, contentLength: 8)
            answer.append(contentsOf: [type, 0, 0, 0, 0, 0, 0, 0])
            return answer
        }
        var asked: [(name: String, value: Int, isAsked: Bool)] = [
            ("FCGI_MAX_CONNS", connections, false), ("FCGI_MAX_REQS", workers, false), ("FCGI_MPXS_CONNS", 0, false),
        ]
        var offset = 0
        while offset < content.count {
            guard let pair = NameValuePair(content, at: &offset) else { return nil }
            for index in asked.indices where content[pair.name].elementsEqual(asked[index].name.utf8) {
                asked[index].isAsked = true
            }
        }
        var pairs: [UInt8] = []
        for (name, value, isAsked) in asked where isAsked {
            let digits = Array(String(value).utf8)
            pairs.append(UInt8(name.utf8.count))
            pairs.append(UInt8(digits.count))
            pairs.append(contentsOf: name.utf8)
            pairs.append(contentsOf: digits)
        }
        answer.append(header: .getValuesResult, id: 0, contentLength: pairs.count)
        return answer + pairs
    }
}
