internal import ArgumentParser
internal import OperatorCommands
internal import UploadService

extension Desk {
    /// The configuration, whole and checked; else its problems on standard error, and the end.
    static func load(_ file: String?) throws -> Desk {
        do throws(ConfigurationError) {
            let loaded = try Configuration.load(
                file: file, environment: ProcessEnvironment.ours(), readFile: ConfigurationFile.read)
            return try Desk(loaded.configuration, .real)
        } catch {
            StandardError.write(Array("countersign: \(error)".utf8))
            throw ExitCode.configuration
        }
    }
}

extension ConfigurationOption {
    func desk() throws -> Desk { try Desk.load(file) }
}

extension CommonOptions {
    func desk() throws -> Desk { try place.desk() }

    func say(_ text: String, json bytes: [UInt8]) {
        StandardOutput.write(json ? bytes : Array(text.utf8))
    }
}
