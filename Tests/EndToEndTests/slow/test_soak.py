"""A mixed load for minutes, over two processes behind one nginx: nothing is lost, nothing is stored twice, nothing grows.

Signed uploads, uploads in parts, iframes and completions, each repeated as their clients would; slow and broken clients;
an S3 that now and then is slow down or drops the answer; reloads of both processes and restarts of one.
COUNTERSIGN_SOAK_SECONDS says how long; ten minutes unless told.
"""

import itertools
import json
import os
import random
import signal
import socket
import threading
import time
import uuid

import pytest
import requests

import servers
import uppy
from activation import Unit, behind_nginx
from faults.front import Front
from faults.wire import Answer, Fault
from uploads import fields, login, new_key, policy, send, sign

SECONDS = int(os.environ.get("COUNTERSIGN_SOAK_SECONDS", "600"))
PATIENCE = 60  # seconds in which a client repeats before it gives up
SLOW_DOWN = b"<Error><Code>SlowDown</Code><RequestId>soak</RequestId></Error>"


class Weather(Front):
    """The real S3, but one call in thirty is refused for now, and one in sixty works and its answer is lost."""

    def __init__(self, port):
        self.chance = random.Random(7)
        self.refused = self.lost = 0
        super().__init__(port)

    def exchange(self, connection, request):
        luck = self.chance.random()
        if luck < 1 / 30:
            self.refused += 1
            self.deliver(connection, request, Answer(503, [], SLOW_DOWN), Fault())
        else:
            super().exchange(connection, request)

    def deliver(self, connection, request, answer, fault):
        if answer.status == 200 and self.chance.random() < 1 / 60:
            self.lost += 1
            fault = Fault(reset_after=0)
        super().deliver(connection, request, answer, fault)


class Tally:
    def __init__(self):
        self.lock = threading.Lock()
        self.counts = {}
        self.failures = []
        self.stored = {}  # storage key: what was uploaded

    def count(self, what):
        with self.lock:
            self.counts[what] = self.counts.get(what, 0) + 1

    def fail(self, what):
        with self.lock:
            self.failures.append(what)


def patient(tally, ask):
    """The answer to a request that is repeated while the site is not available, as every client may."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            response = ask()
        except requests.RequestException:
            response = None
        if response is not None and response.status_code not in (429, 502, 503, 504):
            return response
        tally.count("repeats")
        assert time.monotonic() < end, response is not None and response.text
        time.sleep(0.2)


class Clients:
    def __init__(self, s3, url, tally):
        self.s3, self.url, self.tally = s3, url, tally

    def complete(self, key, name, content):
        """Posted twice: the answers must be one."""
        def post():
            return requests.post(self.url + "/upload/file_uploaded", json={"key": key, "filename": name},
                                 headers=login("frodo"), timeout=70)
        answers = [patient(self.tally, post) for _ in range(2)]
        assert all(answer.status_code == 200 for answer in answers), answers[0].text
        first, second = (answer.json()["key"] for answer in answers)
        assert first == second
        with self.tally.lock:
            assert first not in self.tally.stored
            self.tally.stored[first] = content
        self.tally.count("completions")

    def upload(self):
        key, content = new_key(), os.urandom(random.randrange(1, 20_000))
        document = policy(self.s3, key)
        signed = patient(self.tally, lambda: sign(self.url, document))
        assert signed.status_code == 200, signed.text
        assert send(self.s3, fields(self.s3, document, signed.json()), content).status_code == 200
        self.tally.count("uploads")
        self.complete(key, "note.txt", content)

    def upload_in_parts(self):
        def ask(method, path, headers, body):
            response = patient(self.tally, lambda: requests.request(
                method, self.url + "/upload" + path, headers={**headers, **login("frodo")}, data=body, timeout=70))
            return response.status_code, response.headers, response.content
        plugin = uppy.Companion51(ask)
        parts = [os.urandom(1000) for _ in range(3)]
        upload = plugin.create("note.bin", "application/pdf")
        done = [{"PartNumber": number, "ETag": uppy.put(plugin.sign(upload, number), part)}
                for number, part in enumerate(parts, 1)]
        plugin.complete(upload, done)
        self.tally.count("uploads in parts")
        self.complete(upload["key"], "note.bin", b"".join(parts))

    def iframe(self):
        response = patient(self.tally, lambda: requests.get(self.url + "/upload/empty_html?key=x", timeout=30))
        assert response.status_code == 200 and response.content == b""
        self.tally.count("iframes")

    def refused(self):
        response = patient(self.tally, lambda: sign(self.url, policy(self.s3, "sam/" + str(uuid.uuid4()))))
        assert response.status_code == 403
        self.tally.count("refusals")


def rude(path, tally, over):
    """Half a request, nonsense, or silence; then gone."""
    chance = random.Random(11)
    for start in itertools.cycle([b"\x01\x01\x00\x01\x00\x08\x00", b"GET / HTTP/1.1\r\n\r\n", b"", b"\x01"]):
        if over.is_set():
            return
        with socket.socket(socket.AF_UNIX) as client:
            try:
                client.settimeout(5)
                client.connect(str(path))
                client.sendall(start)
            except OSError:
                continue
            over.wait(chance.random())
        tally.count("rude clients")


def footprint(pid):
    """Resident memory in MB, and open files."""
    with open(f"/proc/{pid}/status") as status:
        resident = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
    return resident / 1024, len(os.listdir(f"/proc/{pid}/fd"))


@pytest.fixture
def pair(s3):
    """Two processes on two sockets, behind one nginx; the second one's S3 has weather too."""
    weather = Weather(s3["port"])
    try:
        units = [Unit(s3, more='[operations]\npublic = ["health", "metrics"]\n') for _ in range(2)]
        for unit in units:
            unit.rewrite((f'endpoint = "{s3["url"]}"',
                          f'endpoint = "http://127.0.0.1:{weather.port}"\npublic_endpoint = "{s3["url"]}"'))
        with behind_nginx(units) as (sockets, nginx):
            yield units, sockets, nginx, weather
    finally:
        weather.stop()


