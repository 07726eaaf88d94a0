"""Large files in parts: each request to S3 is signed for itself, versions 2 and 4, by a client of our own and in Chromium
with the real Fine Uploader."""

import json

import pytest
import requests

import gateway
import servers
from browser import UploadPage
from chunks import ChunkedUpload, by_component, by_segment, sign_text
from processes import give, wait_until
from uploads import FINE_UPLOADER, login, new_key

VERSIONS = pytest.mark.parametrize("version", [2, 4], ids=["V2", "V4"])
PART = 16384
CONTENT = bytes(range(256)) * 320  # five parts


HOOK = """\
#!/bin/sh
event=$(cat)
printf '%s\\n' "$event" >>{events}
case $event in
    *upload.signing*orc.txt*) echo '{{"error": "No orcs in this album"}}'; exit 1 ;;
    *upload.signing*portrait*) echo '{{"types": ["image/png"]}}' ;;
esac
"""


class Site:
    """A site that addresses the bucket by host, as version 4 needs it; its hook is asked first."""

    def __init__(self, s3):
        self.program = servers.Countersign(s3, virtual=True)
        self.events = give(self.program.directory) / "events"
        hook = self.program.directory / "hook.sh"
        hook.write_text(HOOK.format(events=self.events))
        hook.chmod(0o755)
        text = self.program.config.read_text().replace('[rules]\n', '[rules]\ntypes = ["text/plain"]\n')
        self.program.config.write_text(f'{text}\n[hook]\ncommand = ["{hook}"]\nauthorize = true\n')
        self.server = servers.Nginx(self.program.socket, servers=servers.NGINX_BASIC)

    def start(self):
        self.program.start()
        self.url = self.server.start().url("basic")

    def questions(self, key):
        """What the hook was told or asked about a key."""
        events = map(json.loads, self.events.read_text().splitlines()) if self.events.exists() else []
        return [event["type"] for event in events if key in (event["data"].get("key"), event["data"].get("uploadKey"))]

    def log(self, key):
        return [line for line in self.program.log().splitlines() if key in line]

    def stop(self):
        try:
            self.server.stop()
        finally:
            self.program.stop()


@pytest.fixture(scope="module")
def by_host(s3, sites):
    site = Site(s3)
    try:
        site.start()
        gateway.allow_origins(gateway.client(s3["url"]), [site.url, *(other.url for other in sites.values())])
        yield site
    finally:
        site.stop()


def unfinished(store, key):
    uploads = store.client.list_multipart_uploads(Bucket="uploads").get("Uploads", [])
    return [upload["UploadId"] for upload in uploads if upload["Key"] == key]


def complete(site, key, name="note.txt"):
    form = {"key": key, "uuid": "u", "name": name, "bucket": "uploads"}
    return requests.post(site.url + "/upload/file_uploaded", data=form,
                         headers={"Accept": "application/json", **login("frodo")}, timeout=60)


def parts():
    return [CONTENT[start:start + PART] for start in range(0, len(CONTENT), PART)]


# Version 4's canonical path keeps its slashes, so what writes %2F is signed here and then refused by S3.
@pytest.mark.parametrize("version, spell", [(2, by_segment), (4, by_segment), (2, by_component)])
def test_the_four_operations(by_host, s3, store, version, spell):
    key = new_key(name=" é+&=@:,;$[].txt")  # what encodeURIComponent leaves alone, S3 would encode
    upload = ChunkedUpload(s3, by_host, key, version, virtual=True, spell=spell)
    assert upload.initiate(name="Grüße.txt").status_code == 200, upload.answer.text
    etags = []
    for number, body in enumerate(parts(), 1):
        answer = upload.part(number, body)
        assert answer.status_code == 200, (upload.answer.text, answer.text)
        etags.append(answer.headers["ETag"])
    assert upload.complete(etags).status_code == 200, upload.answer.text
    stored, answer = store.get(key)
    assert stored == CONTENT
    assert answer["Metadata"]["qqfilename"] == "Gr%C3%BC%C3%9Fe.txt"
    assert by_host.questions(key) == ["upload.signing"], "once, not for every part"
    completed = complete(by_host, key)
    assert completed.status_code == 200 and completed.json().get("success") is not False, completed.text
    assert store.get(completed.json()["key"], "storage")[0] == CONTENT
    words = [word for line in by_host.log(key) for word in line.split() if word.startswith("operation=")]
    assert words == ["operation=initiate"] + ["operation=part"] * 5 + ["operation=complete"]


