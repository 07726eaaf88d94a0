/// CONTENT_LENGTH: digits only, and no more of them than an Int holds.
///
/// RFC 3875, section 4.1.2, <https://www.rfc-editor.org/rfc/rfc3875#section-4.1.2>. nginx sends an empty one where the
/// client sent none.
enum ContentLength: Equatable {
    case missing
    case invalid
    case bytes(Int)

    init(_ value: ArraySlice<UInt8>?) {
        guard let value, !value.isEmpty else {
            self = .missing
            return
        }
        var number = 0
        for byte in value {
            guard case UInt8(ascii: "0")...UInt8(ascii: "9") = byte else {
                self = .invalid
                return
            }
            let (shifted, tooLarge) = number.multipliedReportingOverflow(by: 10)
            let (sum, overflow) = shifted.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
            guard !tooLarge, !overflow else {
                self = .invalid
                return
            }
            number = sum
        }
        self = .bytes(number)
    }
}
