"""`countersign sweep` on a real store: uploads whose completion never came, beside a program that is at work."""

import contextlib
import json
import os
import pty
import re
import shutil
import subprocess
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

import hooked
import latecomers
import servers
from endless import Endless
from uploads import login

USERS = ["frodo", "sam", "j%C3%BCrgen"]
MANY = 210


class Desk:
    """The program behind nginx with a hook that counts, and the sweep with the same configuration."""

    def __init__(self, s3):
        self.s3, self.client = latecomers.buckets(s3, "sweep")
        self.hook = hooked.Hook()
        self.program = latecomers.configured(
            self.s3, f'\n[hook]\nurl = "{self.hook.url}"\nsecret_file = "{{token}}"\n', "ticket_expires_after = 1\n")
        self.operator = self.program.directory / "countersign-operator"
        shutil.copy2(servers.operator(), self.operator)

    def command(self, *words, config=None):
        return [str(self.program.program), "sweep", "--config", str(config or self.program.config), *words]

    def sweep(self, *words, status=0, config=None):
        """The summary, and the exit status that it must have."""
        result = subprocess.run(self.command("--json", "--page-length", "40", *words, config=config),
                                capture_output=True, text=True, timeout=300)
        assert result.returncode == status, result.stdout + result.stderr
        return {name: value for name, value in json.loads(result.stdout).items() if value or name == "clean"}

    def put(self, count, prefix="", name="note%20(1).txt"):
        keys = [f"{USERS[number % len(USERS)]}/{prefix}{uuid.uuid4()}.txt" for number in range(count)]

        def put(key):
            self.client.put_object(Bucket=self.s3["uploads"], Key=key, Body=b"content", ContentType="text/plain",
                                   Metadata={"qqfilename": name})

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(put, keys))
        return keys

    def complete(self, key):
        user = requests.utils.unquote(key.split("/")[0])
        return requests.post(self.url + "/upload/file_uploaded", timeout=120, headers=login(user), data={
            "key": key, "uuid": "u", "name": "note (1).txt", "bucket": self.s3["uploads"]})

    def uploads(self):
        return set(latecomers.keys(self.client, self.s3["uploads"]))

    def stored(self):
        return latecomers.stored(self.client, self.s3["storage"])

    def empty(self):
        for bucket in (self.s3["uploads"], self.s3["storage"]):
            found = latecomers.keys(self.client, bucket)
            for start in range(0, len(found), 1000):
                self.client.delete_objects(Bucket=bucket, Delete={
                    "Objects": [{"Key": key} for key in found[start:start + 1000]]})
        for upload in self.client.list_multipart_uploads(Bucket=self.s3["uploads"]).get("Uploads", []):
            self.client.abort_multipart_upload(Bucket=self.s3["uploads"], Key=upload["Key"], UploadId=upload["UploadId"])
        self.hook.events.clear()


@pytest.fixture(scope="module")
def running(s3):
    with latecomers.running(Desk(s3)) as desk:
        yield desk


@pytest.fixture
def desk(running):
    running.empty()
    return running


def test_many_uploads_beside_a_running_site(desk):
    """Two sweeps and the browsers at once, over several pages: every upload is stored once, and the site told once."""
    keys = desk.put(MANY)
    for key in keys[:10]:
        assert desk.complete(key).status_code == 200
    before = set(desk.stored())
    listed = desk.sweep("--older-than", "0s")
    assert listed == {"clean": True, "dryRun": True, "examined": MANY, "accepted": 10, "waiting": MANY - 10}
    assert set(desk.stored()) == before

    browsers = threading.Thread(target=lambda: [desk.complete(key) for key in keys[-40:]])
    browsers.start()
    with ThreadPoolExecutor(2) as pool:
        sweeps = list(pool.map(lambda _: desk.sweep("--older-than", "0s", "--complete"), range(2)))
    browsers.join()
    for sweep in sweeps:
        assert sweep["clean"] is True and sweep["examined"] == MANY
        assert sweep.get("completed", 0) + sweep.get("accepted", 0) == MANY
    assert len(desk.stored()) == MANY
    claims = latecomers.claims(desk.client, desk.s3["storage"])
    assert sorted(claim["upload_key"] for claim in claims) == sorted(keys)
    assert {claim["state"] for claim in claims} == {"accepted"}
    assert {claim["name"] for claim in claims} == {"note (1).txt"}
    # whoever waits too long for the hook asks again, with the same id
    assert len({event["data"]["upload"]["key"] for event in desk.hook.events}) == MANY

    again = desk.sweep("--older-than", "0s", "--complete")
    assert again == {"clean": True, "examined": MANY, "accepted": MANY}
    assert desk.uploads() == set(keys)  # they are the lifecycle's to remove


