"""HTTP/1.1 by hand, on loopback, so that an answer can be broken in every way: the ground of the store and of the hook."""

import contextlib
import email.utils
import select
import socket
import struct
import threading
import time
from dataclasses import dataclass, field

MAXIMUM_HEAD = 64 << 10
MAXIMUM_BODY = 64 << 20
REASONS = {200: "OK", 204: "No Content", 206: "Partial Content", 301: "Moved Permanently", 302: "Found",
           304: "Not Modified", 307: "Temporary Redirect", 400: "Bad Request", 403: "Forbidden", 404: "Not Found",
           409: "Conflict", 412: "Precondition Failed", 416: "Range Not Satisfiable", 500: "Internal Server Error",
           503: "Slow Down"}


@dataclass
class Request:
    method: str
    target: str
    headers: list
    body: bytes
    at: float = field(default_factory=time.monotonic)

    def header(self, name):
        """The first value; None where there is none."""
        return next((value for each, value in self.headers if each.lower() == name.lower()), None)


@dataclass
class Answer:
    status: int = 200
    headers: list = field(default_factory=list)
    body: bytes = b""

    def head(self, length, chunked=False, close=False, date=None):
        lines = [f"HTTP/1.1 {self.status} {REASONS.get(self.status, 'Status')}",
                 f"Date: {date or email.utils.formatdate(usegmt=True)}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if chunked:
            lines.append("Transfer-Encoding: chunked")
        elif length is not None:
            lines.append(f"Content-Length: {length}")
        if close:
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode()


@dataclass
class Fault:
    """How one exchange goes wrong. Only what is set happens; the words are those of the list of faults."""

    status: int | None = None
    headers: dict | None = None  # replace the answer's own of the same name; None as value takes one away
    body: bytes | None = None
    apply: bool | None = None  # whether the request takes effect; None: only where nothing of the answer is made up
    reset_after: int | None = None  # bytes of the answer, then RST
    close_after: int | None = None  # bytes of the answer, then FIN
    delay: float = 0  # seconds before the first byte
    hold: float = 0  # seconds before the request takes effect
    raw: bytes | None = None
    header_bytes: int = 0
    body_bytes: int = 0
    content_length: int | None = None
    drip: float = 0  # seconds between two bytes of the body
    chunked: bool = False
    white_space: float = 0  # seconds of white space, kept alive, before the body
    bad_chunk: bool = False
    close: bool = False  # the connection ends after a good answer
    interim: bytes = b""  # before the answer
    before: object = None  # called with the request before it takes effect
    after: object = None  # called with the request after it took effect, before the answer
    afterwards: object = None  # called with the request after the answer

    def is_made_up(self):
        return self.status is not None or self.raw is not None or self.header_bytes or self.body_bytes

    def applies(self):
        return self.apply if self.apply is not None else not self.is_made_up()


class Gone(Exception):
    """The peer or the server has ended the connection."""


class Server:
    """One listening port, a thread for each connection; `answer(request)` gives an answer and perhaps a fault."""

    def __init__(self, port=0, tls=None):
        self.tls = tls  # an ssl.SSLContext, to be changed at any time
        self.closing = threading.Event()
        self.lock = threading.RLock()
        self.open = set()
        self.busy = 0
        self.connections = 0
        self.errors = []
        self.listener, self.reserved = None, None
        self.port = port
        self.listen()

    def bound(self):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        return listener

    def listen(self):
        listener, self.reserved = self.reserved or self.bound(), None
        listener.listen(256)
        self.listener, self.port = listener, listener.getsockname()[1]
        threading.Thread(target=self.accept, args=(listener,), daemon=True).start()

    @property
    def url(self):
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def refuse(self):
        """From now on connections are refused, and those that are open end; `listen` takes it back."""
        listener, self.listener = self.listener, None
        if listener is not None:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # wakes accept
            listener.close()
            self.reserved = self.bound()  # nobody else may have the port meanwhile

    def end_connections(self, but=None):
        with self.lock:
            others = [each for each in self.open if each is not but]
        for each in others:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def stop(self):
        self.closing.set()
        self.refuse()
        self.reserved.close()
        self.end_connections()

    def accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with self.lock:
                self.connections += 1
                self.open.add(connection)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, raw):
        connection = raw
        try:
            raw.settimeout(60)
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.tls:
                connection = self.tls.wrap_socket(raw, server_side=True)
                with self.lock:
                    self.open.discard(raw)
                    self.open.add(connection)
            rest = b""
            while not self.closing.is_set():
                request, rest = self.read(connection, rest)
                if request is None:
                    return
                with self.work():
                    self.exchange(connection, request)
        except (Gone, OSError):
            pass
        except Exception as error:  # a defect of this server must not pass for one of the program
            self.errors.append(repr(error))
        finally:
            with self.lock:
                self.open.discard(raw)
                self.open.discard(connection)
            with contextlib.suppress(OSError):
                connection.close()

    @staticmethod
    def read(connection, rest):
        while b"\r\n\r\n" not in rest:
            piece = connection.recv(65536)
            if not piece or len(rest) > MAXIMUM_HEAD:
                return None, b""
            rest += piece
        head, _, rest = rest.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ", 2)
        headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        length = int(next((value for name, value in headers if name.lower() == "content-length"), 0))
        if length > MAXIMUM_BODY:
            return None, b""
        while len(rest) < length:
            piece = connection.recv(65536)
            if not piece:
                return None, b""
            rest += piece
        return Request(method, target, headers, rest[:length]), rest[length:]

    @contextlib.contextmanager
    def work(self):
        with self.lock:
            self.busy += 1
        try:
            yield
        finally:
            with self.lock:
                self.busy -= 1

    def is_quiet(self):
        """Whether nothing is being answered, and nothing waits to be read: no bytes, and no end of a connection."""
        with self.lock:
            try:
                return not self.busy and not select.select(list(self.open), [], [], 0)[0]
            except (OSError, ValueError):  # one has just been closed
                return False

    # --- answers ---------------------------------------------------------------------------------------------------

    def exchange(self, connection, request):
        """To be defined: answers one request."""
        raise NotImplementedError

    def wait(self, connection, seconds):
        """Sleeps, and wakes when the peer goes."""
        end = time.monotonic() + seconds
        while not self.closing.is_set():
            left = end - time.monotonic()
            if left <= 0:
                return
            readable, _, _ = select.select([connection], [], [], min(left, 0.1))
            if readable:
                try:
                    if not connection.recv(1, socket.MSG_PEEK):
                        raise Gone
                except ValueError:  # TLS cannot peek
                    raise Gone from None
                time.sleep(0.05)
        raise Gone

    def deliver(self, connection, request, answer, fault, date=None):
        if fault.delay:
            self.wait(connection, fault.delay)
        if fault.interim:
            connection.sendall(fault.interim)
        if fault.raw is not None:
            connection.sendall(fault.raw)
            raise Gone
        if fault.header_bytes:
            connection.sendall(f"HTTP/1.1 {answer.status} OK\r\n".encode())
            line = b"X-Filler: " + b"f" * 1000 + b"\r\n"
            for _ in range(fault.header_bytes // len(line)):
                connection.sendall(line)
            connection.sendall(b"Content-Length: 0\r\n\r\n")
            raise Gone
        is_head = request.method == "HEAD"
        if fault.body_bytes:
            connection.sendall(answer.head(fault.body_bytes, date=date))
            for _ in range(fault.body_bytes >> 16):
                connection.sendall(bytes(1 << 16))
            raise Gone
        length = len(answer.body) if fault.content_length is None else fault.content_length
        if any(name.lower() == "content-length" for name, _ in answer.headers):
            length = None
        chunked = (fault.chunked or fault.bad_chunk or fault.white_space) and not is_head
        head = answer.head(length, chunked=chunked, close=fault.close, date=date)
        body = b"" if is_head else answer.body
        for limit, reset in ((fault.reset_after, True), (fault.close_after, False)):
            if limit is not None:
                connection.sendall((head + body)[:limit])
                if reset:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    connection.close()
                raise Gone
        connection.sendall(head)
        if chunked:
            self.chunks(connection, body, fault)
        elif fault.drip:
            for byte in body:
                self.wait(connection, fault.drip)
                connection.sendall(bytes([byte]))
        else:
            connection.sendall(body)
        if fault.close or fault.content_length is not None:
            raise Gone

    def chunks(self, connection, body, fault):
        def chunk(data):
            connection.sendall(b"%x\r\n%s\r\n" % (len(data), data))

        if fault.bad_chunk:
            connection.sendall(b"ZZZ\r\n")
            raise Gone
        if fault.white_space:
            declaration = b'<?xml version="1.0" encoding="UTF-8"?>\n'
            if body.startswith(b"<?xml"):
                declaration, body = body[:body.index(b"?>") + 2] + b"\n", body[body.index(b"?>") + 2:]
            chunk(declaration)
            end = time.monotonic() + fault.white_space
            while time.monotonic() < end:
                chunk(b" ")
                self.wait(connection, 0.1)
        for start in range(0, len(body), 100):
            chunk(body[start:start + 100])
        connection.sendall(b"0\r\n\r\n")


class Trap(Server):
    """Nobody must ever come here: what a redirect points to."""

    def exchange(self, connection, request):
        self.deliver(connection, request, Answer(200, [], b"trapped"), Fault())
