internal import Glibc

/// The process's environment as Swift strings; a variable that is not UTF-8 is left out.
package enum ProcessEnvironment {
    package static func all() -> [String: String] {
        var variables: [String: String] = [:]
        var next = unsafe environ
        while let variable = unsafe next.pointee {
            unsafe next += 1
            guard let text = unsafe String(validatingCString: variable), let sign = text.firstIndex(of: "=") else {
                continue
            }
            variables[String(text[..<sign])] = String(text[text.index(after: sign)...])
        }
        return variables
    }
}
