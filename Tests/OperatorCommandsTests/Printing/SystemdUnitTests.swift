import Foundation
import Testing

@testable import OperatorCommands

/// What is printed and what the Debian package installs are one and the same.
struct SystemdUnitTests {
    static let package = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../debian")

    static func lines(_ text: some StringProtocol) -> [String] {
        text.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("#") && !$0.hasPrefix("Documentation=") }
    }

    @Test func equalThePackages() throws {
        let printed = try PrinterTests.print(.systemd)
        let installed = try ["countersign.socket", "countersign.service"].flatMap { name in
            Self.lines(try String(contentsOf: Self.package.appending(path: name), encoding: .utf8))
        }
        let same = installed.map { line in
            line.hasPrefix("ExecStart=") ? "\(line) --config \(Printer.Choices().configurationFile)" : line
        }
        #expect(Self.lines(printed) == same)
    }

    @Test func leavesAskersOfTheMetadataServiceTheirWay() throws {
        let keys = """
            access_key_id = "AKIASTORAGE"
            secret_access_key = "\(Desks.storageSecret)"
            """
        let printed = try PrinterTests.print(.systemd) { $0.replacing(keys, with: "credentials = \"aws\"") }
        #expect(!printed.contains("IPAddressDeny"))
    }
}