@VERSIONS
def test_aborting_leaves_nothing(by_host, s3, store, version):
    key = new_key()
    upload = ChunkedUpload(s3, by_host, key, version, virtual=True)
    upload.initiate()
    assert upload.part(1, b"x" * PART).status_code == 200
    assert unfinished(store, key) == [upload.id]
    assert upload.abort().status_code == 204
    assert unfinished(store, key) == []


@VERSIONS
def test_a_signature_is_for_one_request(by_host, s3, store, version):
    key = new_key()
    upload = ChunkedUpload(s3, by_host, key, version, virtual=True)
    upload.initiate()
    assert upload.part(1, b"x" * PART).status_code == 200
    method, query, headers = upload.sent
    assert upload.send(method, query.replace("=1&", "=2&"), headers, b"x" * PART).status_code == 403
    assert upload.send("DELETE", query, headers).status_code == 403
    if version == 2:
        assert upload.send(method, query, {**headers, "x-amz-meta-more": "1"}, b"x" * PART).status_code == 403
    else:
        assert upload.send(method, query, headers, b"y" * PART).status_code == 400, "another part's bytes"
    other = ChunkedUpload(s3, by_host, new_key(), version, virtual=True)
    assert other.send(method, query, headers, b"x" * PART).status_code == 403
    assert upload.abort().status_code == 204


CHANGES = {
    "key": lambda text: text.replace("/frodo/", "/sam/"),
    "dots": lambda text: text.replace("/frodo/", "/frodo/%2E%2E/sam/"),
    "acl": lambda text: text.replace(":private", ":public-read"),
    "grant": lambda text: text.replace("x-amz-meta-", "x-amz-grant-read:id=1\nx-amz-meta-"),
    "bucket": lambda text: text.replace("/uploads/", "/storage/").replace("host:uploads.", "host:storage."),
    "query": lambda text: text.replace("?uploads", "?acl").replace("uploads=", "acl="),
    "method": lambda text: text.replace("POST\n", "GET\n", 1),
    "date": lambda text: text.replace("x-amz-date:", "x-amz-date:1"),
    "line": lambda text: text + "\n",
}


@VERSIONS
@pytest.mark.parametrize("change", CHANGES)
def test_what_is_refused_stores_nothing(by_host, s3, store, version, change):
    key = new_key()
    before = store.keys()
    upload = ChunkedUpload(s3, by_host, key, version, virtual=True)
    assert upload.initiate(change=CHANGES[change]) is None
    said = upload.answer.json()
    assert upload.answer.status_code in (400, 403) and "signature" not in said
    assert said["invalid"] is True and said["error"] and all(name.startswith("headers") for name in said["errors"])
    assert store.keys() == before and unfinished(store, key) == []
    if change != "line":
        assert by_host.questions(key) == []


@VERSIONS
def test_the_hook_may_refuse_an_upload_before_it_begins(by_host, s3, store, version):
    key = new_key()
    upload = ChunkedUpload(s3, by_host, key, version, virtual=True)
    assert upload.initiate(name="an orc.txt") is None
    assert (upload.answer.status_code, upload.answer.json()["error"]) == (403, "No orcs in this album")
    assert unfinished(store, key) == []
    narrowed = upload.initiate(name="portrait.txt")
    if version == 2:
        assert narrowed is None and upload.answer.json()["error"] == "Files of type 'text/plain' may not be uploaded"
    else:
        assert narrowed.status_code == 200, "version 4 does not know the type yet"
        assert upload.abort().status_code == 204


def test_a_part_is_no_copy(by_host, s3, store):
    upload = ChunkedUpload(s3, by_host, new_key(), 2, virtual=True)
    upload.initiate()
    copy = {"x-amz-copy-source": "/storage/frodo/secret"}
    assert upload.request("PUT", f"partNumber=1&uploadId={upload.id}", more=copy) is None
    assert "headers.x-amz-copy-source" in upload.answer.json()["errors"]
    assert upload.abort().status_code == 204


def test_types_bind_version_2_at_once_and_version_4_at_completion(by_host, s3, store):
    key = new_key()
    assert ChunkedUpload(s3, by_host, key, 2, virtual=True).initiate("text/html") is None
    upload = ChunkedUpload(s3, by_host, key, 4, virtual=True)
    assert upload.initiate("text/html").status_code == 200
    assert upload.complete([upload.part(1, b"<p>").headers["ETag"]]).status_code == 200
    before = store.keys("storage")
    assert "text/html may not be uploaded" in complete(by_host, key).json()["error"]
    assert {key for key in store.keys("storage") - before if not key.startswith(".countersign/")} == set()


