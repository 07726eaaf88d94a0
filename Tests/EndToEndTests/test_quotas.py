"""How much a user may upload, shared by all processes of a machine; and rules on trial, that change nothing."""

import concurrent.futures
import json
import re
import subprocess
import time
from collections import Counter
from types import SimpleNamespace

import pytest
import requests

import gateway
import presigned
import servers
import uppy
from activation import Unit, is_connectable, sample
from browser import UploadPage
from chunks import ChunkedUpload
from documents import snippet
from processes import Process, as_server_user, is_root, remove, temporary_directory, wait_until
from uploads import fields, login, new_key, policy, prefix, send, sign

EXCEEDED = r"This would be more than the {} that you may upload in {}; try again in \d+ (hours|minutes|seconds)"


class Desk(Unit):
    """Several processes with one configuration, behind nginx and, if need be, Apache, that count in one file."""

    def __init__(self, s3, rules="", more="", entries=256):
        super().__init__(s3)
        self.s3 = s3
        self.quotas = self.directory / "quotas"
        self.text = self.text.replace("[rules]\n", f"[rules]\n{rules}\n")
        self.text += f'\n[quotas]\nfile = "{self.quotas}"\nentries = {entries}\n{more}'
        self.config.write_text(self.text)
        self.sockets, self.servers = [], []

    def serve(self, count=1):
        for number in range(count):
            path = self.directory / f"socket-{number}"
            operations = self.directory / f"operations-{number}"
            process = Process(
                as_server_user([str(self.program), "serve", "--listen", f"unix:{path}", "--config", str(self.config)]),
                self.directory / f"log-{number}",
                environment={"PATH": "/usr/bin:/bin", "COUNTERSIGN_OPERATIONS_LISTEN": f"unix:{operations}"})
            self.started.append(process)
            process.wait_until(lambda: is_connectable(path) and is_connectable(operations), "its sockets")
            self.sockets.append(path)
        self.process = self.started[0]
        usual = (servers.REPOSITORY / "nginx/countersign-upstream.conf").read_text()
        line = re.search(r"^ *server unix:\S+;$", usual, re.M)[0]
        lines = "\n".join(line.replace("/run/countersign/countersign.sock", str(path)) for path in self.sockets)
        nginx = servers.Nginx("/nowhere", servers=servers.NGINX_BASIC,
                              changes=[(line.replace("/run/countersign/countersign.sock", "/nowhere"), lines)])
        self.servers.append(nginx)
        self.url = nginx.start().url("basic")
        return self

    def apache(self, *ways):
        apache = servers.Apache(self, ways=ways)
        self.servers.append(apache)
        apache.start()
        return [apache.url(way) for way in ways]

    def sign(self, url=None, user="frodo", mount="/upload"):
        return sign(url or self.url, policy(self.s3, new_key(user)), user=user, mount=mount)

    def lines(self, words):
        return [line for process in self.started for line in process.text().splitlines() if words in line]

    def metrics_of(self, number=0):
        return super().metrics(self.directory / f"operations-{number}")

    def stop(self):
        try:
            for server in self.servers:
                server.stop()
        finally:
            super().stop()


@pytest.fixture
def desk(s3):
    running = []

    def make(*arguments, processes=1, **named):
        running.append(Desk(s3, *arguments, **named))
        return running[-1].serve(processes) if processes else running[-1]

    yield make
    for each in running:
        each.stop()


def statuses(asks):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        return Counter(answer.status_code for answer in pool.map(lambda ask: ask(), asks))


def refused(answer, text, retry):
    """The one error body, and when to try again."""
    assert answer.status_code == 429, answer.text
    said = answer.json()
    assert said["invalid"] is True and said["success"] is False and said["error"] == said["message"]
    assert re.fullmatch(text, said["error"]), said["error"]
    assert retry - 120 < int(answer.headers["Retry-After"]) <= retry
    assert answer.headers["Content-Type"] == "application/json"
    return said["code"]


# --- one file ---------------------------------------------------------------------------------------------------------

