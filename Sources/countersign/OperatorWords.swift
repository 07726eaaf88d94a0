internal import FastCGI
internal import UploadService

/// The words after the program's name, where they are an operator's.
///
/// As a CGI program's they may be a client's: a web server makes arguments of a query without `=`, so that
/// `?serve+--listen+tcp:…` would open a door on which anybody could be any user.
enum OperatorWords {
    /// Without words the responder serves.
    static func all() throws(NoCommand) -> [String] {
        let environment = Parameters.ofProcess
        if environment["GATEWAY_INTERFACE"] != nil, let query = QueryWords(environment["QUERY_STRING"] ?? []) {
            let arguments = ProcessArguments.bytes()
            // Of a wrapper's own there is no telling what a client added.
            guard arguments.isEmpty || query.areAll(of: arguments) else { throw .doubtful }
            return []
        }
        guard let words = ProcessArguments.all() else { throw .notUTF8 }
        return words
    }

    enum NoCommand: Error, CustomStringConvertible {
        case notUTF8
        case doubtful

        var description: String {
            switch self {
            case .notUTF8: "an argument is not UTF-8"
            case .doubtful:
                "as a CGI program (GATEWAY_INTERFACE is set) it reads no arguments where the query has no '=', because "
                    + "a client may have written them: name the configuration in COUNTERSIGN_CONFIG; a command in a "
                    + "CGI script of your own needs env -u GATEWAY_INTERFACE before it"
            }
        }
    }
}
