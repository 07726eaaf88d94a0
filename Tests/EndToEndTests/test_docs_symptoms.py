"""The symptoms of the page about troubleshooting are what one really sees, and its names are real."""

import re
import socket
import subprocess

import pytest
import requests

import gateway
import servers
from documents import adapted, pages, snippet
from processes import give, is_root, remove, temporary_directory
from uploads import login

PAGE = (servers.REPOSITORY / "docs/troubleshooting.md").read_text()


def source_of(folder):
    return "".join(path.read_text() for path in (servers.REPOSITORY / "Sources" / folder).rglob("*.swift"))


def test_its_checks_are_doctors():
    source = source_of("OperatorCommands/Doctor")
    named = {name for text in re.findall(r"checks? ((?:`\w+`(?:, )?)+)", PAGE) for name in re.findall(r"`(\w+)`", text)}
    assert len(named) >= 6
    assert {name for name in named if f'"{name}"' not in source} == set()


def test_its_codes_and_texts_are_ours():
    source = source_of("UploadService") + (servers.REPOSITORY / "nginx/countersign-upstream.conf").read_text() + source_of(
        "S3Authorization")
    codes = set(re.findall(r"^\| (?:\d+ )?`([a-z_]+)`", PAGE, re.M))
    assert {"site_undecided", "not_configured"} <= codes
    assert {code for code in codes if f'"{code}"' not in source} == set()
    for text in ("Log in before uploading", "Pages of another site may not do this", "There is nothing at this URL",
                 "There is no such upload", "Should be within 15 minutes of now", "The upload service is not available"):
        assert text in PAGE and text in source, text


@pytest.fixture
def started():
    """A site whose Countersign is not there; the function starts it with that place for the socket."""
    running = []

    def start(path):
        running.append(servers.Nginx(path, servers=servers.NGINX_BASIC))
        return running[-1].start()

    yield start
    for server in running:
        server.stop()


def symptom(server, log):
    answer = requests.get(f"{server.url('basic')}/upload/prefix", headers=login("frodo"), timeout=30)
    assert (answer.status_code, answer.json()["code"]) == (502, "unavailable")
    assert answer.json()["error"].startswith("The upload service is not available")
    assert log in server.error_log() and f"`{log}`" in PAGE


def test_nobody_listens(started):
    symptom(started("/tmp/countersign-is-not-here"), "(2: No such file or directory)")


def test_the_socket_is_left_over(started):
    directory = temporary_directory()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(directory / "socket"))
    give(directory / "socket")
    try:
        symptom(started(directory / "socket"), "(111: Connection refused)")
    finally:
        remove(directory)


@pytest.mark.skipif(not is_root(), reason="the servers then run as the tests' own user, who may open everything of its own")
def test_nginx_may_not_open_the_socket(started, countersign):
    mode = countersign.socket.stat().st_mode
    countersign.socket.chmod(0o000)
    try:
        symptom(started(countersign.socket), "(13: Permission denied)")
    finally:
        countersign.socket.chmod(mode & 0o777)


def test_a_forgotten_user_is_named():
    server = servers.Nginx("/nowhere", servers="""
        server {{ listen 127.0.0.1:{open}; location ^~ /upload/ {{ include {directory}/countersign.conf; }} }}""")
    try:
        accepted, said = server.check()
        assert not accepted and 'unknown "countersign_user" variable' in said
        assert 'unknown "countersign_user" variable' in PAGE
    finally:
        server.stop()


def test_a_login_redirect_is_no_answer(site):
    """Neither without a login nor with another page's is there a redirect."""
    for headers in ({}, {**login("frodo"), "Sec-Fetch-Site": "cross-site"}):
        answer = requests.post(f"{site.url}/upload/sign", json={}, headers=headers, timeout=30, allow_redirects=False)
        assert answer.status_code in (401, 403) and answer.json()["invalid"] is True


@pytest.mark.parametrize("allowed", [True, False])
def test_the_browsers_question_by_hand(s3, allowed):
    client = gateway.client(s3["url"])
    client.create_bucket(Bucket="docs-preflight")
    origin = "https://www.example.org" if allowed else "https://elsewhere.example.org"
    gateway.allow_origins(client, [origin], "docs-preflight")
    script = adapted(snippet("docs/troubleshooting.md", '"Network error", "Failed to fetch", "XHR returned response code 0"',
                             "sh"),
                     {"https://example-uploads.s3.eu-central-1.amazonaws.com/": f"{s3['url']}/docs-preflight"})
    result = subprocess.run(["bash", "-e", "-c", script], capture_output=True, text=True, timeout=30)
    assert ("access-control-allow-origin: https://www.example.org" in result.stdout.lower()) == allowed, result.stdout


def test_each_symptom_has_a_remedy():
    """Every heading of the last level is followed by more than itself."""
    for part in re.split(r"^### ", PAGE, flags=re.M)[1:]:
        assert len(part.split("\n", 1)[1].split()) > 12, part
    assert len(pages()["docs/troubleshooting.md"].headings) > 25
