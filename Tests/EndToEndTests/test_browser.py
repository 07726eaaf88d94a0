"""A real Chromium with the real Fine Uploader (Debian's, 5.13), straight to a real S3."""

from urllib.parse import quote

import pytest

import gateway
import servers
from browser import UploadPage
from uploads import prefix

VERSIONS = pytest.mark.parametrize("version", [2, 4], ids=["V2", "V4"])
CONTENT = b"There and back again.\n" * 100


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "note.txt"
    path.write_bytes(CONTENT)
    return path


@VERSIONS
@pytest.mark.parametrize("transport", ["xhr", "iframe"])
def test_an_upload(browsers, site, store, file, version, transport):
    page = UploadPage(browsers, site, version=version, transport=transport)
    assert page.run("return qq.supportedFeatures.ajaxUploading") is (transport == "xhr")
    upload = page.upload(file)
    assert upload["success"] is True, (upload, page.console())
    assert upload["uploadKey"].startswith("frodo/")
    stored, answer = store.get(upload["uploadKey"])
    assert stored == CONTENT
    assert answer["Metadata"]["qqfilename"] == "note.txt"
    assert store.get(upload["key"], "storage")[0] == CONTENT
    assert f"Stored as {upload['key']}" in page.text()


@VERSIONS
def test_a_unicode_file_name(browsers, sites, store, tmp_path, version):
    path = tmp_path / "Grüße an 日本 (1) 📦.txt"
    path.write_bytes(CONTENT)
    page = UploadPage(browsers, sites["nginx"], version=version, name="filename")
    upload = page.upload(path)
    assert upload["success"] is True, (upload, page.console())
    assert upload["uploadKey"] == "frodo/" + path.name
    stored, answer = store.get(upload["uploadKey"])
    assert stored == CONTENT
    assert answer["Metadata"]["qqfilename"] == quote(path.name, safe="!*'()")


@pytest.mark.parametrize("transport", ["xhr", "iframe"])
def test_a_bucket_addressed_by_host(browsers, sites, s3, store, file, transport):
    program = servers.Countersign(s3, virtual=True)
    server = servers.Nginx(program.socket, servers=servers.NGINX_BASIC)
    try:
        program.start()
        site = server.start().sites()[0]
        gateway.allow_origins(store.client, [site.url, *(other.url for other in sites.values())])
        page = UploadPage(browsers, site, transport=transport)
        assert page.run("return uploader._options.request.endpoint") == f"http://uploads.localhost:{s3['port']}/"
        upload = page.upload(file)
        assert upload["success"] is True, (upload, page.console())
        assert store.get(upload["uploadKey"])[0] == CONTENT
    finally:
        server.stop()
        program.stop()


@pytest.mark.parametrize("transport", ["xhr", "iframe"])
def test_the_user_sees_why_a_policy_was_refused(browsers, site, store, file, transport):
    page = UploadPage(browsers, site, transport=transport, prefix="sam/")
    before = store.keys()
    upload = page.upload(file)
    assert upload["success"] is not True
    assert "Key should start with 'frodo/'" in page.shown()
    assert store.keys() == before


def test_two_users_cannot_reach_each_other(browsers, sites, store, file):
    for user, other in (("frodo", "sam"), ("sam", "frodo")):
        page = UploadPage(browsers, sites["nginx"], user=user)
        assert page.upload(file)["uploadKey"].startswith(user + "/")
        refused = UploadPage(browsers, sites["nginx"], user=user, prefix=other + "/")
        before = store.keys()
        assert refused.upload(file)["success"] is not True
        assert f"Key should start with '{user}/'" in refused.shown()
        assert store.keys() == before


@pytest.mark.parametrize("user", sorted(set(servers.USERS) - {"sam"}))
def test_the_prefix_cookie_is_a_users_prefix(browsers, sites, store, file, user):
    page = UploadPage(browsers, sites["nginx"], user=user, prefix="cookie")
    upload = page.upload(file)
    assert upload["success"] is True, (upload, page.console())
    assert upload["uploadKey"].startswith(prefix(user))
    assert store.get(upload["uploadKey"])[0] == CONTENT
