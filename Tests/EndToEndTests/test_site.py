"""From the file chosen to the object in the storage bucket: a page, and programs, through the web servers to a real S3."""

import base64
import hashlib
import hmac
import json
import uuid
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
import requests
from botocore.config import Config

from browser import UploadPage
from hooked import PIXEL, installed
from uploads import fields, login, new_key, policy, send, sign

VERSIONS = pytest.mark.parametrize("version", [2, 4], ids=["V2", "V4"])
TRANSPORTS = pytest.mark.parametrize("transport", ["xhr", "iframe"])
CONTENT = b"One does not simply walk into a bucket.\n" * 50
PATIENCE = 60


@pytest.fixture(scope="module")
def installation(s3):
    yield from installed(s3)


@pytest.fixture(scope="module")
def asking(s3):
    yield from installed(s3, authorize=True)


@pytest.fixture(scope="module")
def url(installation):
    return installation.sites["nginx"].url


# --- a page -----------------------------------------------------------------------------------------------------------

def chosen(tmp_path, name="ring.txt"):
    path = tmp_path / name
    path.write_bytes(CONTENT)
    return path


def objects(store):
    """What is stored, the claims left out."""
    return {key for key in store.keys("storage") if key.endswith(".txt")}


PLACES = [("nginx", 2, "xhr"), ("nginx", 2, "iframe"), ("nginx", 4, "xhr"), ("nginx", 4, "iframe"),
          ("apache-proxy_fcgi", 4, "xhr"), ("apache-proxy_fcgi", 4, "iframe"),
          ("apache-fcgid", 4, "xhr"), ("apache-fcgid", 2, "iframe"), ("apache-cgi", 4, "xhr"), ("apache-cgi", 2, "iframe")]


@pytest.mark.parametrize("server, version, transport", PLACES)
def test_a_page_shows_what_the_hook_says(browsers, installation, store, tmp_path, server, version, transport):
    page = UploadPage(browsers, installation.sites[server], version=version, transport=transport)
    assert page.run("return qq.supportedFeatures.ajaxUploading") is (transport == "xhr")
    upload = page.upload(chosen(tmp_path))
    assert upload["success"] is True, (upload, page.console())
    stored, facts = store.get(upload["key"], "storage")
    assert stored == CONTENT and facts["ContentType"] == "text/plain"
    assert upload["uploadKey"] in store.keys()
    answer = upload["answer"]
    assert (answer["bucket"], answer["size"], answer["name"]) == ("storage", len(CONTENT), "ring.txt")
    assert "Stored as photo 7" in page.text()
    assert page.run("return document.querySelector('#answers img').src") == PIXEL


@pytest.mark.parametrize("server, version, transport", PLACES)
def test_a_page_shows_why_the_hook_refused(browsers, installation, store, tmp_path, server, version, transport):
    page = UploadPage(browsers, installation.sites[server], version=version, transport=transport)
    before = objects(store)
    upload = page.upload(chosen(tmp_path, "orc.txt"))
    assert upload["success"] is not True
    assert "No orcs in this album" in page.shown()
    assert "Stored as" not in page.text()
    assert objects(store) == before


@TRANSPORTS
def test_a_page_shows_why_the_hook_forbade_signing(browsers, asking, store, tmp_path, transport):
    page = UploadPage(browsers, asking.sites["nginx"], transport=transport, name="filename")
    before = store.keys()
    upload = page.upload(chosen(tmp_path, "over-quota.txt"))
    assert upload["success"] is not True
    assert "Your 10 photos are used up" in page.shown()
    assert store.keys() == before


# --- programs ---------------------------------------------------------------------------------------------------------

def ask(url, body=None, user="frodo", query=""):
    more = {} if body is None else {"json": body}
    return requests.post(f"{url}/upload/upload_uri{query}", headers=login(user), timeout=PATIENCE, **more)


def complete(url, key, user="frodo", **members):
    return requests.post(f"{url}/upload/file_uploaded", headers=login(user), json={"key": key, **members},
                         timeout=PATIENCE)


