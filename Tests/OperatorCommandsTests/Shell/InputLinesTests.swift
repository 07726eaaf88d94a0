import Glibc
import Testing

@testable import OperatorCommands

struct InputLinesTests {
    /// The lines of a pipe that holds this.
    static func lines(_ pieces: [[UInt8]]) throws -> [[UInt8]] {
        var ends: [Int32] = [-1, -1]
        #expect(unsafe pipe(&ends) == 0)
        defer { close(ends[0]) }
        for piece in pieces { #expect(unsafe write(ends[1], piece, piece.count) == piece.count) }
        close(ends[1])
        var input = InputLines(ends[0])
        var lines: [[UInt8]] = []
        while let line = try input.next() { lines.append(line) }
        #expect(try input.next() == nil)
        return lines
    }

    @Test func readsLines() throws {
        #expect(try Self.lines([]) == [])
        let lines = try Self.lines([Array("a\n\nb c\n".utf8), [0xff, 0x0a, 0x64]])
        #expect(lines == [[0x61], [0x62, 0x20, 0x63], [0xff], [0x64]])
    }

    /// A key that is cut would be another key; this is longer than any.
    @Test func keepsNoMoreThanItNeeds() throws {
        let long = [UInt8](repeating: 0x61, count: 40_000)
        let lines = try Self.lines([long, Array("\nb\n".utf8)])
        #expect(lines == [Array(long.prefix(InputLines.limit)), [0x62]])
    }

    @Test func reportsWhatCannotBeRead() {
        var input = InputLines(-1)
        #expect(throws: (any Error).self) { try input.next() }
    }
}
