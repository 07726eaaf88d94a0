"""The program under test, spoken to as a web server does: FastCGI over its own socket, one connection a request."""

import base64
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time
import urllib.parse
from pathlib import Path

import processes
import servers

BEGIN, END, PARAMS, STDIN, STDOUT, STDERR = 1, 3, 4, 5, 6, 7
UPLOADER = ("UPLOADERACCESSKEY000", "uploader-secret/of+tests-0000000000000000")
KEEPER = ("KEEPERACCESSKEY00000", "keeper-secret/of+tests-000000000000000000")
SEAL = "seal-secret-of-tests-" + "s" * 43
HOOK_SECRET = "whsec_" + base64.b64encode(b"hook-secret-of-tests-000").decode()
SECRETS = [UPLOADER[1], KEEPER[1], SEAL, HOOK_SECRET, HOOK_SECRET[6:], "hook-secret-of-tests"]
HOST = "app.example.org"


class Unanswered(Exception):
    """The connection ended without an answer, as when the program dies: a web server would say 502."""


class Reply:
    def __init__(self, raw, seconds):
        self.raw, self.seconds = raw, seconds
        end = b"\r\n\r\n" if b"\r\n\r\n" in raw else b"\n\n"
        head, _, self.body = raw.partition(end)
        self.head = head.decode("latin-1")
        self.headers = [(name.strip().lower(), value.strip()) for name, _, value in
                        (line.partition(":") for line in self.head.splitlines())]
        self.status = int((self.header("status") or "200").split()[0])

    def header(self, name):
        return next((value for each, value in self.headers if each == name), None)

    @property
    def json(self):
        value = json.loads(self.body)
        assert isinstance(value, dict), self
        return value

    @property
    def is_success(self):
        return self.status == 200 and self.json.get("success") is True and "error" not in self.json

    @property
    def error(self):
        return self.json.get("error")

    def __repr__(self):
        return f"<{self.status} {dict(self.headers)} {self.body[:400]!r} after {self.seconds:.2f} s>"


def record(kind, content=b""):
    padding = -len(content) % 8
    return struct.pack("!BBHHBx", 1, kind, 1, len(content), padding) + content + bytes(padding)


def records(kind, content):
    pieces = [content[start:start + 65528] for start in range(0, len(content), 65528)]
    return b"".join(record(kind, piece) for piece in pieces) + record(kind)


def pairs(parameters):
    def length(text):
        return bytes([len(text)]) if len(text) < 128 else struct.pack("!I", len(text) | 1 << 31)

    encoded = b""
    for name, value in parameters.items():
        name, value = name.encode(), value.encode()
        encoded += length(name) + length(value) + name + value
    return encoded


def speak(path, parameters, body, timeout):
    """The answer to one request."""
    began = time.monotonic()
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(timeout)
        try:
            client.connect(str(path))
            client.sendall(record(BEGIN, struct.pack("!HB5x", 1, 0)) + records(PARAMS, pairs(parameters))
                           + records(STDIN, body))
            out, rest = b"", b""
            while True:
                while len(rest) < 8 or len(rest) < 8 + sum(struct.unpack("!HB", rest[4:7])):
                    piece = client.recv(65536)
                    if not piece:
                        raise Unanswered(f"closed after {out!r}")
                    rest += piece
                kind, length, padding = rest[1], *struct.unpack("!HB", rest[4:7])
                content, rest = rest[8:8 + length], rest[8 + length + padding:]
                if kind == STDOUT:
                    out += content
                elif kind == END:
                    return Reply(out, time.monotonic() - began)
        except TimeoutError:
            raise AssertionError(f"no answer within {timeout} s") from None
        except OSError as error:
            raise Unanswered(str(error)) from error


def parameters(user="frodo", content_type="application/x-www-form-urlencoded", length=0, method="POST",
               route="/file_uploaded", query="", **more):
    given = {
        "REQUEST_METHOD": method, "SCRIPT_NAME": "/upload" + route, "DOCUMENT_URI": "/upload" + route,
        "REQUEST_URI": "/upload" + route + ("?" + query if query else ""), "QUERY_STRING": query,
        "SERVER_PROTOCOL": "HTTP/1.1", "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_SCHEME": "https", "HTTPS": "on",
        "HTTP_HOST": HOST, "HTTP_ACCEPT": "application/json", "CONTENT_LENGTH": str(length),
        "HTTP_SEC_FETCH_SITE": "same-origin",
    }
    if content_type is not None:
        given["CONTENT_TYPE"] = content_type
    if user is not None:
        given["REMOTE_USER"] = user
    given.update(more)
    return {name: value for name, value in given.items() if value is not None}


def form(**fields):
    """Fine Uploader's body: the same order, spaces as `+`."""
    return urllib.parse.urlencode({name: value for name, value in fields.items() if value is not None}).encode()


