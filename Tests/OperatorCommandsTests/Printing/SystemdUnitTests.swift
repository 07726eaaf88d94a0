import Foundation
import Testing

@testable import OperatorCommands

/// What is printed and what the Debian package installs are one and the same.
struct SystemdUnitTests {
    static let package = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../debian")

    static func lines(_ text: String) -> [String] {
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

    /// Where the file of quotas is, the service may write, and systemd makes the folder where it can.
    @Test(arguments: [
        ("/var/lib/countersign/quotas", "StateDirectory=countersign\nStateDirectoryMode=0700\n\n[Install]"),
        ("/var/lib/other/quotas", "StateDirectory=countersign other\nStateDirectoryMode=0700\n\n[Install]"),
        (
            "/run/countersign-quotas/quotas",
            "RuntimeDirectory=countersign-quotas\nRuntimeDirectoryMode=0700\nRuntimeDirectoryPreserve=yes\n\n[Install]"
        ),
        ("/srv/countersign/quotas", "StateDirectoryMode=0700\nReadWritePaths=/srv/countersign\n\n[Install]"),
        // The socket's folder is root's, and systemd would give it away.
        ("/run/countersign/quotas", "StateDirectory=countersign\nStateDirectoryMode=0700\n\n[Install]"),
    ])
    func letsQuotasBeCounted(file: String, lines: String) throws {
        let printed = try PrinterTests.print(.systemd) {
            $0.replacing("[rules]", with: "[quotas]\nfile = \"\(file)\"\n\n[rules]\nquota_requests = 5")
        }
        #expect(printed.contains("\n\(lines)"), "\(printed)")
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
