"""Keys that come from elsewhere and change: files, the environment, and the services of Amazon's machines.

S3 is real and gives temporary credentials whose token it wants to see; only the service that hands them on is a work-alike
(https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html,
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-v2-how-it-works.html).
"""

import contextlib
import datetime
import json
import re
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

import gateway
import servers
from processes import as_server_user, give, Process, wait_until
from uploads import fields, login, new_key, policy, send, sign

CONTENT = b"They have a cave troll.\n"
ROLE = "upload-desk"


class Running:
    """The program with keys of its own, behind nginx."""

    def __init__(self, s3, uploads=None, storage=None, environment=None):
        self.s3 = s3
        self.program = servers.Countersign(s3)
        text = self.program.config.read_text()
        for section, lines in (("uploads", uploads), ("storage", storage)):
            if lines is not None:
                text = re.sub(rf"(\[{section}\]\nbucket = .*\n)(.+\n)*", rf"\1{lines}\n", text)
        self.program.config.write_text(text)
        self.environment = {"PATH": "/usr/bin:/bin", **(environment or {})}
        self.nginx = None

    def __enter__(self):
        try:
            program = self.program
            program.process = Process(
                as_server_user([str(program.program), "serve", "--listen", f"unix:{program.socket}", "--config",
                                str(program.config)]), program.directory / "log", environment=self.environment)
            program.process.wait_until(program.answers, "the program's socket")
            self.nginx = servers.Nginx(program.socket, servers=servers.NGINX_BASIC).start()
            self.url = self.nginx.url("basic")
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        try:
            if self.nginx:
                self.nginx.stop()
        finally:
            self.program.stop()

    def ask(self, path="upload_uri", method="POST", **more):
        return requests.request(method, f"{self.url}/upload/{path}", headers=login("frodo"), timeout=30, **more)

    def upload(self):
        """Through a URL of ours: the key of the upload, and S3's status."""
        offer = self.ask()
        assert offer.status_code == 200, offer.text
        put = requests.put(offer.json()["upload_uri"], data=CONTENT, timeout=30)
        return offer.json()["key"], put.status_code

    def complete(self, key):
        return self.ask("file_uploaded", json={"key": key, "filename": "troll.txt"})


def secret_file(path, text):
    """Written as a careful program does: whole, then renamed."""
    new = path.with_suffix(".new")
    new.write_text(text)
    new.chmod(0o600)
    give(new)
    new.rename(path)
    return path


@contextlib.contextmanager
def no_secret_in_the_log(running, *secrets):
    yield
    log = running.program.log()
    assert log and not [secret for secret in secrets if secret in log]


# --- files ------------------------------------------------------------------------------------------------------------

def test_a_new_key_is_taken_without_a_restart(s3):
    with Running(s3) as running, no_secret_in_the_log(running, s3["uploader_secret"], "not-the-secret"):
        uploads, storage = (running.program.directory / f"{name}.secret" for name in ("uploads", "storage"))
        key, status = running.upload()
        assert status == 200
        secret_file(uploads, "not-the-secret\n")
        secret_file(storage, "not-the-secret\n")
        wait_until(lambda: running.upload()[1] == 403, "the new key of [uploads]")
        wait_until(lambda: running.complete(key).status_code == 502, "the new key of [storage]")

        # What holds no key, or is not there, is not taken: the last one stays.
        secret_file(uploads, f"{s3['uploader_secret']}\n")
        secret_file(storage, f"{s3['keeper_secret']}\n")
        wait_until(lambda: running.upload()[1] == 200, "the old key of [uploads]")
        wait_until(lambda: running.complete(key).status_code == 200, "the old key of [storage]")
        secret_file(uploads, "")
        storage.unlink()
        wait_until(lambda: running.upload() and "stay in use" in running.program.log(), "word of it")
        time.sleep(1.1)
        key, status = running.upload()
        assert status == 200 and running.complete(key).status_code == 200
        assert running.program.log().count("stay in use") == 2, "once for each file"


def test_a_key_that_is_missing_at_the_start(s3):
    program = Running(s3).program
    try:
        (program.directory / "uploads.secret").unlink()
        command = as_server_user([str(program.program), "serve", "--listen", f"unix:{program.socket}", "--config",
                                  str(program.config)])
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode == 78 and "uploads.secret_access_key_file" in done.stderr, done
    finally:
        program.stop()


