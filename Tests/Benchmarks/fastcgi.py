"""A small FastCGI client: one connection, one request at a time, kept alive."""

import socket
import struct

BEGIN, END, PARAMS, STDIN, STDOUT, STDERR = 1, 3, 4, 5, 6, 7
RESPONDER, KEEP = 1, 1


def record(kind, content=b""):
    """One record of request 1, padded to eight bytes as nginx does."""
    padding = -len(content) % 8
    return struct.pack("!BBHHBx", 1, kind, 1, len(content), padding) + content + bytes(padding)


def pairs(parameters):
    def length(text):
        return bytes([len(text)]) if len(text) < 128 else struct.pack("!I", len(text) | 1 << 31)

    encoded = b""
    for name, value in parameters.items():
        name, value = name.encode(), value.encode()
        encoded += length(name) + length(value) + name + value
    return encoded


def head(parameters):
    """All of a request that comes before its body."""
    return record(BEGIN, struct.pack("!HB5x", RESPONDER, KEEP)) + record(PARAMS, pairs(parameters)) + record(PARAMS)


def body(content):
    return (record(STDIN, content) if content else b"") + record(STDIN)


class Connection:
    def __init__(self, path, timeout):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(path)
        self.rest = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def take(self, count):
        while len(self.rest) < count:
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError("the connection was closed before the end of the answer")
            self.rest += data
        taken, self.rest = self.rest[:count], self.rest[count:]
        return taken

    def answer(self):
        """Status and body of the next answer."""
        out = b""
        while True:
            _, kind, _, length, padding = struct.unpack("!BBHHBx", self.take(8))
            content = self.take(length + padding)[:length]
            if kind == STDOUT:
                out += content
            elif kind == END:
                break
        return parse_cgi(out)


def parse_cgi(out):
    """Status and body of what a CGI program writes."""
    end = b"\r\n\r\n" if b"\r\n\r\n" in out else b"\n\n"
    head, _, body = out.partition(end)
    for line in head.splitlines():
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"status":
            return int(value.split()[0]), body
    return 200, body
