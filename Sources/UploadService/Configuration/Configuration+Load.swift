extension Configuration {
    /// A configuration in which everything is right, and what is unwise about it.
    package struct Loaded: Sendable {
        package let configuration: Configuration
        /// One line each, in the form of errors.
        package let warnings: [String]
        /// The file it came from; nil where the environment alone says all.
        package let file: String?
    }

    package static let defaultFile = "/etc/countersign/countersign.toml"

    /// Reads the configuration file and the environment, and checks all of it.
    ///
    /// The file is `file`, else what `COUNTERSIGN_CONFIG` names, else `defaultFile`, which alone may be missing if the
    /// environment holds `COUNTERSIGN_…` keys. Every secret file is read through `readFile` as well.
    package static func load(
        file: String?, environment: [String: String],
        readFile: @escaping (String) -> Result<ConfigurationFile, ConfigurationFile.Failure>
    ) throws(ConfigurationError) -> Loaded {
        let variable = environment["COUNTERSIGN_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
        let path = file ?? variable ?? defaultFile
        let contents: ConfigurationFile?
        switch readFile(path) {
        case .success(let read): contents = read
        case .failure(.missing) where file == nil && variable == nil && environment.keys.contains(where: isKey):
            contents = nil
        case .failure(let failure):
            throw .file(path, message(failure, path: path, byVariable: file == nil && variable != nil))
        }
        let text = try text(contents, path)
        let tables: [String: ConfigurationValue]
        do {
            tables = try ConfigurationValue.tables(text)
        } catch {
            let message = ConfigurationSyntax.message(error.description)
            throw .file(path, message, line: error.line, column: error.column)
        }
        let reader = ConfigurationReader(
            path: contents == nil ? nil : path, text: text, tables: tables, environment: environment,
            readFile: readFile, isWorldReadable: contents?.isWorldReadable ?? false)
        let configuration = ConfigurationSections(reader: reader).read()
        guard reader.problems.isEmpty, let configuration else {
            throw ConfigurationError(problems: reader.problems.sorted { $0.place < $1.place })
        }
        return Loaded(
            configuration: configuration,
            warnings: reader.warnings.sorted { $0.place < $1.place }.map(\.description),
            file: contents == nil ? nil : path)
    }

    private static func isKey(_ variable: String) -> Bool {
        variable.hasPrefix(ConfigurationReader.environmentPrefix) && !ConfigurationReader.reserved.contains(variable)
    }

    private static func message(_ failure: ConfigurationFile.Failure, path: String, byVariable: Bool) -> String {
        if byVariable { return "\(failure) (named by COUNTERSIGN_CONFIG)" }
        guard failure == .missing, path == defaultFile else { return "\(failure)" }
        return
            "\(failure); write it, name another with --config FILE or COUNTERSIGN_CONFIG, or set COUNTERSIGN_… variables"
    }

    private static func text(_ file: ConfigurationFile?, _ path: String) throws(ConfigurationError) -> String {
        guard let file else { return "" }
        guard let text = String(validating: file.bytes, as: UTF8.self) else { throw .file(path, "is not UTF-8 text") }
        // Paths and names go on as C strings, which a zero byte would cut short.
        let lines = file.bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated()
        where line.contains(0) || ConfigurationSyntax.holdsEscapedZero(Array(line)) {
            throw .file(path, "holds a zero character, which no value may", line: index + 1)
        }
        return text
    }
}

extension ConfigurationError {
    fileprivate static func file(_ path: String, _ message: String, line: Int? = nil, column: Int? = nil) -> Self {
        let place = ConfigurationProblem.Place.file(path, line: line, column: column)
        return ConfigurationError(problems: [ConfigurationProblem(place: place, key: nil, message: message)])
    }
}
