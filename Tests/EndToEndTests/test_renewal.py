"""Temporary credentials that are renewed while many upload: no request fails, and the old ones really end.

The keys are the real S3's own, lent for seconds by its STS; only what hands them to the program is a work-alike.
"""

import collections
import datetime
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import requests

import gateway
from test_credentials import AWS, CONTENT, Metadata, Running, environment_of, no_secret_in_the_log, secret_file
from uploads import login

LIFE, CHANGE = 15, 3  # seconds that a key is good, and after which there is a new one
THREADS = 4
LARGE = b"drums in the deep\n" * 350_000  # from 5 MiB on a copy is made in parts
MOST_LARGE = 50  # that the S3 of tests has room for, twice each: it holds 2 GiB, and no writer hears of its being full


class Keys:
    """One key after the other, each from STS: a role's, good for a few seconds, or a user's, which last longer there."""

    def __init__(self, s3, of):
        self.s3, self.of = s3, of
        self.role = gateway.make_role(s3["url"], "site", "keeper", [
            {"Effect": "Allow", "Action": ["s3:*"], "Resource": [
                f"arn:aws:s3:::{s3[bucket]}{rest}" for bucket in ("uploads", "storage") for rest in ("", "/*")]}])
        self.lock = threading.Lock()
        self.all, self.made = [], 0

    def current(self):
        with self.lock:
            if time.monotonic() - self.made > CHANGE:
                self.all.append(gateway.assume_role(self.s3["url"], self.role, "keeper", LIFE) if self.of == "a role"
                                else gateway.temporary_credentials(self.s3["url"], "keeper"))
                self.made = time.monotonic()
            return self.all[-1]

    @property
    def tokens(self):
        with self.lock:
            return {key["SessionToken"] for key in self.all}


class Renewing(Metadata):
    """The container's agent, as it is in truth: the same key for a while, then the next."""

    def __init__(self, keys):
        self.keys = keys
        super().__init__()

    def answer(self, method, path, headers):
        self.credentials = self.keys.current()
        left = self.credentials["Expiration"] - datetime.datetime.now(datetime.timezone.utc)
        # Each is renewed in its last five minutes: so these are, one after the other.
        self.lasts = left.total_seconds() if self.keys.of == "a role" else 300 + CHANGE
        return super().answer(method, path, headers)


class Client(threading.local):
    """One of many users' browsers: what it asks, what it sends to S3, and which tokens it saw."""

    def __init__(self, running):
        self.url = f"{running.url}/upload"
        self.session = requests.Session()
        self.session.headers.update(login("frodo"))
        self.s3 = requests.Session()

    def ask(self, method, path, status=200, **more):
        answer = self.session.request(method, f"{self.url}/{path}", timeout=120, **more)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def put(self, url, content=CONTENT):
        answer = self.s3.put(url, data=content, timeout=120)
        assert answer.status_code == 200, f"PUT: {answer.status_code} {answer.text}"
        return answer

    def complete(self, key):
        return self.ask("POST", "file_uploaded", json={"key": key, "filename": "troll.txt"})["key"]


def token(url):
    return parse_qs(urlsplit(url).query)["X-Amz-Security-Token"][0]


def a_put(client, seen):
    offer = client.ask("POST", "upload_uri")
    seen.add(token(offer["upload_uri"]))
    client.put(offer["upload_uri"])
    return client.complete(offer["key"]), CONTENT


def a_form(client, seen):
    form = client.ask("GET", "presign?filename=troll.txt&type=text/plain")
    seen.add(form["fields"]["x-amz-security-token"])
    parts = [(name, (None, value)) for name, value in form["fields"].items()]
    answer = client.s3.post(form["url"], files=[*parts, ("file", ("troll.txt", CONTENT))], timeout=120)
    assert answer.ok, f"form: {answer.status_code} {answer.text}"
    return client.complete(form["fields"]["key"]), CONTENT


def a_signed_request(client, seen):
    key = f"frodo/{uuid.uuid4()}"
    url = client.ask("POST", "s3/presign", json={"method": "PUT", "key": key})["url"]
    seen.add(token(url))
    client.put(url)
    return client.complete(key), CONTENT


