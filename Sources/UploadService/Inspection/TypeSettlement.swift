package import S3Authorization

/// Why a file may not be stored under any type.
package enum TypeSettlementError: Error, Sendable, Equatable, CustomStringConvertible {
    /// It is something other than it was declared to be.
    case contradiction(found: String, declared: String)
    /// Its type is not one of those allowed.
    case notAllowed(String)

    /// For the client.
    package var description: String {
        switch self {
        case .contradiction(let found, let declared): "The file is \(found), not \(declared)"
        case .notAllowed(let type): "Files of type \(type) may not be uploaded"
        }
    }
}

/// Settles the one type that an upload is stored with.
package struct TypeSettlement: Sendable {
    /// Allowed types; empty: any.
    private let allowed: [ContentTypePattern]

    package init(allowed: [ContentTypePattern]) {
        self.allowed = allowed
    }

    /// The declared type, where what was found does not contradict it; of an undeclared file what was found, or the more
    /// exact type that its name says and that agrees with it.
    ///
    /// `found` is nil where nobody looked. A file that nothing is known of passes, unless types are demanded and it
    /// claims one whose files are always known.
    package func settle(
        declared: ContentType?, found: ContentType?, name: ByteString
    ) throws(TypeSettlementError) -> ContentType {
        let declaration = declared.flatMap { TypeAgreement.isUnknown($0) ? nil : $0 }
        let type: ContentType?
        if let declaration {
            if let found { try check(declaration, found) }
            type = declaration
        } else {
            type = try undeclared(found, FileNameType.contentType(of: name))
        }
        guard let type = type ?? declared ?? Self.unknown else { throw .notAllowed("application/octet-stream") }
        guard allowed.isEmpty || allowed.contains(where: { $0.matches(type) }) else { throw .notAllowed(type.text) }
        return type
    }

    private func undeclared(_ found: ContentType?, _ named: ContentType?) throws(TypeSettlementError) -> ContentType? {
        guard let found else { return named }
        if TypeAgreement.isUnknown(found) {
            if let named { try check(named, found) }
            return named
        }
        guard let named, TypeAgreement.agrees(found: found, declared: named) else { return found }
        return named
    }

    private func check(_ declared: ContentType, _ found: ContentType) throws(TypeSettlementError) {
        let isMissed =
            !allowed.isEmpty && TypeAgreement.isUnknown(found) && TypeAgreement.isAlwaysFound(declared)
        guard !isMissed, TypeAgreement.agrees(found: found, declared: declared) else {
            throw .contradiction(found: found.text, declared: declared.text)
        }
    }

    private static let unknown = ContentType("application/octet-stream")
}

extension ContentType {
    /// `type/subtype`, without parameters.
    package var text: String { "\(type)/\(subtype)".lowercasedASCII }
}
