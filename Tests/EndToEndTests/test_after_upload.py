"""Rules about what is uploaded already: taking it back, and looking into it."""

import json
import subprocess
import uuid
import zlib

import pytest
import requests

import servers
from browser import UploadPage
from hooked import installed
from processes import as_server_user
from uploads import fields, login, new_key, policy, send, sign

SITES = pytest.mark.parametrize("server", ["nginx", "apache-proxy_fcgi", "apache-fcgid", "apache-cgi"])
CONTENT = b"One does not simply walk into a bucket.\n" * 50
HTML = b"<!DOCTYPE html><html><script>alert(document.cookie)</script></html>\n" * 40


def png():
    def chunk(kind, data):
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")
    head = (1).to_bytes(4, "big") * 2 + bytes([8, 2, 0, 0, 0])
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(4)))
            + chunk(b"IEND", b""))


@pytest.fixture(scope="module")
def installation(s3):
    yield from installed(s3, rules="inspect = true")


# --- taking it back ---------------------------------------------------------------------------------------------------

def removed(page):
    """Clicks the button beside the last file, says yes, and waits for what becomes of it."""
    before = page.run("return deletions.length")
    page.run("document.querySelector('.qq-upload-list-selector li:last-child .qq-upload-delete-selector').click()")
    page.wait_for(f"return deletions.length > {before}")
    return page.run("return deletions[deletions.length - 1]")


@pytest.mark.parametrize("method", ["DELETE", "POST"])
def test_fine_uploader_takes_a_file_back(browsers, installation, store, tmp_path, method):
    path = tmp_path / "ring.txt"
    path.write_bytes(CONTENT)
    page = UploadPage(browsers, installation.sites["nginx"], delete=method, complete="no")
    upload = page.upload(path)
    assert upload["success"] is True, (upload, page.console())
    assert upload["uploadKey"] in store.keys()
    deletion = removed(page)
    assert (deletion["status"], json.loads(deletion["answer"]), deletion["failed"]) == (200, {"success": True}, False)
    assert f'"{method} /upload/file' in installation.running[0].access_log()
    assert upload["uploadKey"] not in store.keys()
    page.wait_for("return document.querySelectorAll('.qq-upload-list-selector li').length === 0")


@pytest.mark.parametrize("method", ["DELETE", "POST"])
def test_fine_uploader_cannot_take_back_what_is_complete(browsers, installation, store, tmp_path, method):
    path = tmp_path / "ring.txt"
    path.write_bytes(CONTENT)
    page = UploadPage(browsers, installation.sites["nginx"], delete=method)
    upload = page.upload(path)
    assert upload["success"] is True, (upload, page.console())
    deletion = removed(page)
    assert (deletion["status"], deletion["failed"]) == (409, True)
    assert "it can't be deleted here" in deletion["answer"]
    assert upload["uploadKey"] in store.keys() and upload["key"] in store.keys("storage")


def curl(url, user, **form):
    """As any program posts a form: curl, which says nothing of where it comes from."""
    data = [part for name, value in form.items() for part in ("--data-urlencode", f"{name}={value}")]
    who = ["--user", f"{user}:{servers.PASSWORD}"] if user else []
    done = subprocess.run(["curl", "-sS", "-w", "\n%{http_code}", *who, *data, f"{url}/upload/file"],
                          capture_output=True, text=True, timeout=30, check=True)
    body, _, status = done.stdout.rpartition("\n")
    return int(status), json.loads(body)


def uploaded(s3, url, content=CONTENT, name=".txt", kind="text/plain", user="frodo"):
    key = new_key(user, name)
    document = policy(s3, key, change=lambda all: [
        {"Content-Type": kind} if isinstance(each, dict) and "Content-Type" in each else each for each in all])
    answer = sign(url, document, user=user)
    assert answer.status_code == 200, answer.text
    assert send(s3, fields(s3, document, answer.json()), content).status_code == 200
    return key


@SITES
def test_a_posted_delete(installation, s3, store, server):
    url = installation.sites[server].url
    key = uploaded(s3, url)
    wanted = {"_method": "DELETE", "qquuid": uuid.uuid4(), "key": key, "bucket": "uploads"}
    status, answer = curl(url, "sam", **wanted)
    assert (status, answer["success"]) == (403, False)
    assert curl(url, None, **wanted)[0] == 401
    assert curl(url, "frodo", **{**wanted, "bucket": "storage"})[0] == 403
    for method in ("PUT", "delete it", ""):
        assert curl(url, "frodo", **{**wanted, "_method": method})[0] == 400
    assert key in store.keys()
    for _ in range(2):
        assert curl(url, "frodo", **wanted) == (200, {"success": True})
        assert key not in store.keys()


# --- looking into it --------------------------------------------------------------------------------------------------

def complete(url, key, name, user="frodo"):
    return requests.post(f"{url}/upload/file_uploaded", headers=login(user), json={"key": key, "filename": name},
                         timeout=30)


@SITES
def test_what_a_file_is(installation, s3, store, server):
    url = installation.sites[server].url
    good = uploaded(s3, url, png(), ".png", "image/png")
    answer = complete(url, good, "ring.png")
    assert answer.status_code == 200, answer.text
    stored, facts = store.get(answer.json()["key"], "storage")
    assert (stored, facts["ContentType"]) == (png(), "image/png")

    before, told = store.keys("storage"), len(installation.hook.events)
    bad = uploaded(s3, url, HTML, ".png", "image/png")
    for _ in range(2):
        answer = complete(url, bad, "ring.png")
        assert (answer.status_code, answer.json()["code"]) == (400, "type_not_allowed"), answer.text
        assert answer.json()["error"] == "The file is text/html, not image/png"
    assert store.keys("storage") == before, "neither a copy nor a claim"
    assert len(installation.hook.events) == told


def test_a_page_shows_what_a_file_is_not(browsers, installation, store, tmp_path):
    path = tmp_path / "ring.png"
    path.write_bytes(HTML)
    before = store.keys("storage")
    page = UploadPage(browsers, installation.sites["nginx"])
    assert page.upload(path)["success"] is not True
    assert "The file is text/html, not image/png" in page.shown()
    assert store.keys("storage") == before


def test_without_a_database_of_types(s3):
    """`check` and a server say so at once; a CGI that does not look into files has no need of it."""
    program = servers.Countersign(s3)
    try:
        text = program.config.read_text()
        environment = {"PATH": "/usr/bin:/bin", "MAGIC": "/nonexistent/magic", "COUNTERSIGN_CONFIG": str(program.config)}

        def run(*words, **more):
            return subprocess.run(as_server_user([str(program.program), *words]), capture_output=True, text=True,
                                  timeout=60, stdin=subprocess.DEVNULL, env={**environment, **more})

        assert run("check").returncode == 0
        program.config.write_text(text.replace("[rules]\n", "[rules]\ninspect = true\n"))
        for words in (["check"], ["serve", "--listen", f"unix:{program.socket}"]):
            done = run(*words)
            assert done.returncode == 78, done.stderr
            assert "rules.inspect: is true, but libmagic is needed" in done.stderr
        asked = run(GATEWAY_INTERFACE="CGI/1.1", REQUEST_METHOD="GET", SCRIPT_NAME="/upload/prefix",
                    REMOTE_USER="frodo", HTTP_HOST="www.example.org")
        assert asked.returncode == 0 and '"prefix":"frodo/"' in asked.stdout, asked
    finally:
        program.stop()
