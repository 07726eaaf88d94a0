import FastCGI
import Glibc

// A responder that says what it got: for the tests of the FastCGI room and for measuring its floor.
// FastCGIEcho [--listen unix:PATH|tcp:ADDRESS:PORT] [--floor] [--workers N] [--deadline MILLISECONDS]

/// Who is asking and how much was sent, or one kilobyte of nothing.
@Sendable func answer(_ request: Request) -> Response {
    if request.parameters["QUERY_STRING"].map({ $0.elementsEqual("floor".utf8) }) ?? false {
        return Response(
            status: 200, headers: [.init("Content-Type", "application/json")],
            body: [UInt8](repeating: UInt8(ascii: "x"), count: 1024)
        )
    }
    if request.parameters["QUERY_STRING"].map({ $0.elementsEqual("sleep".utf8) }) ?? false { sleep(1) }
    var body = Array("user=".utf8)
    body += request.parameters["REMOTE_USER"] ?? []
    body += Array(" body=\(request.body.count)\n".utf8)
    body += request.body
    return Response(status: 200, headers: [.init("Content-Type", "text/plain")], body: body)
}

@Sendable func log(_ event: Event) {
    let line = "event \(event)\n"
    unsafe write(2, line, line.utf8.count)
}

func value(_ name: String) -> String? {
    guard let index = CommandLine.arguments.firstIndex(of: name), index + 1 < CommandLine.arguments.count else {
        return nil
    }
    return CommandLine.arguments[index + 1]
}

func main() -> Int32 {
    var limits = Limits()
    if let deadline = value("--deadline").flatMap({ Int($0) }) { limits.request = .milliseconds(deadline) }
    do {
        switch try Launch.detect(listen: value("--listen"), environment: .ofProcess) {
        case .listen(let listener):
            let workers = value("--workers").flatMap { Int($0) } ?? 4
            let responder = try Responder(workers: workers, limits: limits, handler: answer, event: log)
            return try responder.run(listener) == .complete ? 0 : 1
        case .cgi: return CGI.serve(limits: limits, handler: answer) ? 0 : 1
        case .none:
            print("usage: FastCGIEcho --listen unix:PATH")
            return 2
        }
    } catch {
        print(error)
        return 1
    }
}

exit(main())
