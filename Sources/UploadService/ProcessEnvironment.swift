internal import Glibc

/// The process's environment as Swift strings; a variable that is not UTF-8 is left out.
package enum ProcessEnvironment {
    package static func all() -> [String: String] { variables(beginningWith: "") }

    /// What the configuration may stand in. As CGI there is much else: all that the web server says of the request.
    package static func ours() -> [String: String] { variables(beginningWith: ConfigurationReader.environmentPrefix) }

    private static func variables(beginningWith prefix: String) -> [String: String] {
        var variables: [String: String] = [:]
        var next = unsafe environ
        while let variable = unsafe next.pointee {
            unsafe next += 1
            guard unsafe strncmp(variable, prefix, prefix.utf8.count) == 0,
                let text = unsafe String(validatingCString: variable),
                let sign = text.utf8.firstIndex(of: UInt8(ascii: "="))
            else { continue }
            variables[String(text[..<sign])] = String(text[text.utf8.index(after: sign)...])
        }
        return variables
    }
}