def test_a_session_token_in_a_file(s3):
    """Temporary credentials, put into the files by somebody else: uploads and completion carry the token."""
    given = {"uploads": gateway.temporary_credentials(s3["url"], "uploader"),
             "storage": gateway.temporary_credentials(s3["url"], "keeper")}
    lines = {section: f'access_key_id = "{each["AccessKeyId"]}"\n'
                      f'secret_access_key_file = "DIRECTORY/{section}.secret"\n'
                      f'session_token_file = "DIRECTORY/{section}.token"' for section, each in given.items()}
    running = Running(s3, **lines)
    directory = running.program.directory
    running.program.config.write_text(running.program.config.read_text().replace("DIRECTORY", str(directory)))
    for section, each in given.items():
        secret_file(directory / f"{section}.secret", each["SecretAccessKey"] + "\n")
        secret_file(directory / f"{section}.token", "not-the-token\n")
    secrets = [each[part] for each in given.values() for part in ("SecretAccessKey", "SessionToken")]
    with running, no_secret_in_the_log(running, *secrets):
        assert running.upload()[1] != 200
        for section, each in given.items():
            secret_file(directory / f"{section}.token", each["SessionToken"] + "\n")
        wait_until(lambda: running.upload()[1] == 200, "the token of [uploads]")
        key, _ = running.upload()
        wait_until(lambda: running.complete(key).status_code == 200, "the token of [storage]")
        # A form has no place for the token, and the page is told so.
        refused = sign(running.url, policy(s3, new_key(), 2), 2)
        assert refused.status_code == 400 and "sign with a long-lived key" in refused.text


# --- found as Amazon's own tools find them ------------------------------------------------------------------------------

AWS = 'credentials = "aws"'


def test_the_environment(s3, store):
    environment = {"AWS_ACCESS_KEY_ID": s3["keeper_key"], "AWS_SECRET_ACCESS_KEY": s3["keeper_secret"]}
    with Running(s3, storage=AWS, environment=environment) as running:
        with no_secret_in_the_log(running, s3["keeper_secret"]):
            key = new_key()
            document = policy(s3, key)
            assert send(s3, fields(s3, document, sign(running.url, document).json()), CONTENT).status_code == 200
            answer = running.complete(key)
            assert answer.status_code == 200, answer.text
            assert store.get(answer.json()["key"], "storage")[0] == CONTENT


def test_the_shared_file(s3):
    """Both sections, one key, which is changed under way."""
    def profile(secret):
        return (f"[default]\naws_access_key_id = nobody\naws_secret_access_key = x\n"
                f"[site]\naws_access_key_id = {s3['keeper_key']}\naws_secret_access_key = {secret}\n")

    running = Running(s3, uploads=AWS, storage=AWS)
    shared = secret_file(running.program.directory / "credentials", profile(s3["keeper_secret"]))
    running.environment |= {"AWS_SHARED_CREDENTIALS_FILE": str(shared), "AWS_PROFILE": "site"}
    with running, no_secret_in_the_log(running, s3["keeper_secret"], "not-the-secret"):
        assert running.ask("prefix", "GET").json()["accessKey"] == s3["keeper_key"]
        key, status = running.upload()
        assert status == 200 and running.complete(key).status_code == 200
        secret_file(shared, profile("not-the-secret"))
        wait_until(lambda: running.upload()[1] == 403, "the new key")
        secret_file(shared, profile(s3["keeper_secret"]))
        wait_until(lambda: running.upload()[1] == 200, "the old key")
        secret_file(shared, "[other]\n")
        wait_until(lambda: running.upload() and "stay in use" in running.program.log(), "word of it")
        assert running.upload()[1] == 200


class Metadata:
    """What a container's agent and an instance's metadata service say, on one port; it counts who asks."""

    AGENT_TOKEN = "agent-token-of-the-tests"

    def __init__(self):
        self.credentials = None
        self.lasts = 3600
        self.is_down = False
        self.asked = []
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.answer("GET")

            def do_PUT(self):
                self.answer("PUT")

            def answer(self, method):
                status, body = service.answer(method, self.path, self.headers)
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, method, path, headers):
        if self.is_down:
            return 503, b""
        roles = "/latest/meta-data/iam/security-credentials/"
        if (method, path) == ("GET", "/v2/credentials"):
            if headers["Authorization"] != self.AGENT_TOKEN:
                return 401, b""
        elif (method, path) == ("PUT", "/latest/api/token"):
            return (200, b"instance-token") if headers["X-aws-ec2-metadata-token-ttl-seconds"] else (400, b"")
        elif headers["X-aws-ec2-metadata-token"] != "instance-token":
            return 401, b""
        elif (method, path) == ("GET", roles):
            return 200, ROLE.encode()
        elif (method, path) != ("GET", roles + ROLE):
            return 404, b""
        end = self.ends = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=self.lasts)
        self.asked.append(time.monotonic())
        return 200, json.dumps({
            "Code": "Success", "AccessKeyId": self.credentials["AccessKeyId"], "Type": "AWS-HMAC",
            "SecretAccessKey": self.credentials["SecretAccessKey"], "Token": self.credentials["SessionToken"],
            "Expiration": f"{end:%Y-%m-%dT%H:%M:%SZ}"}).encode()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def metadata():
    service = Metadata()
    yield service
    service.stop()


