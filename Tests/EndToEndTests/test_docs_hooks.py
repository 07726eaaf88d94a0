"""The hooks and receipts that are printed, called as Countersign calls them."""

import contextlib
import json
import os
import subprocess

import jwt
import pytest

from documents import adapted, snippet
from processes import Process, answers_on, free_port, remove, temporary_directory
from test_hooks import RECEIPT_SECRET, SECRET, ID, event, post, receipt, secret_file, signed

PROGRAMS = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "COUNTERSIGN_WEBHOOK_ID": ID}
RECEIPTS = [(receipt(), True), (receipt(user="sam"), False), (receipt(secret="x" * 40), False),
            (receipt(iss="somebody"), False), (receipt()[:-2], False), ("", False), ("a.b.c", False)]


@pytest.fixture(scope="module")
def url():
    """The page in PHP."""
    directory = temporary_directory()
    secret = secret_file(directory, "hook.key", SECRET)
    text = adapted(snippet("docs/hook.md", "The hook", "php"), {"/etc/countersign/hook.key": str(secret)})
    (directory / "receiver.php").write_text("<?php\n" + text)
    port = free_port()
    process = Process(["php", "-S", f"127.0.0.1:{port}", str(directory / "receiver.php")], directory / "log")
    try:
        process.wait_until(lambda: answers_on(port), "php")
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.stop()
        remove(directory)


def test_the_page_takes_and_refuses(url):
    body = json.dumps(event()).encode()
    taken = post(url, body, signed(body))
    assert (taken.status_code, taken.json()) == (200, {"photo": 17})
    body = json.dumps(event("setup.EXE")).encode()
    refused = post(url, body, signed(body))
    assert (refused.status_code, refused.json()) == (422, {"error": "Programs are not welcome here"})


@pytest.mark.parametrize("change", ["body", "secret", "old"])
def test_the_page_notices_what_is_not_ours(url, change):
    body = json.dumps(event()).encode()
    headers = signed(body, **{"secret": {"secret": "whsec_AAAA"}, "old": {"when": 1700000000}}.get(change, {}))
    assert post(url, body + b" " if change == "body" else body, headers).status_code == 401


@contextlib.contextmanager
def script(folder, number, changes):
    path = folder / f"hook{number}"
    path.write_text(adapted(snippet("docs/hook.md", "The hook", "sh", 0) if number == 0 else
                            snippet("docs/hook.md", "The hook", "sh", 1), changes))
    path.chmod(0o755)
    yield lambda text, *words: subprocess.run([path, *words], input=text, capture_output=True, text=True, timeout=60,
                                              env=PROGRAMS)


def test_the_command(tmp_path):
    with script(tmp_path, 1, {"/var/lib/uploads": str(tmp_path)}) as run:
        assert run(json.dumps(event())).returncode == 0
        assert json.loads((tmp_path / f"{ID}.json").read_text())["name"] == "ring.jpg"
        refused = run(json.dumps(event("a.EXE")))
        assert (refused.returncode, json.loads(refused.stdout)) == (1, {"error": "Programs are not welcome here"})
    for text, place in (("no JSON", str(tmp_path)), ("", str(tmp_path)), (json.dumps(event()), "/nowhere")):
        with script(tmp_path, 1, {"/var/lib/uploads": place}) as run:
            assert run(text).returncode == 75


@pytest.mark.parametrize("status, expected", [(0, 0), (10, 1), (1, 75), (2, 75), (75, 75)])
def test_the_wrapper(tmp_path, status, expected):
    with script(tmp_path, 0, {}) as run:
        assert run("", "/bin/sh", "-c", f"exit {status}").returncode == expected


@pytest.mark.parametrize("text, good", RECEIPTS)
def test_a_receipt_in_python(text, good):
    names = {"jwt": jwt, "receipt": text, "secret": RECEIPT_SECRET, "user": "frodo"}
    code = snippet("docs/hook.md", "Receipts", "python")
    if good:
        exec(code, names)  # noqa: S102
        assert names["claims"]["key"] == "frodo/1.jpg"
    else:
        with pytest.raises(jwt.InvalidTokenError):
            exec(code, names)  # noqa: S102


@pytest.mark.parametrize("text, good", RECEIPTS)
def test_a_receipt_in_php(tmp_path, text, good):
    path = tmp_path / "receipt.php"
    path.write_text("<?php\n" + snippet("docs/hook.md", "Receipts", "php") +
                    "echo json_encode(receipt(getenv('RECEIPT'), getenv('SECRET'), 'frodo'));")
    result = subprocess.run(["php", path], capture_output=True, text=True, timeout=60,
                            env={**os.environ, "RECEIPT": text, "SECRET": RECEIPT_SECRET})
    assert result.returncode == 0, result.stdout
    claims = json.loads(result.stdout)
    assert (claims["key"] if claims else None) == ("frodo/1.jpg" if good else None)
