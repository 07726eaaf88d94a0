internal import S3Authorization

/// Writes metrics as OpenMetrics, or as Prometheus's older text for who asks for that and nothing better.
///
/// <https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md>
struct MetricsText {
    enum Format {
        case openMetrics
        /// <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>
        case prometheus

        init(accept: ByteString?) {
            let accepted = accept.map { Array($0.bytes) } ?? []
            self = accepted.holds("text/plain") && !accepted.holds("openmetrics") ? .prometheus : .openMetrics
        }

        var contentType: String {
            switch self {
            case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
            case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
            }
        }
    }

    typealias Labels = KeyValuePairs<String, String>
    static let none: Labels = [:]

    private(set) var text = ""
    private let format: Format

    init(_ format: Format) {
        self.format = format
    }

    /// `name` without `_total`.
    mutating func counter(_ name: String, _ help: String, _ samples: [(labels: Labels, value: String)]) {
        head(format == .openMetrics ? name : name + "_total", "counter", help)
        for sample in samples { line(name + "_total", sample.labels, sample.value) }
    }

    mutating func gauge(_ name: String, _ help: String, _ value: some BinaryInteger, _ labels: Labels = [:]) {
        gauges(name, help, [(labels, Int64(value))])
    }

    mutating func gauges(_ name: String, _ help: String, _ samples: [(labels: Labels, value: Int64)]) {
        head(name, "gauge", help)
        for sample in samples { line(name, sample.labels, "\(sample.value)") }
    }

    /// Bounds and sum in seconds.
    mutating func histogram(_ name: String, _ help: String, _ histogram: Histogram) {
        head(name, "histogram", help)
        let counts = histogram.cumulative
        for (bound, count) in zip(histogram.bounds, counts) {
            line(name + "_bucket", ["le": Self.seconds(bound)], "\(count)")
        }
        let all = counts.last ?? 0
        line(name + "_bucket", ["le": "+Inf"], "\(all)")
        line(name + "_sum", [:], Self.seconds(Int64(histogram.sum)))
        line(name + "_count", [:], "\(all)")
    }

    mutating func end() {
        if format == .openMetrics { text += "# EOF\n" }
    }

    /// Microseconds as seconds, always with a point, as OpenMetrics wants it of bounds.
    static func seconds(_ microseconds: Int64) -> String {
        var fraction = String(String(1_000_000 + microseconds % 1_000_000).dropFirst())
        while fraction.utf8.count > 1, fraction.utf8.last == UInt8(ascii: "0") { fraction.removeLast() }
        return "\(microseconds / 1_000_000).\(fraction)"
    }

    private mutating func head(_ name: String, _ type: String, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    }

    /// Values of labels are words of our own, which need no escapes.
    private mutating func line(_ name: String, _ labels: Labels, _ value: String) {
        let pairs = labels.map { "\($0.key)=\"\($0.value)\"" }.joined(separator: ",")
        text += pairs.isEmpty ? "\(name) \(value)\n" : "\(name){\(pairs)} \(value)\n"
    }
}
