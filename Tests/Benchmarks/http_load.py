"""An HTTP client that keeps a fixed number of requests in flight and counts what comes back."""

import socket
import time


class Refused(Exception):
    """An answer that is not 200."""


class Connection:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self):
        self.socket.close()

    def send(self, request):
        self.socket.sendall(request)

    def answer(self):
        """Status and body of the next answer; the connection stays open."""
        data = self.socket.recv(65536)
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self.more()
        head = data[:end].lower()
        at = head.find(b"\r\ncontent-length:")
        if at < 0:
            while not data.endswith(b"\r\n0\r\n\r\n"):
                data += self.more()
            return int(data[9:12]), unchunked(data[end + 4 :])
        length = int(head[at + 17 :].split(b"\r\n", 1)[0])
        while len(data) < end + 4 + length:
            data += self.more()
        return int(data[9:12]), data[end + 4 :]

    def more(self):
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("nginx closed the connection in the middle of an answer")
        return data


def unchunked(data):
    body = b""
    while True:
        size, _, data = data.partition(b"\r\n")
        length = int(size, 16)
        if length == 0:
            return body
        body, data = body + data[:length], data[length + 2 :]


def once(port, request):
    connection = Connection(port)
    try:
        connection.send(request)
        return connection.answer()
    finally:
        connection.close()


def load(port, request, count, width):
    """Makes `count` requests, `width` at a time. Wall times in seconds, one a request."""
    connections = [Connection(port) for _ in range(min(width, count))]
    try:
        started, walls, sent = [], [], 0
        for connection in connections:
            connection.send(request)
            started.append(time.perf_counter())
            sent += 1
        while len(walls) < count:
            for index, connection in enumerate(connections):
                if len(walls) == count:
                    break
                status, _ = connection.answer()
                walls.append(time.perf_counter() - started[index])
                if status != 200:
                    raise Refused(f"status {status} after {len(walls)} requests")
                if sent < count:
                    connection.send(request)
                    started[index] = time.perf_counter()
                    sent += 1
        return walls
    finally:
        for connection in connections:
            connection.close()