def test_a_long_day(pair, s3, store):
    units, sockets, nginx, weather = pair
    restarted, steady = units
    tally, over = Tally(), threading.Event()
    clients = Clients(s3, nginx.url("basic"), tally)
    before = {key for key in store.keys("storage") if not key.startswith(".countersign/")}

    def work(job):
        while not over.is_set():
            try:
                job()
            except Exception as error:  # noqa: BLE001  whatever a client would see
                tally.fail(f"{job.__name__}: {error!r}"[:500])

    jobs = [clients.upload] * 4 + [clients.upload_in_parts] * 2 + [clients.iframe, clients.refused]
    threads = [threading.Thread(target=work, args=(job,)) for job in jobs]
    threads += [threading.Thread(target=rude, args=(unit.socket, tally, over)) for unit in units]
    for thread in threads:
        thread.start()
    began, early = time.monotonic(), None
    try:
        for turn in itertools.count(1):
            time.sleep(min(5, SECONDS / 10))
            for unit in units:
                unit.process.process.send_signal(signal.SIGHUP)
            if turn % 3 == 0:
                assert restarted.process.stop() == 0
                restarted.start([sockets[0]])
                tally.count("restarts")
            passed = time.monotonic() - began
            if early is None and passed > SECONDS / 3:
                early = footprint(steady.process.pid)
            if passed > SECONDS:
                break
    finally:
        over.set()
        for thread in threads:
            thread.join(timeout=2 * PATIENCE)
    late = footprint(steady.process.pid)
    print(json.dumps({**tally.counts, "S3 refused": weather.refused, "S3's answer lost": weather.lost,
                      "MB": [round(early[0], 1), round(late[0], 1)], "files": [early[1], late[1]]}))
    assert not tally.failures, tally.failures[:5]
    assert tally.counts["completions"] > SECONDS / 10
    stored = {key for key in store.keys("storage") if not key.startswith(".countersign/")} - before
    assert stored == set(tally.stored), "what was acknowledged is there, and nothing else"
    for key, content in random.Random(3).sample(sorted(tally.stored.items()), min(200, len(tally.stored))):
        assert store.get(key, "storage")[0] == content
    assert late[0] < early[0] * 1.25 + 4 and late[1] < early[1] + 40, (early, late)