def test_processes_of_every_kind_share_a_quota(desk):
    """Two `serve` behind nginx, mod_fcgid's processes and a CGI program for each request."""
    two = desk("quota_requests = 30", processes=2)
    fcgid, cgi = two.apache("fcgid", "cgi")
    urls = [two.url, two.url, two.url, fcgid, cgi] * 10
    assert statuses([lambda url=url: two.sign(url) for url in urls]) == {200: 30, 429: 20}
    assert all("status=200" in process.text() for process in two.started), "both had their share"
    for url in (two.url, fcgid, cgi):
        assert refused(two.sign(url), EXCEEDED.format("30 files", "an hour"), 3600) == "quota_exceeded"
        assert two.sign(url, user="sam").status_code == 200
    # another profile, another window; what it does not say it has from [rules]
    assert two.sign(mount="/small").status_code == 400  # the policy's size is not for these rules
    status = two.quotas.stat()
    assert (status.st_mode & 0o777, status.st_size) == (0o600, 64 + 256 * 64)
    assert sorted(path.name for path in two.directory.iterdir() if path.name.startswith("quotas")) == ["quotas"]


def test_curl_is_told_when(desk, tmp_path):
    one = desk('quota_bytes = "3MB"\nquota_window = 86400')
    (tmp_path / "policy").write_text(json.dumps(policy(one.s3, new_key())))
    command = ["curl", "-sS", "-i", "-u", f"frodo:{servers.PASSWORD}", "-H", "Content-Type: application/json",
               "--data-binary", f"@{tmp_path}/policy", one.url + "/upload/sign?v4=true"]
    for _ in range(3):  # a million bytes each
        assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.startswith("HTTP/1.1 200")
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said.startswith("HTTP/1.1 429") and re.search(r"(?im)^retry-after: 8\d{4}\r?$", said), said
    assert "more than the 3 MB that you may upload in a day" in said
    assert one.lines("status=429")[0].count("reason=quota_exceeded") == 1
    assert sample(one.metrics_of(), "countersign_refusals_total", code="quota_exceeded") == 1
    # a file that no window has room for
    answer = requests.get(one.url + "/upload/presign?filename=a&size=3000001", headers=login("sam"), timeout=30)
    assert (answer.status_code, answer.json()["code"]) == (403, "larger_than_quota")
    assert "Retry-After" not in answer.headers


def test_a_process_that_is_killed_holds_nobody_up(desk):
    two = desk("quota_requests = 100000", processes=2)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(two.sign) for _ in range(200)]
        time.sleep(0.1)
        two.started[1].process.kill()
        codes = Counter(answer.result().status_code for answer in answers)
    assert codes[200] >= 190 and set(codes) <= {200, 502, 503}, codes
    assert two.sign().status_code == 200


def test_a_broken_file_is_replaced_while_they_run(desk):
    two = desk("quota_requests = 2", processes=2)
    for broken in (b"", b"garbage" * 100, two.quotas.read_bytes()[:-1], None):
        if broken is None:
            two.quotas.unlink()
        else:
            with open(two.quotas, "r+b") as file:  # in the very file that they use
                file.truncate(0)
                file.write(broken)
        assert [two.sign().status_code for _ in range(3)] == [200, 200, 429]
        assert two.quotas.stat().st_size == 64 + 256 * 64 and two.quotas.stat().st_mode & 0o777 == 0o600
    assert not two.lines("quotas_unavailable")


def test_who_signs_from_a_shell_counts_too(desk, tmp_path):
    """And what root does there leaves the file to the service."""
    one = desk("quota_requests = 3", processes=0)
    servers.operator()
    (tmp_path / "policy").write_text(json.dumps(policy(one.s3, new_key())))
    command = [str(servers.program()), "sign", "--user", "frodo", "--config", str(one.config), str(tmp_path / "policy")]

    def shell():
        return subprocess.run(command, capture_output=True, text=True, timeout=30)

    assert shell().returncode == 0
    one.serve()
    assert [one.sign().status_code for _ in range(2)] == [200, 200]
    result = shell()
    assert result.returncode != 0 and re.search(EXCEEDED.format("3 files", "an hour"), result.stderr), result
    assert one.sign().status_code == 429 and one.sign(user="sam").status_code == 200


