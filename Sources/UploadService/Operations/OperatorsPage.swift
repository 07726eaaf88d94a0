/// The URLs that are for operators and their programs, each by the last segment of its path.
package enum OperatorsPage: String, Sendable, CaseIterable {
    case health, ready, metrics, time
}

/// Which of our doors a request came through.
enum Door {
    /// Behind a web server, which lets in whom it will.
    case site
    /// The socket of `[operations]`: only operators' pages, and all of them.
    case operators
}

extension Route {
    var operatorsPage: OperatorsPage? {
        switch self {
        case .health: .health
        case .ready: .ready
        case .metrics: .metrics
        case .time: .time
        default: nil
        }
    }
}

extension Site {
    func shows(_ route: Route, at door: Door) -> Bool {
        guard let page = route.operatorsPage else { return door == .site }
        return door == .operators || publicPages.contains(page)
    }
}