def in_parts(client, seen, pieces=(b"They have ", b"a cave troll.\n")):
    upload = client.ask("POST", "s3/multipart", json={"filename": "troll.txt", "type": "text/plain", "metadata": {}})
    path, key = f"s3/multipart/{quote(upload['uploadId'], safe='')}", f"?key={quote(upload['key'], safe='')}"
    parts = []
    for number, piece in enumerate(pieces, 1):
        url = client.ask("GET", f"{path}/{number}{key}")["url"]
        seen.add(token(url))
        parts.append({"PartNumber": number, "ETag": client.put(url, piece).headers["ETag"]})
    assert len(client.ask("GET", path + key)) == len(pieces)
    client.ask("POST", f"{path}/complete{key}", json={"parts": parts})
    return client.complete(upload["key"]), b"".join(pieces)


def a_large_one(client, seen):
    """Its completion copies part by part."""
    return in_parts(client, seen, (LARGE, CONTENT))


SMALL = [a_put, a_form, a_signed_request, in_parts, a_form, in_parts]
# Ceph's gateway lets no role copy parts, whoever asks (16.2.15, and boto3 is told so too).
WORK = {"a role": SMALL, "a user": [*SMALL, a_large_one]}


@pytest.mark.parametrize("kind, of, seconds", [
    ("container", "a role", 20), ("container", "a user", 30), ("shared file", "a role", 17)])
def test_no_request_fails_while_keys_are_renewed(s3, store, kind, of, seconds):
    keys = Keys(s3, of)
    agent = Renewing(keys)
    storage = AWS + '\npart_copy_threshold = "5MiB"'
    running = Running(s3, uploads=AWS, storage=storage, environment=environment_of("container", agent))
    text = running.program.config.read_text()
    running.program.config.write_text(text.replace('max_size = "5MiB"', 'max_size = "16MiB"'))
    if kind == "shared file":
        running.environment = {"PATH": "/usr/bin:/bin", "AWS_SHARED_CREDENTIALS_FILE":
                               str(running.program.directory / "credentials")}

    def renew():
        """Whoever rewrites the file: whole, by a new name."""
        while not done.wait(0.2):
            write()

    def write():
        key = keys.current()
        secret_file(running.program.directory / "credentials",
                    f"[default]\naws_access_key_id = {key['AccessKeyId']}\n"
                    f"aws_secret_access_key = {key['SecretAccessKey']}\naws_session_token = {key['SessionToken']}\n")

    def work(number):
        client, end, count = Client(running), time.monotonic() + seconds, 0
        while time.monotonic() < end:
            task = WORK[of][(number + count) % len(WORK[of])]
            if task is a_large_one and tally[task.__name__] >= MOST_LARGE:
                task = in_parts
            stored, content = task(client, seen)
            assert store.get(stored, "storage")[0] == content
            tally[task.__name__] += 1
            count += 1
        return count

    seen, tally, done = set(), collections.Counter(), threading.Event()
    if kind == "shared file":
        write()
    writer = threading.Thread(target=renew) if kind == "shared file" else None
    try:
        with running:
            first = running.ask().json()
            if writer:
                writer.start()
            with ThreadPoolExecutor(THREADS) as pool:
                workers = [pool.submit(work, 2 * number) for number in range(THREADS)]
                if of == "a user":
                    # Some seconds without the agent: what is in use goes on, and the agent is left alone for ten more.
                    time.sleep(seconds / 3)
                    agent.is_down = True
                    time.sleep(2)
                    agent.is_down = False
                counts = [worker.result() for worker in workers]
            secrets = [key[part] for key in keys.all for part in ("SecretAccessKey", "SessionToken")]
            with no_secret_in_the_log(running, *secrets):
                pass
            # The very first key has ended, and with it what it signed; the program's own is another by now.
            late = requests.put(first["upload_uri"], data=CONTENT, timeout=120)
            assert late.status_code == (403 if of == "a role" else 200), late.text
            assert token(first["upload_uri"]) == keys.all[0]["SessionToken"]
            assert " status=5" not in running.program.log() and "event=s3" not in running.program.log()
    finally:
        done.set()
        if writer and writer.ident:
            writer.join()
        agent.stop()
    print(f"{kind}, {of}: {sum(counts)} uploads in {seconds} s, {dict(tally)}, {len(seen)} keys")
    assert seen <= keys.tokens and len(seen) >= 3, "several keys were in use"
    assert set(tally) == {task.__name__ for task in WORK[of]}