class Installation:
    """A configuration with its secrets, which any number of processes share."""

    def __init__(self, endpoint, hook=None, deadline=20, **sections):
        self.directory = processes.temporary_directory()
        self.program = self.directory / "countersign"
        os.link(shared_program(), self.program)
        self.secret("uploads", UPLOADER[1])
        self.secret("storage", KEEPER[1])
        self.secret("seal", SEAL)
        self.secret("hook", HOOK_SECRET)
        place = str(self.directory)
        self.values = {
            "server": {"mount": "/upload", "workers": 12, "deadline": deadline, "iframe_errors": "never",
                       "secret_file": f"{place}/seal.secret"},
            "s3": {"endpoint": endpoint, "region": "us-east-1", "addressing": "path"},
            "uploads": {"bucket": "uploads", "access_key_id": UPLOADER[0],
                        "secret_access_key_file": f"{place}/uploads.secret"},
            "storage": {"bucket": "storage", "access_key_id": KEEPER[0],
                        "secret_access_key_file": f"{place}/storage.secret"},
        }
        if hook:
            self.values["hook"] = {"url": hook, "secret_file": f"{place}/hook.secret", "timeout": max(1, deadline // 2)}
        for section, values in sections.items():
            self.values.setdefault(section, {}).update(values)
        self.config = self.directory / "countersign.toml"
        self.write()
        self.running = []
        self.lock = threading.Lock()

    def secret(self, name, text):
        path = self.directory / f"{name}.secret"
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
        path.write_text(text + "\n")
        path.chmod(0o600)
        processes.give(path)

    def write(self):
        self.config.write_text("\n".join(
            f"[{section}]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items())
            for section, values in self.values.items() if values))

    def start(self, **more):
        with self.lock:
            responder = Responder(self, len(self.running), **more)
            self.running.append(responder)
        return responder.start()

    def close(self):
        """Everything that was ever printed."""
        output = ""
        try:
            for responder in self.running:
                responder.end()
                output += responder.text()
        finally:
            processes.remove(self.directory)
        return output


_shared = []
_sharing = threading.Lock()


def shared_program():
    """A copy that the servers' user may read and all installations link to."""
    with _sharing:
        if not _shared:
            directory = processes.temporary_directory()
            target = directory / "countersign"
            shutil.copy2(servers.program(), target)
            target.chmod(0o755)
            _shared.append(target)
        return _shared[0]


def forget_shared_program():
    while _shared:
        processes.remove(_shared.pop().parent)


class Responder:
    """One process of the program."""

    def __init__(self, installation, number, environment=None, error_log=None):
        self.installation = installation
        self.socket = installation.directory / f"s{number}"
        self.log = installation.directory / f"log{number}"
        self.error_log = error_log  # a path instead of the log
        self.environment = dict({"PATH": "/usr/bin:/bin"}, **(environment or {}))
        self.process = None

    def start(self):
        command = processes.as_server_user([
            str(self.installation.program), "serve", "--listen", f"unix:{self.socket}",
            "--config", str(self.installation.config)])
        with open(self.log, "ab") as out, open(self.error_log or self.log, "ab") as err:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                            env=self.environment, start_new_session=True)
        processes.wait_until(lambda: self.process.poll() is not None or self.answers(), "the program's socket")
        if self.process.poll() is not None:
            raise RuntimeError(f"the program ended with {self.process.returncode}: {self.text()}")
        return self

    def answers(self):
        with socket.socket(socket.AF_UNIX) as client:
            try:
                client.connect(str(self.socket))
            except OSError:
                return False
            return True

    @property
    def pid(self):
        return self.process.pid

    def text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def kill(self):
        self.process.send_signal(signal.SIGKILL)

    def end(self):
        """SIGTERM, and its exit status; SIGKILL where that does not help."""
        if self.process is None or self.process.poll() is not None:
            return self.process and self.process.returncode
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise RuntimeError("the program did not end within 30 s of SIGTERM") from None

    # --- requests --------------------------------------------------------------------------------------------------

    def post(self, body, user="frodo", timeout=20, **more):
        if isinstance(body, dict):
            body = form(**body)
        return speak(self.socket, parameters(user=user, length=len(body), **more), body, timeout)

    def post_json(self, value, **more):
        return self.post(json.dumps(value).encode(), content_type="application/json", **more)

    # --- what it holds ---------------------------------------------------------------------------------------------

    def peak(self):
        """KiB of memory that it had at most."""
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{self.pid}/status").read_text())
        return int(found.group(1))

    def processor_time(self):
        """Seconds of a processor that it has used: how busy the machine is does not count."""
        after_name = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return sum(map(int, after_name[11:13])) / os.sysconf("SC_CLK_TCK")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def limit(self, what, value):
        """Sets a soft limit, `nofile` or `as`, as the user that the program runs as."""
        subprocess.run(processes.as_server_user(["prlimit", "--pid", str(self.pid), f"--{what}={value}:"]), check=True)


def complaints(text, what):
    """Secrets and signatures in something that anybody may read."""
    found = [secret for secret in SECRETS if secret in text or urllib.parse.quote(secret, safe="") in text]
    found += re.findall(r"Signature=[0-9a-f]{64}|StringToSign|v1,[A-Za-z0-9+/]{43}=", text)
    return [f"{what}: {each}" for each in found]
