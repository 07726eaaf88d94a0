internal import ArgumentParser
internal import OperatorCommands
internal import S3Authorization
internal import UploadService

struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Say why S3 refused a signature, a signed URL or a policy.",
        discussion: """
            Give it what you have, as a file or on standard input: S3's answer (the XML that begins with <Error>), a signed \
            URL, a policy (JSON, or Base 64 as in the form), or the answer of POST sign. It compares that with what this \
            configuration signs, shows the first byte that differs, and names the cause and what mends it. No secret and no \
            signature is printed, and nothing is sent anywhere.

                curl -s -T photo.jpg "$URL" | countersign explain --url "$URL"

            Exit status: 0 explained, 1 no cause found, 65 unreadable, 78 the configuration is wrong.
            """)

    @Argument(help: "The file to read; - or none: standard input.", completion: .file())
    var file: String?

    @Option(help: "The signed URL that the client used, for stores that do not say what they received.")
    var url: String?

    @Option(
        name: .customLong("header"),
        help: "A header that the client sends with the URL, as 'Content-Type: text/plain'; may be repeated.")
    var headers: [String] = []

    @Option(help: "The signature that went with a policy.")
    var signature: String?

    @OptionGroup var common: CommonOptions

    func validate() throws {
        for header in headers where !header.utf8.contains(UInt8(ascii: ":")) {
            throw ValidationError("--header wants 'Name: value', not '\(header)'")
        }
    }

    func run() throws {
        let desk = try common.desk()
        let text: [UInt8]
        do {
            text = try InputFile.read(file)
        } catch {
            StandardError.write(Array("countersign: \(file ?? "standard input"): \(error)".utf8))
            throw ExitCode.data
        }
        let explainer = Explainer(desk, now: Surroundings.real.now() / 1000)
        let context = Explainer.Context(
            url: url.map { ByteString($0) }, headers: headers.map(Self.field),
            signature: signature.map { ByteString($0) })
        guard let explanation = explainer.explain(text, context) else {
            StandardError.write(
                Array("countersign: this is no answer of S3's, no signed URL and no policy".utf8))
            throw ExitCode.data
        }
        common.say(explanation.text, json: explanation.json)
        guard explanation.isConclusive else { throw ExitCode.failure }
    }

    private static func field(_ header: String) -> HeaderField {
        let colon = header.firstIndex(of: ":") ?? header.endIndex
        return HeaderField(
            ByteString(String(header[..<colon])), ByteString(String(header[colon...].dropFirst())).trimmed)
    }
}