def test_a_reload_changes_limit_and_file(desk):
    one = desk("quota_requests = 1")
    assert [one.sign().status_code for _ in range(2)] == [200, 429]
    one.rewrite(("quota_requests = 1", "quota_requests = 2"))
    one.hang_up()
    assert [one.sign().status_code for _ in range(2)] == [200, 429]
    one.rewrite((str(one.quotas), f"{one.quotas}-2"))
    one.hang_up()
    assert [one.sign().status_code for _ in range(2)] == [200, 429]
    one.rewrite((str(one.quotas), "/nowhere/quotas"))
    one.hang_up("the old one stays")
    assert one.sign().status_code == 429


# --- where nothing can be counted ------------------------------------------------------------------------------------

def start(desk):
    command = [str(desk.program), "serve", "--listen", f"unix:{desk.directory}/s", "--config", str(desk.config)]
    return subprocess.run(as_server_user(command), capture_output=True, text=True, timeout=30,
                          env={"PATH": "/usr/bin:/bin"})


def test_it_does_not_start_without_its_file(desk):
    for path, words in (("/nowhere/quotas", "No such file or directory"), ("/quotas", "Permission denied"),
                        ("/proc/quotas", "/proc/quotas")):
        if path == "/quotas" and not is_root():
            continue
        one = desk("quota_requests = 1", processes=0)
        one.rewrite((str(one.quotas), path))
        result = start(one)
        assert result.returncode == 78 and "quotas.file: cannot be used" in result.stderr and words in result.stderr
    # somebody else's, that we may read and write
    if is_root():
        one = desk("quota_requests = 1", processes=0)
        one.quotas.write_bytes(b"not ours")
        one.quotas.chmod(0o666)
        result = start(one)
        assert result.returncode == 78 and "it belongs to another user" in result.stderr
        assert one.quotas.read_bytes() == b"not ours"
    # a place that is no ledger's
    one = desk("quota_requests = 1", processes=0)
    one.quotas.symlink_to(one.config)
    before = one.config.read_bytes()
    assert start(one).returncode == 78 and one.config.read_bytes() == before


@pytest.fixture
def small_disk():
    """One with room for a megabyte."""
    directory = temporary_directory()
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=0777", "none", str(directory)],
                           capture_output=True)
    if mount.returncode != 0:
        remove(directory)
        pytest.skip("no disk may be mounted here")
    yield directory
    wait_until(lambda: subprocess.run(["umount", str(directory)], capture_output=True).returncode == 0, "umount")
    remove(directory)


def test_a_full_disk_is_an_error_at_start_and_none_later(small_disk, desk):
    """The file has all its room before it is used; where there is none, nothing starts."""
    one = desk("quota_requests = 2", entries=65536, processes=0)
    one.rewrite((str(one.quotas), f"{small_disk}/quotas"))
    result = start(one)
    assert result.returncode == 78 and "cannot make room for" in result.stderr, result
    assert "No space left on device" in result.stderr and not list(small_disk.iterdir())
    one.rewrite((str(one.quotas), f"{small_disk}/quotas"), ("entries = 65536", "entries = 8192"))
    one.serve()
    with open(small_disk / "rest", "wb", buffering=0) as rest, pytest.raises(OSError):
        while True:
            rest.write(b"x" * 4096)
    assert [one.sign(user=user).status_code for user in ("frodo", "frodo", "sam", "frodo")] == [200, 200, 200, 429]