def environment_of(kind, metadata):
    if kind == "instance":
        return {"AWS_EC2_METADATA_SERVICE_ENDPOINT": metadata.url}
    return {"AWS_CONTAINER_CREDENTIALS_FULL_URI": metadata.url + "/v2/credentials",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": metadata.AGENT_TOKEN}


KINDS = pytest.mark.parametrize("kind", ["container", "instance"])


@KINDS
def test_a_role(s3, store, metadata, kind):
    """Signed and completed with a role's credentials; without any it is said, and known from where they were wanted."""
    given = metadata.credentials = gateway.temporary_credentials(s3["url"], "keeper")
    metadata.is_down = True
    with Running(s3, uploads=AWS, storage=AWS, environment=environment_of(kind, metadata)) as running:
        with no_secret_in_the_log(running, given["SecretAccessKey"], given["SessionToken"], metadata.AGENT_TOKEN):
            refused = running.ask()
            assert (refused.status_code, refused.json()["code"]) == (503, "no_credentials")
            assert refused.headers["Retry-After"] == "5"
            assert 'cause="no credentials: the ' in running.program.log()

            metadata.is_down = False
            wait_until(lambda: running.ask().status_code == 200, "the first credentials")
            key, status = running.upload()
            assert status == 200
            answer = running.complete(key)
            assert answer.status_code == 200, answer.text
            assert store.get(answer.json()["key"], "storage")[0] == CONTENT
            assert running.ask("prefix", "GET").json()["accessKey"] == given["AccessKeyId"]
            assert len(metadata.asked) == 1, "both sections share one key"


def test_no_url_outlives_a_role(s3, metadata):
    """In the last five minutes, and while others cannot be had, the old go on."""
    metadata.credentials, metadata.lasts = gateway.temporary_credentials(s3["url"], "keeper"), 310
    with Running(s3, uploads=AWS, storage=AWS, environment=environment_of("container", metadata)) as running:
        assert running.ask().json()["expires"] == 300
        metadata.is_down = True
        wait_until(lambda: running.ask().json()["expires"] < 300, "the last five minutes")
        assert "cannot be renewed yet" in running.program.log()
        offer = running.ask().json()
        end = datetime.datetime.fromisoformat(offer["expires_at"])
        assert end <= metadata.ends and 0 < offer["expires"] < 300
        query = parse_qs(urlsplit(offer["upload_uri"]).query)
        assert query["X-Amz-Expires"] == [str(offer["expires"])]
        assert query["X-Amz-Security-Token"] == [metadata.credentials["SessionToken"]]
        assert requests.put(offer["upload_uri"], data=CONTENT, timeout=30).status_code == 200


@KINDS
def test_a_role_is_renewed_before_it_ends(s3, metadata, kind):
    first, second = (gateway.temporary_credentials(s3["url"], "keeper") for _ in range(2))
    metadata.credentials, metadata.lasts = first, 302
    with Running(s3, uploads=AWS, storage=AWS, environment=environment_of(kind, metadata)) as running:
        key, status = running.upload()
        assert status == 200 and running.complete(key).status_code == 200
        before = len(metadata.asked)
        metadata.credentials, metadata.lasts = second, 3600
        wait_until(lambda: running.ask("prefix", "GET").json()["accessKey"] == second["AccessKeyId"], "new ones")
        key, status = running.upload()
        assert status == 200 and running.complete(key).status_code == 200
        assert len(metadata.asked) == before + 1
        offer = running.ask().json()
        assert offer["expires"] == 300
        assert parse_qs(urlsplit(offer["upload_uri"]).query)["X-Amz-Security-Token"] == [second["SessionToken"]]
