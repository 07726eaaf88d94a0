/// A value that never shows what it holds: not in `description`, not to a debugger's dump, not to a mirror.
public protocol Redacted: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {}

extension Redacted {
    /// Always the same.
    public var description: String { "<redacted>" }
    /// Always the same.
    public var debugDescription: String { "<redacted>" }
    /// Always empty.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
