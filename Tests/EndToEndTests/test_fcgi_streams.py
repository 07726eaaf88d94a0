"""Malformed FastCGI streams, one connection each, against the program that is shipped.

COUNTERSIGN names the program (default .build/release/countersign), COUNTERSIGN_ARGUMENTS what it is started with
(`{socket}` and `{config}` are filled in). Each stream of fcgi/manifest.json is sent whole, whole and half-closed, and byte by
byte. After each the same process must be alive and answer a well-formed request on a new connection within three seconds,
in bounded memory, and the answer must be what the manifest expects.
"""

import json
import os
import pathlib
import shlex
import socket
import struct
import subprocess
import time

import pytest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
STREAMS = HERE / "fcgi"
MANIFEST = json.loads((STREAMS / "manifest.json").read_text())
CASES = MANIFEST["cases"]
FORMS = ["whole", "half-closed", "byte-by-byte"]
SECRET = "fcgi-streams-secret-access-key-0123456789"
STDOUT, END_REQUEST, GET_VALUES_RESULT, UNKNOWN_TYPE = 6, 3, 10, 11
# Byte by byte, a stream is sent in at most so many pieces; longer ones go in pieces of a few bytes, of odd length.
PIECES = 6000
DEFAULT_ARGUMENTS = "serve --listen unix:{socket} --config {config}"

CONFIG = """
[server]
secret_file = "{secret}"
[s3]
endpoint = "https://s3.example.invalid"
region = "eu-west-1"
[uploads]
bucket = "uploads"
access_key_id = "AKIDEXAMPLE"
secret_access_key_file = "{secret}"
[storage]
bucket = "storage"
access_key_id = "AKIDEXAMPLE"
secret_access_key_file = "{secret}"
"""


class Program:
    def __init__(self, directory):
        self.socket = str(directory / "desk.sock")
        secret = directory / "secret"
        secret.write_text(SECRET + "\n")
        secret.chmod(0o600)
        config = directory / "countersign.toml"
        config.write_text(CONFIG.format(secret=secret))
        program = os.environ.get("COUNTERSIGN", str(ROOT / ".build/release/countersign"))
        arguments = os.environ.get("COUNTERSIGN_ARGUMENTS", DEFAULT_ARGUMENTS)
        self.log = open(directory / "log", "w+b")
        self.process = subprocess.Popen(
            [program] + shlex.split(arguments.format(socket=self.socket, config=config)),
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
            env={"PATH": "/usr/bin:/bin", "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")},
        )
        end = time.monotonic() + 20
        while not self.is_answering():
            assert self.process.poll() is None, "the program ended: " + self.output()
            assert time.monotonic() < end, "the program does not answer: " + self.output()
            time.sleep(0.05)

    def is_answering(self):
        try:
            return is_answer(self.exchange(LIVENESS))
        except OSError:
            return False

    def output(self):
        self.log.flush()
        return pathlib.Path(self.log.name).read_text(errors="replace")

    def resident_mb(self):
        for line in open(f"/proc/{self.process.pid}/status"):
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise AssertionError("the process is gone")

    def connect(self, seconds):
        peer = socket.socket(socket.AF_UNIX)
        peer.settimeout(seconds)
        peer.connect(self.socket)
        return peer

    def exchange(self, data, form="whole", seconds=20.0):
        """What came back until the program closed the connection, or fell silent after an answer to a peer that stays."""
        received = bytearray()
        with self.connect(seconds) as peer:
            step = len(data) if form != "byte-by-byte" else len(data) // PIECES + 1
            try:
                for offset in range(0, len(data), max(step, 1)):
                    peer.sendall(data[offset : offset + step])
                if form == "half-closed":
                    peer.shutdown(socket.SHUT_WR)
            except (BrokenPipeError, ConnectionResetError):
                pass
            end = time.monotonic() + seconds
            while True:
                done = any(kind == END_REQUEST for kind, _, _ in records(received))
                peer.settimeout(0.3 if done and form != "half-closed" else max(end - time.monotonic(), 0.01))
                try:
                    chunk = peer.recv(1 << 16)
                except ConnectionResetError:
                    break
                except socket.timeout:
                    if done and form != "half-closed":
                        break
                    raise AssertionError(f"neither answered nor closed within {seconds} s")
                if not chunk:
                    break
                received += chunk
        return bytes(received)


