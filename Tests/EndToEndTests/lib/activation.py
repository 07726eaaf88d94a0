"""A program that gets its sockets and its signals from a service manager: us."""

import contextlib
import fcntl
import http.client
import os
import signal
import socket
import sys
import threading

import servers
from processes import Process, as_server_user, give, wait_until

sys.path.insert(0, str(servers.REPOSITORY / "Tests/Benchmarks"))

import fastcgi  # noqa: E402

# As Linux numbers the first descriptor that is passed on.
FIRST = 3


class Unit(servers.Countersign):
    """The program with more configuration, more environment, and sockets of ours where they are given."""

    def __init__(self, s3, more="", environment=None):
        super().__init__(s3)
        self.environment = environment or {}
        self.text = self.config.read_text() + more
        self.config.write_text(self.text)
        self.config.chmod(0o640)
        give(self.config)
        self.operations = self.directory / "operations"
        self.started = []

    def start(self, sockets=(), log="log"):
        command = [str(self.program), "serve", "--config", str(self.config)]
        environment = {"PATH": "/usr/bin:/bin", **self.environment}
        if sockets:
            # LISTEN_PID must be the program's own: the shell's, which it replaces.
            moves = " ".join(f"{FIRST + index}<&{each.fileno()} {each.fileno()}<&-"
                             for index, each in enumerate(sockets))
            command = ["/bin/bash", "-c", f'exec {moves}; LISTEN_PID=$$ exec "$@"', "bash", *command]
            environment["LISTEN_FDS"] = str(len(sockets))
            environment["NOTIFY_SOCKET"] = f"@{self.directory.name}-{len(self.started)}"
            manager = NotifySocket(environment["NOTIFY_SOCKET"])
        else:
            command += ["--listen", f"unix:{self.socket}"]
        self.process = Process(as_server_user(command), self.directory / log, environment=environment,
                               pass_fds=[each.fileno() for each in sockets])
        self.started.append(self.process)
        if sockets:
            # Its socket answers before it does: it is there when it says so.
            while "READY" not in manager.next():
                pass
            manager.close()
        self.process.wait_until(self.answers, "the program's socket")
        if f"unix:{self.operations}" in self.text:
            self.process.wait_until(lambda: is_connectable(self.operations), "the operators' socket")
        return self

    def hang_up(self, what="read again", count=1):
        """SIGHUP, and waits until the log has a line about it."""
        before = self.log().count(what)
        self.process.process.send_signal(signal.SIGHUP)
        wait_until(lambda: self.log().count(what) >= before + count, f"“{what}” in the log:\n{self.log()}")

    def rewrite(self, *changes, more=""):
        text = self.text
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        self.config.write_text(text + more)

    def ask(self, page, path=None, headers=None):
        return ask(path or self.operations, page, headers)

    def metrics(self, path=None):
        return samples(self.ask("/metrics", path).body)

    def stop(self):
        try:
            return [process.stop() for process in self.started][-1] if self.started else None
        finally:
            servers.remove(self.directory)


def is_connectable(path):
    """A path is there a moment before anybody listens."""
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(path)) == 0


def listening(path, high=100):
    """A listening unix socket that the server's user may connect to, on a descriptor out of the way."""
    with socket.socket(socket.AF_UNIX) as first:
        first.bind(str(path))
        os.chmod(path, 0o660)
        give(path)
        first.listen(512)
        return socket.socket(fileno=fcntl.fcntl(first.fileno(), fcntl.F_DUPFD_CLOEXEC, high))


class Answer:
    def __init__(self, response):
        self.status, self.headers = response.status, dict(response.getheaders())
        self.body = response.read().decode()


class UnixHTTP(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def ask(path, page, headers=None):
    """What an operator's HTTP client gets over a unix socket."""
    connection = UnixHTTP(path)
    connection.request("GET", page, headers=headers or {})
    return Answer(connection.getresponse())


def samples(text):
    """{(name, frozenset of labels): value} of an OpenMetrics text, read by Prometheus's own parser."""
    from prometheus_client.openmetrics.parser import text_string_to_metric_families
    return {(sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text) for sample in family.samples}


def sample(found, name, **labels):
    return found.get((name, frozenset(labels.items())))


class NotifySocket:
    """The service manager's end of NOTIFY_SOCKET; a name with `@` is abstract."""

    def __init__(self, name):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.settimeout(20)
        self.socket.bind(name.replace("@", "\0", 1) if name.startswith("@") else name)
        if not name.startswith("@"):
            os.chmod(name, 0o666)

    def next(self):
        """The next datagram's variables."""
        return dict(line.split("=", 1) for line in self.socket.recv(4096).decode().splitlines())

    def close(self):
        self.socket.close()


PARAMETERS = {"REQUEST_METHOD": "GET", "SCRIPT_NAME": "/upload/prefix", "REMOTE_USER": "frodo",
              "HTTP_HOST": "www.example.org"}


def request(path, parameters=PARAMETERS, body=b""):
    """One FastCGI request on a new connection: status and body."""
    if body:
        parameters = {**parameters, "CONTENT_LENGTH": str(len(body)), "REQUEST_METHOD": "POST"}
    with fastcgi.Connection(str(path), 30) as connection:
        connection.send(fastcgi.head(parameters) + fastcgi.body(body) if body
                        else fastcgi.head(parameters) + fastcgi.record(fastcgi.STDIN))
        return connection.answer()


@contextlib.contextmanager
def behind_nginx(units, text=servers.NGINX_BASIC):
    """Two units at work, each on a socket that outlives it, behind one nginx; gives the sockets and nginx."""
    sockets = []
    try:
        for number, unit in enumerate(units):
            sockets.append(listening(unit.socket, high=100 + 10 * number))
            unit.start([sockets[-1]])
        first, second = (f"server unix:{unit.socket};" for unit in units)
        nginx = servers.Nginx(units[0].socket, servers=text, changes=[(first, f"{first}\n    {second}")])
        try:
            yield sockets, nginx.start()
        finally:
            nginx.stop()
    finally:
        for unit in units:
            unit.stop()
        for each in sockets:
            each.close()


class Load:
    """Threads that ask as fast as they can, until they are stopped; and what went wrong."""

    def __init__(self, once, threads=8):
        self.failures, self.answered = [], 0
        self.lock, self.over = threading.Lock(), threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(once,)) for _ in range(threads)]

    def run(self, once):
        while not self.over.is_set():
            try:
                once()
            except Exception as error:  # noqa: BLE001  whatever a client would see
                with self.lock:
                    self.failures.append(repr(error))
            else:
                with self.lock:
                    self.answered += 1

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join(60)
