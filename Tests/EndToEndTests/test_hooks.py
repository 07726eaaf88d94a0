"""The examples for a site's developer, in hooks/: called by a signer of our own, and by the program after a real upload."""

import base64
import contextlib
import hashlib
import hmac
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import jwt
import pytest
import requests

import servers
from processes import Process, answers_on, free_port, give, remove, temporary_directory
from uploads import fields, login, new_key, policy, send, sign

HOOKS = Path(__file__).resolve().parent / "hooks"
SECRET = "whsec_" + base64.b64encode(b"a secret of 24 bytes or more").decode()
RECEIPT_SECRET = "receipts-0123456789-0123456789-0123456789"
RECEIVERS = ["php", "python"]
ID = "upload_0123456789abcdef0123456789abcdef"


def event(name="ring.jpg"):
    return {"type": "upload.completed", "timestamp": "2026-11-22T12:34:56Z",
            "data": {"key": "frodo/1.jpg", "name": name, "size": 7, "user": "frodo"}}


def signed(body, secret=SECRET, when=None, upload_id=ID):
    """The headers, as https://github.com/standard-webhooks/standard-webhooks has them."""
    stamp = str(int(time.time() if when is None else when))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    code = hmac.new(key, f"{upload_id}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return {"Content-Type": "application/json", "webhook-id": upload_id, "webhook-timestamp": stamp,
            "webhook-signature": "v1," + base64.b64encode(code).decode()}


def secret_file(directory, name, text):
    path = directory / name
    path.write_text(text + "\n")
    path.chmod(0o600)
    return give(path)


@contextlib.contextmanager
def receiver(kind):
    """The URL of one of the example servers."""
    directory = temporary_directory()
    port = free_port()
    secret = secret_file(directory, "hook.key", SECRET)
    if kind == "php":
        command = ["php", "-S", f"127.0.0.1:{port}", str(HOOKS / "receiver.php")]
    else:
        command = [sys.executable, str(HOOKS / "receiver.py"), str(port), str(secret)]
    process = Process(command, directory / "log", environment={**os.environ, "HOOK_SECRET_FILE": str(secret)})
    try:
        process.wait_until(lambda: answers_on(port), f"the {kind} receiver")
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.stop()
        remove(directory)


@pytest.fixture(scope="module", params=RECEIVERS)
def url(request):
    with receiver(request.param) as url:
        yield url


def post(url, body, headers):
    return requests.post(url, data=body, headers=headers, timeout=60)


def test_a_receiver_takes_what_is_signed_and_says_the_same_again(url):
    body = json.dumps(event()).encode()
    first, second = (post(url, body, signed(body)) for _ in range(2))
    assert first.status_code == second.status_code == 200, first.text
    assert first.json() == second.json()
    assert first.json()["photo"] == hashlib.sha256(ID.encode()).hexdigest()[:8]


def test_a_receiver_refuses(url):
    body = json.dumps(event("setup.EXE")).encode()
    answer = post(url, body, signed(body))
    assert (answer.status_code, answer.json()["error"]) == (422, "Programs are not welcome here")


@pytest.mark.parametrize("change", ["body", "secret", "old", "future", "id", "no signature", "v2", "no time"])
def test_a_receiver_notices_what_is_not_ours(url, change):
    body = json.dumps(event()).encode()
    headers = signed(body, secret="whsec_" + base64.b64encode(b"another secret").decode() if change == "secret" else SECRET,
                     when=time.time() + {"old": -301, "future": 310}.get(change, 0))
    if change == "body":
        body += b" "
    elif change == "id":
        headers["webhook-id"] = "upload_other"
    elif change == "no signature":
        del headers["webhook-signature"]
    elif change == "v2":
        headers["webhook-signature"] = headers["webhook-signature"].replace("v1,", "v2,")
    elif change == "no time":
        headers["webhook-timestamp"] = ""
    assert post(url, body, headers).status_code == 401


def test_a_receiver_knows_one_of_several_signatures(url):
    """As while a secret is being changed."""
    body = json.dumps(event()).encode()
    headers = signed(body)
    headers["webhook-signature"] = "v1,AAAA " + headers["webhook-signature"]
    assert post(url, body, headers).status_code == 200