def test_check(desk):
    one = desk("quota_requests = 1", processes=0)

    def check(path=None):
        one.rewrite((str(one.quotas), str(path or one.quotas)))
        return subprocess.run(as_server_user([str(one.program), "check", "--config", str(one.config)]),
                              capture_output=True, text=True, timeout=30)

    result = check()
    assert (result.returncode, result.stderr) == (0, "") and not one.quotas.exists()
    result = check("/nowhere/quotas")
    assert result.returncode == 0 and "warning: quotas.file: /nowhere is not there yet" in result.stderr
    if is_root():
        result = check("/quotas")
        assert result.returncode == 78 and "quotas.file: cannot be made" in result.stderr


# --- in the browser ---------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("transport", ["xhr", "iframe"])
def test_the_user_sees_it(desk, s3, browsers, store, tmp_path, transport):
    one = desk("quota_requests = 1")
    gateway.allow_origins(gateway.client(s3["url"]), [one.url])
    file = tmp_path / "note.txt"
    file.write_bytes(b"Speak, friend, and enter.\n")
    page = UploadPage(browsers, SimpleNamespace(url=one.url), transport=transport)
    assert page.upload(file)["success"] is True
    before = store.keys()
    assert page.upload(file)["success"] is not True
    assert re.search(EXCEEDED.format("one file", "an hour"), page.shown()), page.shown()
    assert store.keys() == before


# --- uploads in parts -------------------------------------------------------------------------------------------------

USER = "o'neil"


@pytest.fixture
def nothing_open(s3):
    """Of a user whose prefix has a percent sign, which Ceph's gateway might spell in another way."""
    client = gateway.client(s3["url"])

    def clear():
        for each in client.list_multipart_uploads(Bucket="uploads", Prefix=prefix(USER)).get("Uploads", []):
            client.abort_multipart_upload(Bucket="uploads", Key=each["Key"], UploadId=each["UploadId"])

    clear()
    yield client
    clear()


def test_open_uploads(desk, s3, nothing_open):
    one = desk("quota_open_uploads = 2\nquota_requests = 50")

    def through(method, path, headers, body):
        response = requests.request(method, one.url + "/upload" + path, headers={**headers, **login(USER)}, data=body,
                                    timeout=60, allow_redirects=False)
        return response.status_code, response.headers, response.content

    companion = uppy.Companion51(through)
    first = companion.create("a.txt")
    second = companion.create("b.txt")
    with pytest.raises(uppy.Failure) as refusal:
        companion.create("c.txt")
    assert refusal.value.status == 429
    text = "2 uploads of yours are not finished yet; finish one or give it up, or try again in a minute"
    assert refusal.value.message == text

    def presign(body, user=USER):
        return requests.post(one.url + "/upload/s3/presign", json=body, headers=login(user), timeout=30)

    begin = {"method": "POST", "key": "c.txt"}
    assert refused(presign(begin), text, 60) == "too_many_open_uploads"
    chunks = ChunkedUpload(s3, SimpleNamespace(url=one.url), new_key(USER), 2, USER)
    assert chunks.initiate() is None
    assert refused(chunks.answer, text, 60) == "too_many_open_uploads"
    # others, and what is no upload in parts, go on
    assert presign(begin, "sam").status_code == 200
    assert presign({"method": "PUT", "key": "c.txt"}).status_code == 200
    # finished, and given up: S3 says so, whoever did it
    companion.complete(first, [companion.part(first, 1, b"abc")])
    assert presign(begin).status_code == 200
    third = companion.create("d.txt")
    with pytest.raises(uppy.Failure):
        companion.create("e.txt")
    nothing_open.abort_multipart_upload(
        Bucket="uploads", Key=third["key"],
        UploadId=[each["UploadId"] for each in nothing_open.list_multipart_uploads(
            Bucket="uploads", Prefix=third["key"])["Uploads"]][0])
    last = companion.create("e.txt")
    assert chunks.initiate() is None
    companion.abort(second)
    assert chunks.initiate().status_code == 200
    companion.abort(last)
    assert chunks.abort().status_code == 204
    assert sample(one.metrics_of(), "countersign_s3_calls_total", operation="ListMultipartUploads", result="ok") > 0


