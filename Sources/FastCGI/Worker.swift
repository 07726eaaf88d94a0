import CFastCGI
import Glibc
import Synchronization

/// One thread's work: takes what epoll has, reads what has come, and serves each request that is whole.
@safe struct Worker: ~Copyable {
    private let responder: Responder
    private let reception: Reception
    private var request = FCGXRequest()
    private var records: [UInt8] = []
    private var output: [UInt8] = []
    private let buffer: UnsafeMutableBufferPointer<UInt8>
    private let clock: WorkerClock

    init(_ responder: Responder, _ clock: WorkerClock) {
        self.responder = responder
        reception = responder.reception
        self.clock = clock
        unsafe buffer = .allocate(capacity: 64 * 1024)
    }

    deinit { unsafe buffer.deallocate() }

    mutating func run() {
        var place = Crew.Place()
        while let readiness = responder.crew.next(&place) {
            switch readiness {
            case .nothing: break
            case .listener(let descriptor): accept(descriptor)
            case .connection(let connection):
                connection.takeOver()
                receive(connection)
            }
        }
    }

    /// Takes every connection that waits, so that none needs another event. The first is ours to serve, where it has
    /// spoken already; the others are any worker's, for the first may take long.
    private mutating func accept(_ listener: Int32) {
        var first: Connection?
        while !responder.isDraining, let connection = reception.accept(listener) {
            if first == nil { first = connection } else { reception.park(connection) }
        }
        if let first { receive(first) }
    }

    /// Reads once. More, if there is more, is another event: no peer keeps a worker by never pausing.
    private mutating func receive(_ connection: Connection) {
        var count: Int
        repeat {
            count = unsafe recv(
                connection.descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT)
            )
        } while count < 0 && errno == EINTR
        guard count > 0 else {
            if count < 0, errno == EAGAIN { return reception.park(connection) }
            return end(connection)
        }
        if connection.request.isUntouched { reception.startReceiving(connection) }
        var offset = 0
        while true {
            let bytes = unsafe UnsafeBufferPointer(rebasing: buffer[..<count])
            switch unsafe connection.request.consume(bytes, &offset) {
            case .more: return reception.park(connection)
            case .complete:
                guard serve(connection) else { return reception.close(connection) }
                connection.request.reset()
                guard offset < count else { return reception.park(connection) }
                reception.startReceiving(connection)
            case .management(let type, let content):
                guard let answer = responder.management.answer(type: type, content: content) else {
                    return drop(connection, .brokenRecord)
                }
                guard connection.send(answer) else { return drop(connection, .managementFlood) }
            case .multiplexed(let id):
                guard connection.send(Record.endRequest(id, .cannotMultiplex)) else {
                    return drop(connection, .managementFlood)
                }
            case .refused(let refusal):
                _ = refuse(connection, refusal)
                connection.linger()
                return reception.close(connection)
            case .broken(let event):
                if case .unsupportedRole = event {
                    _ = connection.send(Record.endRequest(connection.request.id, .unknownRole))
                }
                return drop(connection, event)
            }
        }
    }

    private func drop(_ connection: Connection, _ event: Event) {
        responder.event(event)
        reception.close(connection)
    }

    /// Nothing more will come: the peer has gone or the time is up.
    private mutating func end(_ connection: Connection) {
        if !connection.request.isUntouched {
            if !connection.expired.load(ordering: .sequentiallyConsistent) {
                responder.event(.cutOff)
            } else if connection.request.hasParameters {
                _ = refuse(connection, .timedOut)
            } else {
                responder.event(.timedOut)
            }
        }
        reception.close(connection)
    }

    /// Answers a whole request; false where the connection is to be closed.
    private mutating func serve(_ connection: Connection) -> Bool {
        if let flaw = connection.request.flaw {
            return refuse(connection, .malformed(flaw)) && connection.request.keepsConnection && !responder.isDraining
        }
        prepare(connection.request, body: true)
        connection.deadline.store(0, ordering: .sequentiallyConsistent)
        guard let exchange = request.accept(records, answeringOn: connection.descriptor) else {
            responder.event(.brokenRecord)
            return false
        }
        let parameters = connection.request.parameters
        let body = exchange.body(connection.request.body.count)
        let response = respond(parameters, body, declared: connection.request.contentLength)
        let isHead = parameters.isHead
        return write(response, head: isHead, exchange, connection) && connection.request.keepsConnection
            && !responder.isDraining
    }

    private func respond(_ parameters: Parameters, _ body: [UInt8]?, declared: ContentLength) -> Response {
        do throws(Refusal) {
            try responder.check.parameters(parameters)
            guard let body else { throw .malformed(.unreadableParameters) }
            try responder.check.length(declared, received: body.count)
            clock.begin()
            defer { clock.end() }
            return responder.handler(Request(parameters: parameters, body: body))
        } catch {
            return responder.refusal(error, parameters)
        }
    }

    /// Answers without the handler, and without the rest of the request.
    private mutating func refuse(_ connection: Connection, _ refusal: Refusal) -> Bool {
        let isReadable = connection.request.hasParameters
        prepare(connection.request, body: false)
        connection.deadline.store(0, ordering: .sequentiallyConsistent)
        guard let exchange = request.accept(records, answeringOn: connection.descriptor) else {
            responder.event(.brokenRecord)
            return false
        }
        let parameters = isReadable ? connection.request.parameters : nil
        let response = responder.refusal(refusal, parameters)
        let isHead = parameters?.isHead ?? false
        return write(response, head: isHead, exchange, connection)
    }

    private mutating func write(
        _ response: Response, head: Bool, _ exchange: consuming Exchange, _ connection: Connection
    ) -> Bool {
        output.removeAll(keepingCapacity: output.capacity < 1 << 20)
        response.append(to: &output, head: head)
        reception.startAnswering(connection)
        let isWhole = exchange.answer(output)
        if !isWhole { responder.event(.answerLost) }
        return isWhole
    }

    /// The request anew, as the records that libfcgi is to read. The parameters are not among them: it would make a C
    /// string of each, which we have no use for.
    private mutating func prepare(_ request: borrowing IncomingRequest, body: Bool) {
        records.removeAll(keepingCapacity: records.capacity < 1 << 20)
        records.append(header: .beginRequest, id: request.id, contentLength: 8)
        records.append(contentsOf: [0, UInt8(Record.Role.responder), Record.keepConnection, 0, 0, 0, 0, 0])
        records.append(stream: .params, id: request.id, content: [])
        records.append(stream: .stdin, id: request.id, content: body ? request.body : [])
    }
}