def stored(url, store, key, content, name):
    answer = complete(url, key, filename=name)
    assert answer.status_code == 200, answer.text
    members = answer.json()
    assert members["success"] is True and members["message"] == "Stored as photo 7"
    found, facts = store.get(members["key"], "storage")
    assert found == content
    again = complete(url, key, filename=name)
    assert (again.status_code, again.json()["key"]) == (200, members["key"])
    return facts


def test_a_declared_upload(url, store):
    checksum = base64.b64encode(hashlib.sha256(CONTENT).digest()).decode()
    answer = ask(url, {"filename": "ring.txt", "type": "text/plain", "size": len(CONTENT), "checksum": checksum})
    assert answer.status_code == 200, answer.text
    offer = answer.json()
    assert offer["method"] == "PUT" and offer["key"].startswith("frodo/") and offer["key"].endswith(".txt")
    refused = [{**offer["headers"], "Content-Type": "text/html"}, {}]
    for headers in refused:
        assert requests.put(offer["upload_uri"], data=CONTENT, headers=headers, timeout=PATIENCE).status_code == 403
    other = requests.put(offer["upload_uri"], data=CONTENT + b"x", headers=offer["headers"], timeout=PATIENCE)
    assert other.status_code in (400, 403)
    assert offer["key"] not in store.keys()
    missing = complete(url, offer["key"], filename="ring.txt")
    assert missing.status_code == 400 and "Invalid key or bad ETag" in missing.text
    put = requests.put(offer["upload_uri"], data=CONTENT, headers=offer["headers"], timeout=PATIENCE)
    assert put.status_code == 200, put.text
    assert stored(url, store, offer["key"], CONTENT, "ring.txt")["ContentType"] == "text/plain"


def test_a_url_of_version_2(url, s3, store):
    """Signed as Amazon says, the acl in the query as the header it stands for.

    The gateway signs no such acl: it refuses boto3's URL with one as well as ours, and takes boto3's without.
    """
    offer = ask(url, query="?v2=true").json()
    asked = parse_qs(urlsplit(offer["upload_uri"]).query)
    text = f"PUT\n\n\n{asked['Expires'][0]}\nx-amz-acl:private\n/uploads/{offer['key']}"
    expected = base64.b64encode(hmac.new(s3["uploader_secret"].encode(), text.encode(), hashlib.sha1).digest()).decode()
    assert (asked["x-amz-acl"], asked["Signature"]) == (["private"], [expected])
    client = boto3.client("s3", endpoint_url=s3["url"], region_name=s3["region"],
                          aws_access_key_id=s3["uploader_key"], aws_secret_access_key=s3["uploader_secret"],
                          config=Config(signature_version="s3", s3={"addressing_style": "path"}))

    def put(**more):
        theirs = client.generate_presigned_url("put_object", {"Bucket": "uploads", "Key": offer["key"], **more})
        return requests.put(theirs, data=CONTENT, timeout=PATIENCE).status_code

    assert requests.put(offer["upload_uri"], data=CONTENT, timeout=PATIENCE).status_code == put(ACL="private") == 403
    assert put() == 200
    stored(url, store, offer["key"], CONTENT, "ring.txt")


def test_a_client_that_sends_no_headers_of_its_own(url, store):
    """As drf-to-s3's bundled client: an empty POST, then the bytes alone."""
    answer = ask(url)
    assert answer.status_code == 200, answer.text
    offer = answer.json()
    assert not offer["headers"]
    put = requests.Request("PUT", offer["upload_uri"], data=CONTENT).prepare()
    assert "Content-Type" not in put.headers
    with requests.Session() as session:
        assert session.send(put, timeout=PATIENCE).status_code == 200
    stored(url, store, offer["key"], CONTENT, "ring.txt")