def test_the_young_are_left_alone(desk):
    keys = desk.put(3)
    for words in ([], ["--complete"], ["--delete"], ["--delete", "--older-than", "1h"]):
        summary = desk.sweep(*words)
        assert summary["young"] == summary["examined"] == 3
    assert desk.uploads() == set(keys) and desk.stored() == []


def test_refusals_and_strangers(desk):
    desk.put(1, name="orc.txt")
    desk.client.put_object(Bucket=desk.s3["uploads"], Key="frodo/large.txt", Body=b"x" * (5 << 20 | 1))
    for key in ("nobody.txt", "countersign-doctor/x.txt"):
        desk.client.put_object(Bucket=desk.s3["uploads"], Key=key, Body=b"x")
    assert desk.sweep("--complete", "--older-than", "0s") == {
        "clean": True, "examined": 4, "rejected": 2, "foreign": 2}
    assert desk.stored() == []
    assert desk.sweep("--complete", "--older-than", "0s") == {
        "clean": True, "examined": 4, "rejected": 1, "refused": 1, "foreign": 2}


def test_delete_what_was_never_complete(desk):
    done, left = desk.put(2, "done"), desk.put(5, "left")
    for key in done:
        assert desk.complete(key).status_code == 200
    stored = set(desk.stored())
    assert desk.sweep("--delete", "--older-than", "0s", "--prefix", "frodo/left")["deleted"] == 2
    assert desk.sweep("--delete", "--older-than", "0s") == {"clean": True, "examined": 5, "accepted": 2, "deleted": 3}
    assert desk.uploads() == set(done) and set(desk.stored()) == stored
    assert not desk.uploads() & set(left)


def test_parts_of_long_ago(desk):
    bucket = desk.s3["uploads"]
    for number in range(45):
        desk.client.create_multipart_upload(Bucket=bucket, Key=f"frodo/{number} +ä.txt")
    time.sleep(2)  # a ticket of this site's is good for a second
    assert desk.sweep()["clean"]
    assert desk.sweep("--older-than", "0s") == {"clean": True, "dryRun": True, "stale": 45}
    assert desk.sweep("--older-than", "1h", "--abort-multipart") == {"clean": True}
    assert len(desk.client.list_multipart_uploads(Bucket=bucket).get("Uploads", [])) == 45
    assert desk.sweep("--older-than", "0s", "--abort-multipart") == {"clean": True, "aborted": 45}
    assert "Uploads" not in desk.client.list_multipart_uploads(Bucket=bucket)