def records(data):
    found, offset = [], 0
    while len(data) - offset >= 8:
        version, kind, request, length, padding = struct.unpack_from(">BBHHB", data, offset)
        assert version == 1, "what came back is no FastCGI record"
        if len(data) - offset - 8 < length + padding:
            break
        found.append((kind, request, bytes(data[offset + 8 : offset + 8 + length])))
        offset += 8 + length + padding
    return found


def standard_output(data):
    """By request, in the order of their ends."""
    texts, ended = {}, []
    for kind, request, content in records(data):
        if kind == STDOUT:
            texts[request] = texts.get(request, b"") + content
        elif kind == END_REQUEST and texts.get(request):
            ended.append(texts.pop(request))
    return ended, texts


def status_of(text):
    head, _, _ = text.partition(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"status":
            return int(value.split()[0])
    return 200


def is_answer(data):
    ended, cut = standard_output(data)
    return bool(ended) and not cut and all(b"\r\n\r\n" in text for text in ended)


LIVENESS = (STREAMS / MANIFEST["liveness"]).read_bytes()


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    started = Program(tmp_path_factory.mktemp("fcgi"))
    yield started
    started.process.terminate()
    assert started.process.wait(timeout=40) == 0, "SIGTERM must end it with status 0: " + started.output()
    assert SECRET not in started.output()


def test_every_stream_is_in_the_manifest():
    listed = {case["file"] for case in CASES} | {MANIFEST["liveness"]}
    present = {path.name for path in STREAMS.glob("*.bin")}
    assert {name for name in present if not name.startswith("zz_")} <= listed <= present
    for case in CASES:
        assert len((STREAMS / case["file"]).read_bytes()) == case["bytes"], case["file"]


@pytest.mark.parametrize("path", sorted(STREAMS.glob("zz_*.bin")), ids=lambda path: path.name)
@pytest.mark.parametrize("form", FORMS)
def test_well_formed(program, path, form):
    assert is_answer(program.exchange(path.read_bytes(), form))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_stream(program, case, form):
    pid, before = program.process.pid, program.resident_mb()
    data = program.exchange((STREAMS / case["file"]).read_bytes(), form)

    assert program.process.poll() is None and program.process.pid == pid, "it died: " + program.output()
    assert program.is_answering(), "no answer to a well-formed request on a new connection"
    assert program.resident_mb() - before < case.get("max_rss_mb", 256)

    ended, cut = standard_output(data)
    statuses = [status_of(text) for text in ended]
    assert not cut, "an answer was cut"
    if case["expect"] == "answer":
        assert is_answer(data), f"no complete answer: {data[:200]!r}"
    elif case["expect"] == "close":
        assert not any(200 <= status < 300 for status in statuses), f"answered {statuses}"
    if case.get("must_be") == "4xx":
        assert statuses and all(400 <= status < 500 for status in statuses), f"answered {statuses}"
    if "must_not_user" in case:
        user = case["must_not_user"].encode()
        assert not any(b"user=" + user in text or b'"' + user + b"/" in text for text in ended)
    if "must_not_contain" in case:
        assert case["must_not_contain"].encode() not in data
    if "mgmt" in case:
        wanted = GET_VALUES_RESULT if case["mgmt"] == "GET_VALUES_RESULT" else UNKNOWN_TYPE
        assert any(kind == wanted for kind, _, _ in records(data)), "the management record was not answered"
    assert SECRET.encode() not in data