def test_nobody_completes_anothers_upload(url, store):
    offer = ask(url).json()
    assert requests.put(offer["upload_uri"], data=CONTENT, timeout=PATIENCE).status_code == 200
    before = store.keys("storage")
    assert complete(url, offer["key"], user="sam", filename="ring.txt").status_code == 403
    assert complete(url, offer["key"], user=None, filename="ring.txt").status_code == 401
    assert store.keys("storage") == before


def delete(url, key, user="frodo"):
    return requests.delete(f"{url}/upload/file/{uuid.uuid4()}", params={"key": key, "bucket": "uploads"},
                           headers=login(user), timeout=PATIENCE)


@pytest.mark.parametrize("server", ["nginx", "apache-proxy_fcgi", "apache-fcgid", "apache-cgi"])
def test_a_user_takes_an_upload_back(installation, store, server):
    url = installation.sites[server].url
    offer = ask(url).json()
    key = offer["key"]
    assert requests.put(offer["upload_uri"], data=CONTENT, timeout=PATIENCE).status_code == 200
    assert delete(url, key, user="sam").status_code == 403
    assert delete(url, key, user=None).status_code == 401
    assert key in store.keys()
    for _ in range(2):
        answer = delete(url, key)
        assert (answer.status_code, answer.json()) == (200, {"success": True})
        assert key not in store.keys()
    assert complete(url, key, filename="ring.txt").status_code == 400


def test_what_is_complete_is_not_taken_back(url, store):
    offer = ask(url).json()
    assert requests.put(offer["upload_uri"], data=CONTENT, timeout=PATIENCE).status_code == 200
    stored(url, store, offer["key"], CONTENT, "ring.txt")
    before = store.keys("storage")
    assert delete(url, offer["key"]).status_code == 409
    assert offer["key"] in store.keys() and store.keys("storage") == before


# --- a hook that is asked first ---------------------------------------------------------------------------------------

@VERSIONS
def test_a_hook_forbids_signing(asking, s3, version):
    answer = sign(asking.sites["nginx"].url, policy(s3, new_key(name=" over-quota.txt"), version), version)
    assert answer.status_code == 403, answer.text
    assert answer.json()["error"] == "Your 10 photos are used up"
    assert "signature" not in answer.json()


@VERSIONS
def test_a_hook_lowers_the_size(asking, s3, store, version):
    url, key = asking.sites["nginx"].url, new_key(name=" narrow.txt")
    document = policy(s3, key, version)
    answer = sign(url, document, version)
    assert answer.status_code == 200, answer.text
    decoded = answer.json()["policy_decoded"]
    ranges = [each for each in decoded["conditions"] if isinstance(each, list) and each[0] == "content-length-range"]
    assert [int(each[2]) for each in ranges] == [2000]
    form = fields(s3, document, answer.json(), version)
    assert send(s3, form, b"x" * 2001).status_code == 400
    assert key not in store.keys()
    assert send(s3, form, b"x" * 2000).status_code == 200
    stored(url, store, key, b"x" * 2000, "narrow.txt")
    assert asking.hook.kinds()[-3:] == ["upload.signing", "upload.copying", "upload.completed"]


def test_a_hook_says_what_an_api_client_may_do(asking, store):
    url = asking.sites["nginx"].url
    answer = ask(url, {"filename": "over-quota.txt"})
    assert (answer.status_code, answer.json()["error"]) == (403, "Your 10 photos are used up")
    undeclared = ask(url, {"filename": "narrow.txt"})
    assert (undeclared.status_code, undeclared.json()["errors"]) == (400, {"size": ["This field is required."]})
    assert ask(url, {"filename": "narrow.txt", "size": 2001}).status_code == 400
    offer = ask(url, {"filename": "narrow.txt", "size": 1990}).json()
    assert requests.put(offer["upload_uri"], data=CONTENT, headers=offer["headers"], timeout=PATIENCE).status_code >= 400
    assert offer["key"] not in store.keys()
    put = requests.put(offer["upload_uri"], data=CONTENT[:1990], headers=offer["headers"], timeout=PATIENCE)
    assert put.status_code == 200, put.text
    stored(url, store, offer["key"], CONTENT[:1990], "narrow.txt")
