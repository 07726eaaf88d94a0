"""From the file chosen to the object in the storage bucket: a page, and programs, through the web servers to a real S3."""

import base64
import contextlib
import hashlib
import hmac
import json
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
import requests
from botocore.config import Config

import gateway
import servers
from browser import UploadPage
from processes import give
from uploads import fields, login, new_key, policy, send, sign

VERSIONS = pytest.mark.parametrize("version", [2, 4], ids=["V2", "V4"])
TRANSPORTS = pytest.mark.parametrize("transport", ["xhr", "iframe"])
CONTENT = b"One does not simply walk into a bucket.\n" * 50
PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="
PATIENCE = 60


class Hook:
    """The site's own server: refuses what is named so, narrows what is named so, takes the rest."""

    def __init__(self):
        self.events = events = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                events.append(event)
                status, members = Hook.verdict(event["type"], json.dumps(event["data"]))
                body = json.dumps(members).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @staticmethod
    def verdict(kind, data):
        if kind == "upload.signing":
            if "over-quota" in data:
                return 422, {"error": "Your 10 photos are used up"}
            return 200, {"maxSize": 2000} if "narrow" in data else {}
        if kind == "upload.completed" and "orc.txt" in data:
            return 422, {"error": "No orcs in this album"}
        return 200, {"message": "Stored as photo 7", "thumbnailUrl": PIXEL} if kind == "upload.completed" else {}

    def kinds(self):
        return [event["type"] for event in self.events]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Installation:
    """The program with a hook and deletion, behind nginx and Apache's proxy_fcgi."""

    def __init__(self, s3, authorize):
        self.hook = Hook()
        self.program = servers.Countersign(s3)
        secret = self.program.directory / "hook.key"
        secret.write_text("a-secret-of-24-bytes-or-more\n")
        secret.chmod(0o600)
        give(secret)
        text = self.program.config.read_text().replace("[rules]\n", "[rules]\ndelete = true\n")
        self.program.config.write_text(f"""{text}
[hook]
url = "{self.hook.url}"
secret_file = "{secret}"
authorize = {str(authorize).lower()}
""")
        self.running = []
        try:
            self.program.start()
            self.running.append(servers.Nginx(self.program.socket, servers=servers.NGINX_BASIC))
            self.running.append(servers.Apache(self.program, ways=("proxy_fcgi",)))
            self.sites = {site.name: site for server in self.running for site in server.start().sites()}
        except BaseException:
            self.stop()
            raise

    def stop(self):
        with contextlib.ExitStack() as stack:
            stack.callback(self.hook.stop)
            stack.callback(self.program.stop)
            for server in self.running:
                stack.callback(server.stop)


def installed(s3, authorize):
    installation = Installation(s3, authorize)
    client = gateway.client(s3["url"])
    try:
        gateway.allow_origins(client, [*origins_before(client), *(site.url for site in installation.sites.values())])
        yield installation
    finally:
        installation.stop()


def origins_before(client):
    try:
        rules = client.get_bucket_cors(Bucket="uploads")["CORSRules"]
    except client.exceptions.ClientError:
        return []  # none yet
    return [origin for rule in rules for origin in rule["AllowedOrigins"]]


@pytest.fixture(scope="module")
def installation(s3):
    yield from installed(s3, authorize=False)


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
          ("apache-proxy_fcgi", 4, "xhr"), ("apache-proxy_fcgi", 4, "iframe")]


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


@pytest.mark.parametrize("server", ["nginx", "apache-proxy_fcgi"])
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