def test_evaporate_is_refused_too(desk, s3, nothing_open):
    one = desk("quota_open_uploads = 1")

    class Signer:
        def __init__(self):
            self.s3 = s3

        def get(self, route, user, **query):
            return requests.get(f"{one.url}/upload/{route}", params=query, headers=login(user), timeout=30)

    upload = presigned.Evaporate(Signer(), new_key(USER), USER)
    acl = {"x-amz-acl": "private"}
    answer, begun = upload.request("POST", "uploads=", acl)
    assert begun.status_code == 200, begun.text
    answer, begun = upload.request("POST", "uploads=", acl)
    assert begun is None and answer.status_code == 429 and answer.headers["Retry-After"] == "60", answer.text


# --- rules on trial ---------------------------------------------------------------------------------------------------

TRIAL = """
[profiles.strict]
max_size = 1000
types = ["image/*"]
quota_requests = 3
"""


def test_rules_on_trial(desk, s3, store):
    trial = desk('shadow = "strict"', TRIAL)
    plain = desk()
    key = new_key()
    document = policy(s3, key)
    answers = [sign(each.url, document) for each in (trial, plain)]
    assert [answer.status_code for answer in answers] == [200, 200] and answers[0].text == answers[1].text
    assert {**answers[0].headers, "Date": ""} == {**answers[1].headers, "Date": ""}
    (line,) = trial.lines("action=sign")
    assert " shadow=strict shadow_reason=invalid_policy shadow_message=" in line and " reason=" not in line
    assert send(s3, fields(s3, document, answers[0].json()), b"x" * 2000).status_code == 200

    def complete(url):
        return requests.post(url + "/upload/file_uploaded", json={"key": key, "filename": "note.txt"},
                             headers=login("frodo"), timeout=60)

    stored = complete(trial.url)
    assert stored.status_code == 200 and complete(plain.url).text == stored.text
    (line,) = trial.lines("action=file_uploaded")
    assert " status=200 " in line and " shadow=strict shadow_reason=too_large " in line
    small = {"filename": "a.png", "type": "image/png", "size": "10"}
    for _ in range(4):
        assert requests.get(trial.url + "/upload/presign", params=small, headers=login("frodo"),
                            timeout=30).status_code == 200
    assert ["shadow_reason=quota_exceeded" in line for line in trial.lines("action=presign")] == [False] * 3 + [True]
    found = trial.metrics_of()
    for code in ("invalid_policy", "too_large", "quota_exceeded"):
        assert sample(found, "countersign_shadow_refusals_total", profile="strict", code=code) == 1
    assert not [name for name, _ in found if name == "countersign_refusals_total"]
    assert not plain.lines("shadow")


def test_the_trial_on_the_page(desk, s3):
    """The configuration and the line of the log, as they are printed."""
    printed = snippet("docs/quotas.md", "Rules on trial", "toml")
    profile = re.search(r"^\[profiles\.strict\]\n(?:.+\n)+", printed, re.M)[0]
    assert printed.startswith('[rules]\nshadow = "strict"\n')
    one = desk('shadow = "strict"', profile)
    key = new_key(name=".zip")
    document = policy(s3, key, change=lambda conditions: [
        {"Content-Type": "application/zip"} if "Content-Type" in each else each for each in conditions])
    assert sign(one.url, document).status_code == 200
    (line,) = one.lines("action=sign")
    form = re.escape(snippet("docs/quotas.md", "Rules on trial", "text").strip())
    for said, real in (("47c3…", "[0-9a-f]{16,32}"), ("frodo/a\\.zip", re.escape(key)), ("ms=0\\.2", r"ms=\d+\.\d")):
        assert said in form
        form = form.replace(said, real)
    assert re.search(form, line), (form, line)


def test_a_trial_that_is_none(desk):
    one = desk('shadow = "strct"', TRIAL, processes=0)
    result = subprocess.run([str(one.program), "check", "--config", str(one.config)], capture_output=True, text=True,
                            timeout=30)
    assert result.returncode == 78
    assert 'rules.shadow: "strct" is no profile; write [profiles.NAME]; did you mean "strict"?' in result.stderr