@pytest.mark.parametrize("words", [[], ["--delete", "--abort-multipart"]])
def test_a_hundred_thousand_uploads_take_no_more_memory_than_ten_thousand(words):
    peaks = []
    for keys in (10_000, 100_000):
        with Endless(keys, stale=keys // 10) as store:
            summary, peak = store.sweep(*words)
            counts = store.counts()
        third = keys // 300
        left = keys // 100 - 2 * third  # the first of each three is complete
        expected = {"clean": True, "examined": keys, "young": keys - keys // 100, "accepted": left}
        if words:
            expected |= {"deleted": 2 * third, "aborted": keys // 10}
            assert (counts["deleted"], counts["aborted"]) == (2 * third, keys // 10)
        else:
            expected |= {"dryRun": True, "refused": third, "waiting": third, "stale": keys // 10}
            assert (counts["deleted"], counts["aborted"], counts["head"]) == (0, 0, 0)
        assert summary == expected
        assert counts["list"] == keys // 1000 and counts["claim"] == keys // 100
        peaks.append(peak)
    assert peaks[1] < 1.1 * peaks[0], peaks


class Terminal:
    """A command whose standard error is a terminal, and standard output too where that is asked for."""

    def __init__(self, command, everything=False):
        ours, theirs = pty.openpty()
        with subprocess.Popen(command, stdout=theirs if everything else subprocess.PIPE, stderr=theirs) as process:
            os.close(theirs)
            self.shown = b""
            # Linux answers EIO when nobody is at the other end any more.
            with contextlib.suppress(OSError):
                while piece := os.read(ours, 4096):
                    self.shown += piece
            self.out = process.stdout.read().decode() if process.stdout else ""
        os.close(ours)
        self.status = process.returncode


def test_a_bar_on_a_terminal():
    """It says how far the sweep is, is taken away before each line, and is not there for programs."""
    with Endless(5000, old=1000) as store:
        watched = Terminal(store.command())
        assert watched.status == 0
        bars = re.findall(r"\r\x1b\[K… (\d+) examined, (\d) waiting", watched.shown.decode())
        assert [int(count) for count, _ in bars[:5]] == [1000, 2000, 3000, 4000, 5000]
        assert watched.shown.endswith(b"\r\x1b[K") and b"nothing was changed" not in watched.shown
        assert watched.out.splitlines()[-1].startswith("5000 uploads examined: 4995 young, 2 accepted")

        screen = Terminal(store.command(), everything=True).shown.decode()
        for line in screen.split("\r\n")[:-2]:
            assert re.search(r"\r\x1b\[K(waiting|refused)  frodo/\S+  \S.*$", line), line
        assert screen.split("\r\n")[-2].startswith("\r\x1b[K") and screen.count("…") == len(bars)

        for command in (store.command("--json"), ["sh", "-c", 'exec "$@" 2>/dev/null', "sh", *store.command()]):
            assert Terminal(command).shown == b""


def test_for_people(desk):
    key, = desk.put(1)
    result = subprocess.run(desk.command("--older-than", "0s"), capture_output=True, text=True, timeout=60)
    assert result.returncode == 0 and result.stderr == ""
    line, summary = result.stdout.splitlines()
    assert line.startswith(f"waiting  {key}  7 bytes, ")
    assert summary == "1 uploads examined: 1 waiting; nothing was changed"


@pytest.mark.parametrize("words", [["--older-than", "1w"], ["--complete", "--delete"], ["--parallel", "0"]])
def test_wrong_words(desk, words):
    result = subprocess.run(desk.command(*words), capture_output=True, text=True, timeout=60)
    assert result.returncode == 64 and "Usage" in result.stderr


def test_what_cannot_be_done_is_said(desk, tmp_path):
    key, = desk.put(1)
    config = tmp_path / "countersign.toml"
    text = desk.program.config.read_text()
    config.write_text(text.replace(desk.s3["keeper_key"], desk.s3["uploader_key"]).replace(
        "storage.secret", "uploads.secret"))
    summary = desk.sweep("--complete", "--older-than", "0s", config=config, status=1)
    assert not summary["clean"] and "cannot be listed" in summary["problems"][0]
    config.write_text(text.replace(desk.hook.url, "http://127.0.0.1:1/"))
    summary = desk.sweep("--complete", "--older-than", "0s", config=config, status=1)
    assert summary == {"clean": False, "examined": 1, "failed": 1} and desk.stored()
    result = subprocess.run(desk.command("--profile", "no"), capture_output=True, text=True, timeout=60)
    assert result.returncode == 78 and "no profile 'no'" in result.stderr