@VERSIONS
def test_the_size_is_looked_at_when_all_is_there(by_host, s3, store, version):
    key = new_key()
    upload = ChunkedUpload(s3, by_host, key, version, virtual=True)
    upload.initiate()
    etags = [upload.part(number, b"x" * (3 << 20)).headers["ETag"] for number in (1, 2)]
    assert upload.complete(etags).status_code == 200
    before = store.keys("storage")
    said = complete(by_host, key).json()
    assert said["success"] is False and "5242880" in said["error"]
    assert {key for key in store.keys("storage") - before if not key.startswith(".countersign/")} == set()


def test_a_bucket_in_the_path(sites, s3, store):
    """Version 2 names the bucket in its text; version 4 as Fine Uploader writes it does not."""
    site, key = sites["nginx"], new_key()
    upload = ChunkedUpload(s3, site, key, 2)
    upload.initiate()
    assert upload.complete([upload.part(1, b"in the path").headers["ETag"]]).status_code == 200
    assert store.get(key)[0] == b"in the path"
    refused = ChunkedUpload(s3, site, key, 4)
    assert refused.initiate() is None
    assert "This site addresses the bucket in the URL's path" in refused.answer.json()["errors"]["headers.host"][0]


@pytest.mark.parametrize("text", ["GET\n\n\n\nx-amz-date:1\n/uploads/", "eyJleHBpcmF0aW9uIjoiMjA5OSJ9", "\n\n\n\n"])
def test_other_texts_are_not_signed(by_host, text):
    for version in (2, 4):
        answer = sign_text(by_host.url, text, version)
        assert answer.status_code == 400 and "signature" not in answer.json()


def test_a_login_is_needed(by_host):
    answer = requests.post(by_host.url + "/upload/sign", json={"headers": "x"}, headers=FINE_UPLOADER, timeout=30)
    assert answer.status_code == 401


# --- Chromium ----------------------------------------------------------------------------------------------------------

@pytest.fixture
def file(tmp_path):
    path = tmp_path / "note.txt"
    path.write_bytes(CONTENT)
    return path


def site_of(version, sites, by_host):
    return by_host if version == 4 else sites["nginx"]


@VERSIONS
@pytest.mark.parametrize("order", ["sequential", "concurrent"])
def test_fine_uploader_in_chunks(browsers, sites, by_host, store, tmp_path, version, order):
    path = tmp_path / "Größe (1).txt"
    path.write_bytes(CONTENT)
    asked = {"concurrent": 1} if order == "concurrent" else {}
    page = UploadPage(browsers, site_of(version, sites, by_host), version=version, chunk=PART, name="filename", **asked)
    upload = page.upload(path)
    assert upload["success"] is True, (upload, page.console())
    assert sorted(page.run("return chunks")) == [0, 1, 2, 3, 4]
    stored, answer = store.get(upload["uploadKey"])
    assert stored == CONTENT and answer["ETag"].endswith('-5"')
    assert answer["Metadata"]["qqfilename"] == "Gr%C3%B6%C3%9Fe%20(1).txt"
    assert store.get(upload["key"], "storage")[0] == CONTENT


@VERSIONS
def test_fine_uploader_resumes_where_it_left_off(browsers, sites, by_host, store, file, version):
    site = site_of(version, sites, by_host)
    page = UploadPage(browsers, site, version=version, chunk=PART, hold=2)
    page.choose(file)
    page.wait_for("return chunks.length === 2")
    key = page.run("return uploader.getKey(0)")
    assert len(unfinished(store, key)) == 1 and key not in store.keys()
    page = UploadPage(browsers, site, version=version, chunk=PART)
    upload = page.upload(file)
    assert upload["success"] is True, (upload, page.console())
    assert upload["uploadKey"] == key
    # It writes a part down only after it has told the page, which stopped it in between: the second is sent again.
    assert page.run("return resumed") == [0] and page.run("return chunks") == [1, 2, 3, 4]
    assert store.get(key)[0] == CONTENT and unfinished(store, key) == []
    assert store.get(upload["key"], "storage")[0] == CONTENT


@VERSIONS
def test_fine_uploader_cancels_at_s3_too(browsers, sites, by_host, store, file, version):
    page = UploadPage(browsers, site_of(version, sites, by_host), version=version, chunk=PART, hold=2)
    page.choose(file)
    page.wait_for("return chunks.length === 2")
    key = page.run("return uploader.getKey(0)")
    assert len(unfinished(store, key)) == 1
    page.run("uploader.cancel(0)")
    wait_until(lambda: not unfinished(store, key), "the abort")
    assert key not in store.keys()


def test_the_user_sees_why_chunks_cannot_be_signed(browsers, sites, store, file):
    page = UploadPage(browsers, sites["nginx"], version=4, chunk=PART)
    before = store.keys()
    assert page.upload(file)["success"] is not True
    assert "This site addresses the bucket in the URL's path" in page.shown()
    assert store.keys() == before
