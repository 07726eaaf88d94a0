internal import Glibc

@main
enum Countersign {
    static func main() {
        do {
            exit(Command(try OperatorWords.all()[...]).run().rawValue)
        } catch {
            Terminal.complain("\(error)")
            exit(ExitStatus.usage.rawValue)
        }
    }
}

/// How the program ends.
enum ExitStatus: Int32 {
    case success = 0
    case failure = 1
    /// The command line is wrong: sysexits.h's EX_USAGE.
    case usage = 64
    /// The configuration is wrong: EX_CONFIG.
    case configuration = 78
}
