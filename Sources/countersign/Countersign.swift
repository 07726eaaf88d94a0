internal import Glibc
internal import UploadService

@main
enum Countersign {
    static func main() {
        guard let words = ProcessArguments.all() else {
            Terminal.complain("an argument is not UTF-8")
            exit(ExitStatus.usage.rawValue)
        }
        exit(Command(words[...]).run().rawValue)
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