def run(directory, text):
    return subprocess.run([str(HOOKS / "on-upload.sh"), str(directory)], input=text, capture_output=True, text=True,
                          cwd="/", timeout=60,
                          env={"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "COUNTERSIGN_WEBHOOK_ID": ID})


def test_the_command(tmp_path):
    for _ in range(2):
        done = run(tmp_path, json.dumps(event()))
        assert (done.returncode, json.loads(done.stdout)) == (0, {"photo": ID[:8]}), done.stderr
    assert [path.name for path in tmp_path.iterdir()] == [f"{ID}.json"]
    refused = run(tmp_path, json.dumps(event("a.exe")))
    assert (refused.returncode, json.loads(refused.stdout)["error"]) == (1, "Programs are not welcome here")


@pytest.mark.parametrize("text", ["", "{}", "no JSON"])
def test_a_command_that_fails_refuses_nothing(tmp_path, text):
    assert run(tmp_path, text).returncode == 75
    assert run(tmp_path / "missing", json.dumps(event())).returncode == 75


# --- with the program -------------------------------------------------------------------------------------------------

@contextlib.contextmanager
def running(s3, hook):
    """The program behind nginx, with a hook and receipts."""
    program = servers.Countersign(s3)
    secret_file(program.directory, "hook.key", SECRET)
    secret_file(program.directory, "receipt.key", RECEIPT_SECRET)
    shutil.copy2(HOOKS / "on-upload.sh", program.directory)
    (program.directory / "done").mkdir()
    give(program.directory / "done")
    with program.config.open("a") as config:
        config.write(f"""
[hook]
{hook.format(directory=program.directory)}
secret_file = "{program.directory}/hook.key"
[receipt]
secret_file = "{program.directory}/receipt.key"
""")
    nginx = None
    try:
        program.start()
        nginx = servers.Nginx(program.socket).start()
        yield nginx.sites()[0].url, program
    finally:
        if nginx:
            nginx.stop()
        program.stop()


def upload(s3, url, name):
    key = new_key()
    document = policy(s3, key)
    assert send(s3, fields(s3, document, sign(url, document).json())).status_code == 200
    return key, lambda: requests.post(
        url + "/upload/file_uploaded", headers={**login("frodo"), "Accept": "application/json", "Origin": url},
        data={"key": key, "bucket": s3["uploads"], "name": name, "uuid": "u"}, timeout=30)


HOOK_LINES = RECEIVERS + ["command"]


@contextlib.contextmanager
def hooked(s3, kind):
    if kind == "command":
        with running(s3, 'command = ["{directory}/on-upload.sh", "{directory}/done"]') as found:
            yield found
    else:
        with receiver(kind) as url, running(s3, f'url = "{url}"') as found:
            yield found


@pytest.mark.parametrize("kind", HOOK_LINES)
def test_an_upload_that_the_site_takes_or_refuses(s3, store, kind):
    with hooked(s3, kind) as (url, _):
        key, complete = upload(s3, url, "ring.txt")
        answer = complete()
        assert answer.status_code == 200, answer.text
        members = answer.json()
        assert members["success"] is True and len(members["photo"]) == 8
        assert complete().json()["photo"] == members["photo"]
        assert store.get(members["key"], s3["storage"])[0] == b"upload me"

        claims = jwt.decode(members["receipt"], RECEIPT_SECRET, algorithms=["HS256"], issuer="countersign")
        assert jwt.get_unverified_header(members["receipt"]) == {"alg": "HS256", "typ": "JWT"}
        assert claims == {"iss": "countersign", "iat": claims["iat"], "key": members["key"], "bucket": s3["storage"],
                          "size": 9, "etag": members["etag"], "type": "text/plain", "name": "ring.txt",
                          "user": "frodo", "upload_key": key}
        assert abs(claims["iat"] - time.time()) < 60

        _, complete = upload(s3, url, "setup.exe")
        answer = complete()
        assert "Programs are not welcome here" in answer.text and answer.json().get("success") is not True
        assert complete().json().get("success") is not True


# --- the receipt ------------------------------------------------------------------------------------------------------

def receipt(secret=RECEIPT_SECRET, algorithm="HS256", **changes):
    claims = {"iss": "countersign", "iat": int(time.time()), "key": "frodo/1.jpg", "bucket": "storage", "user": "frodo"}
    return jwt.encode({**claims, **changes}, secret, algorithm=algorithm)


@pytest.mark.parametrize("text, expected", [
    (receipt(), "frodo/1.jpg"), (receipt(user="sam"), None), (receipt(secret="x" * 40), None),
    (receipt(secret=None, algorithm="none"), None), (receipt(iss="somebody"), None), (receipt(algorithm="HS384"), None),
    (receipt()[:-2], None), ("", None)])
def test_a_receipt(tmp_path, text, expected):
    done = subprocess.run([sys.executable, str(HOOKS / "receipt.py"), str(secret_file(tmp_path, "k", RECEIPT_SECRET)),
                           "frodo"], input=text, capture_output=True, text=True, timeout=60)
    assert (done.stdout.strip() if done.returncode == 0 else None) == expected, done.stderr
