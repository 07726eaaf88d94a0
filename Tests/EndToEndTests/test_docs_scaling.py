"""Two processes with one configuration behind one nginx, by the lines of the page about it."""

import re
import signal
import subprocess

import pytest
import requests

import servers
from documents import adapted, snippet
from processes import Process, as_server_user, remove, temporary_directory
from uploads import fields, login, new_key, policy, send, sign


class Pair:
    def __init__(self, s3):
        self.s3 = s3
        self.program = servers.Countersign(s3)
        self.run = temporary_directory()
        self.processes = {name: None for name in ("one", "two")}
        upstream = snippet("docs/scaling.md", "Several processes behind one nginx", "nginx")
        printed = (servers.REPOSITORY / "nginx/countersign-upstream.conf").read_text()
        usual = re.search(r"^upstream countersign \{.*?^\}\n", printed, re.M | re.S)[0]
        self.nginx = servers.Nginx(
            "/nowhere", servers=servers.NGINX_BASIC,
            changes=[(usual.replace("/run/countersign/countersign.sock", "/nowhere"),
                      adapted(upstream, {"/run/countersign/": f"{self.run}/"}))])

    def start(self):
        lines = snippet("docs/scaling.md", "Several processes behind one nginx", "sh").splitlines()
        assert len(lines) == 2
        for name, line in zip(self.processes, lines):
            words = adapted(line, {"/run/countersign/": f"{self.run}/"}).removesuffix(" &").split()
            assert words[0] == "countersign" and f"{name}.sock" in line
            self.processes[name] = Process(
                as_server_user([str(self.program.program), *words[1:], "--config", str(self.program.config)]),
                self.run / f"{name}.log", environment={"PATH": "/usr/bin:/bin"})
            self.processes[name].wait_until((self.run / f"{name}.sock").exists, f"the socket of {name}")
        self.url = self.nginx.start().url("basic")
        return self

    def served(self, action):
        """How many requests of a kind each of them has answered."""
        return {name: len(re.findall(rf"\baction={action}\b", process.text()))
                for name, process in self.processes.items()}

    def stop(self):
        self.nginx.stop()
        for process in filter(None, self.processes.values()):
            process.stop()
        self.program.stop()
        remove(self.run)


@pytest.fixture
def pair(s3):
    pair = Pair(s3)
    try:
        yield pair.start()
    finally:
        pair.stop()


def complete(pair, key):
    return requests.post(f"{pair.url}/upload/file_uploaded", json={"key": key, "filename": "a.txt"}, headers=login("frodo"),
                         timeout=60)


def upload(pair):
    key = new_key()
    document = policy(pair.s3, key)
    signed = sign(pair.url, document)
    assert signed.status_code == 200, signed.text
    assert send(pair.s3, fields(pair.s3, document, signed.json())).status_code == 200
    return key


def test_two_share_the_work_and_one_goes_on_alone(pair, store):
    before = store.keys("storage")
    key = upload(pair)
    (signer,) = [name for name, count in pair.served("sign").items() if count]
    # nginx takes turns: within a few repeats the other one has answered, and says the same
    answers = []
    while not all(pair.served("file_uploaded").values()):
        answers.append(complete(pair, key))
        assert answers[-1].status_code == 200 and len(answers) < 10, answers[-1].text
    assert len({answer.text for answer in answers}) == 1, "one upload, one answer"
    other = {"one": "two", "two": "one"}[signer]
    assert pair.served("file_uploaded")[other] > 0

    # a ticket of either is good at both
    begun = requests.post(f"{pair.url}/upload/s3/multipart", headers=login("frodo"), timeout=30,
                          json={"filename": "b.txt", "type": "text/plain", "metadata": {}}).json()
    parts = f"{pair.url}/upload/s3/multipart/{begun['uploadId']}"
    for _ in range(4):
        listed = requests.get(parts, params={"key": begun["key"]}, headers=login("frodo"), timeout=30)
        assert (listed.status_code, listed.json()) == (200, [])
    assert all(pair.served("s3/multipart/ID").values())
    assert requests.delete(parts, params={"key": begun["key"]}, headers=login("frodo"), timeout=30).json() == {}

    # one is lost, without a word
    gone = pair.processes[signer]
    gone.process.send_signal(signal.SIGKILL)
    gone.process.wait(timeout=30)
    for _ in range(4):
        assert complete(pair, upload(pair)).status_code == 200
    assert complete(pair, key).text == answers[0].text
    stored = [key for key in store.keys("storage") - before if not key.startswith(".countersign/")]
    assert len(stored) == 5, "of five uploads five objects"


def test_the_units_of_a_second_one(s3, tmp_path):
    """What the page says `countersign print systemd --socket …` gives."""
    program = servers.Countersign(s3)
    try:
        result = subprocess.run([servers.operator(), "print", "systemd", "--socket", "/run/countersign/two.sock",
                                 "--config", program.config], capture_output=True, text=True, timeout=30)
        assert "ListenStream=/run/countersign/two.sock" in result.stdout, result.stderr
    finally:
        program.stop()
