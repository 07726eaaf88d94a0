internal import ArgumentParser
internal import OperatorCommands
internal import S3Authorization
internal import UploadService

extension Shell.Method: ExpressibleByArgument {}

struct SignCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign", abstract: "Sign as POST sign does, or give leave to upload one file as GET presign does.",
        discussion: """
            A policy (JSON), or {"headers": …} for uploads in parts, comes from a file or from standard input, and the answer \
            of POST sign is printed. With --filename or --file, the answer of GET presign is printed instead, or with --curl \
            a command for a POSIX shell that sends the file:

                countersign sign --user frodo --file photo.jpg --curl | sh

            The rules hold as they do for a browser, and the site's hook is asked where it has a say. Who the user is says \
            --user, which is believed as the web server's REMOTE_USER is. What is printed gives leave to upload until it \
            expires; it holds no secret key.

            Exit status: 0 signed, 1 refused (the answer is printed all the same), 65 what was given cannot be read, 75 not \
            now, but perhaps in a moment, 78 the configuration is wrong.
            """)

    @Option(help: "For whom; the name as the web server would pass it.")
    var user: String

    @Option(help: "The profile whose rules hold; else [rules].")
    var profile: String?

    @Option(name: .customLong("filename"), help: "The name of a file that is to be sent.")
    var fileName: String?

    @Option(help: "Its type, as image/jpeg.")
    var type: String?

    @Option(help: "Its size in bytes.")
    var size: Int64?

    @Option(help: "The file itself, for name, type and size.", completion: .file())
    var file: String?

    @Option(help: "How it is sent: post or put; else as the profile says.")
    var method: Shell.Method?

    @Flag(help: "Print a curl command instead of JSON.")
    var curl = false

    @Argument(help: "The policy to read; - or none: standard input.", completion: .file())
    var policy: String?

    @OptionGroup var place: ConfigurationOption

    private var isAboutFile: Bool { fileName != nil || file != nil }

    func validate() throws {
        guard policy == nil || !isAboutFile else { throw ValidationError("a policy or a file, not both") }
        guard isAboutFile || type == nil && size == nil && method == nil && !curl else {
            throw ValidationError("--type, --size, --method and --curl are about a file: add --filename or --file")
        }
        guard file == nil || size == nil else { throw ValidationError("--file says the size itself") }
        if let size, size < 0 { throw ValidationError("--size is in bytes, not '\(size)'") }
    }

    func run() throws {
        let desk = try place.desk()
        let shell = try desk.shell(user, profile, method)
        let answer = isAboutFile ? shell.presign(try wish()) : shell.sign(try document())
        let body = answer.body
        guard let complaint = answer.complaint else { return StandardOutput.write(curl ? command(body) : body) }
        StandardOutput.write(body)
        StandardError.write(Array("countersign: \(complaint)".utf8))
        throw answer.mayBeRepeated ? ExitCode.temporary : ExitCode.failure
    }

    private func document() throws -> [UInt8] {
        do throws(ConfigurationFile.Failure) {
            return try InputFile.read(policy)
        } catch {
            StandardError.write(Array("countersign: \(policy ?? "standard input"): \(error)".utf8))
            throw ExitCode.data
        }
    }

    private func wish() throws -> FileToSend {
        var wish = FileToSend(name: fileName ?? "", type: type, size: size)
        if let file {
            do throws(FileToSend.Failure) {
                wish = try FileToSend(path: file)
            } catch {
                StandardError.write(Array("countersign: \(file): \(error)".utf8))
                throw ExitCode.data
            }
            if let fileName { wish.name = fileName }
            if let type { wish.type = type }
        }
        // What curl would print of S3's usual answer is XML.
        if curl { wish.status = 204 }
        return wish
    }

    private func command(_ body: [UInt8]) -> [UInt8] {
        guard let leave = try? UploadLeave(parsing: body) else { return body }
        return CurlCommand(leave, path: file ?? fileName ?? "", user: user).text
    }
}

extension Desk {
    /// Somebody's requests; else the end.
    func shell(_ user: String, _ profile: String?, _ method: Shell.Method? = nil) throws -> Shell {
        do throws(Shell.Failure) {
            return try Shell(self, user: user, profile: profile, method: method)
        } catch {
            StandardError.write(Array("countersign: \(error)".utf8))
            throw ExitCode.configuration
        }
    }
}
