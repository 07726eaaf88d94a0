"""Forms and URLs that the program hands out, each really used against S3; then changed, and nothing is stored."""

import base64
import hashlib
import re
import uuid
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

import gateway
from presigned import Desk, Evaporate, expected_signature, send
from uploads import login

CONTENT = "Speak, friend, and enter.\n".encode()
UUID = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


@pytest.fixture(scope="module")
def desk(s3):
    desk = Desk(s3)
    try:
        yield desk.start()
    finally:
        desk.stop()


def as_keeper(s3, config):
    """The uploads are signed with a key that may also list parts and delete, as SECURITY.md says these need."""
    return (config.replace(f'access_key_id = "{s3["uploader_key"]}"', f'access_key_id = "{s3["keeper_key"]}"')
            .replace("/uploads.secret", "/storage.secret"))


@pytest.fixture(scope="module")
def powerful(s3):
    desk = Desk(s3, lambda config, url: as_keeper(s3, config))
    try:
        yield desk.start()
    finally:
        desk.stop()


def leave_for(desk, mount="/upload", path="presign", **query):
    response = desk.get(path, mount=mount, **query)
    assert response.status_code == 200, response.text
    return response.json()


# --- presign and s3/params ---------------------------------------------------------------------------------------------

@pytest.mark.parametrize("mount, status", [("/upload", 201), ("/put", 200)], ids=["form", "PUT"])
def test_presign(desk, store, mount, status):
    leave = leave_for(desk, mount, filename="Ünï côde.TXT", type="text/plain", size=len(CONTENT),
                      **{"metadata[album]": "3 März"})
    assert re.fullmatch(f"frodo/{UUID}/n-c-de.TXT", leave["key"])
    assert leave["method"] == ("post" if status == 201 else "put")
    answer = send(leave, CONTENT)
    assert answer.status_code == status, answer.text
    stored, head = store.get(leave["key"])
    assert stored == CONTENT and head["ContentType"] == "text/plain"
    assert head["Metadata"]["album"].startswith("=?UTF-8?")


def test_the_answer_completes(desk, store):
    leave = leave_for(desk, filename="a.txt", type="text/plain", size=len(CONTENT))
    answer = send(leave, CONTENT)
    etag = re.search("<ETag>(.*)</ETag>", answer.text).group(1)  # Ceph's gateway sends no such header for a form
    done = desk.post("file_uploaded", {"key": leave["key"], "filename": "a.txt", "etag": etag})
    assert done.status_code == 200, done.text
    assert store.get(done.json()["key"], "storage")[0] == CONTENT


def test_a_form_without_a_size_has_the_rules(desk, store):
    leave = leave_for(desk, "/small", filename="a")
    before = store.keys()
    assert send(leave, b"x" * 1025).status_code == 400
    assert store.keys() == before
    assert send(leave, b"x" * 1024).status_code == 201


CHANGES = {
    "a larger file": ({}, CONTENT + b"!"),
    "a smaller file": ({}, CONTENT[:-1]),
    "another type": ({"fields": {"Content-Type": "text/html"}, "headers": {"content-type": "text/html"}}, CONTENT),
    "other metadata": ({"fields": {"x-amz-meta-a": "2"}, "headers": {"x-amz-meta-a": "2"}}, CONTENT),
}


@pytest.mark.parametrize("mount", ["/upload", "/put"], ids=["form", "PUT"])
@pytest.mark.parametrize("changes, content", CHANGES.values(), ids=CHANGES.keys())
def test_s3_takes_nothing_else(desk, store, mount, changes, content):
    leave = leave_for(desk, mount, filename="a.txt", type="text/plain", size=len(CONTENT), **{"metadata[a]": "1"})
    before = store.keys()
    assert send(leave, content, **changes).status_code in (400, 403)
    assert store.keys() == before
    assert send(leave, CONTENT).status_code in (200, 201)


@pytest.mark.parametrize("fields", [{"x-amz-meta-more": "1"}, {"acl": "public-read"}, {"acl": None}, {"policy": None}])
def test_s3_takes_no_other_form(desk, store, fields):
    """Of a PUT, Ceph's gateway also takes headers that were not signed; Amazon's S3 does not."""
    leave = leave_for(desk, filename="a.txt", type="text/plain", size=len(CONTENT))
    before = store.keys()
    assert send(leave, CONTENT, fields=fields).status_code in (400, 403)
    assert store.keys() == before


@pytest.mark.parametrize("key", ["sam/stolen", "frodo/other"])
def test_s3_takes_no_other_key(desk, store, key):
    form = leave_for(desk, filename="a")
    before = store.keys()
    assert send(form, CONTENT, fields={"key": key}).status_code in (400, 403)
    put = leave_for(desk, "/put", filename="a")
    put["url"] = put["url"].replace(put["key"], key)
    assert send(put, CONTENT).status_code == 403
    assert store.keys() == before


def test_uppy_params(desk, store):
    """The released plugin reads method, fields and headers; the rewrite posts to url and takes url + fields.key."""
    leave = leave_for(desk, path="s3/params", filename="photo 1.png", type="image/png",
                      **{"metadata[name]": "photo 1.png", "metadata[type]": "image/png",
                         "metadata[relativePath]": "null"})
    assert leave["method"] == "POST" and leave["url"].endswith("/") and leave["expires"] == 300
    answer = send(leave, CONTENT)
    assert answer.status_code == 201
    assert store.get(leave["fields"]["key"])[1]["Metadata"]["name"] == "photo 1.png"
    located = requests.head(leave["url"] + leave["fields"]["key"], timeout=30)
    assert located.status_code == 403, "private, and there"
    missing = desk.get("s3/params", type="image/png")
    assert missing.status_code == 400
    assert missing.json()["message"] == 's3: the "filename" query parameter is required and must be a non-empty string'
    put = leave_for(desk, "/put", "s3/params", filename="a", type="text/plain")
    assert put["method"] == "PUT" and put["headers"] == {"content-type": "text/plain"}
    assert send(put, CONTENT).status_code == 200


def test_a_batch(desk, store):
    files = [{"filename": f"{number}.txt", "type": "text/plain", "size": len(CONTENT) + number} for number in range(3)]
    response = desk.post("presign", {"files": files})
    assert response.status_code == 200, response.text
    leaves = response.json()
    assert len({leave["key"] for leave in leaves}) == 3
    for number, leave in enumerate(leaves):
        assert send(leave, CONTENT + b"." * number).status_code == 201
        assert len(store.get(leave["key"])[0]) == len(CONTENT) + number
    wrong = desk.post("presign", {"files": [*files, {"filename": "x", "size": 1 << 40}]})
    assert wrong.status_code == 400 and list(wrong.json()["errors"]) == ["files[3].size"]


def test_who_may_ask(desk):
    for path in ("presign", "s3/params", "session", "evaporate"):
        assert desk.get(path, user=None, filename="a").status_code == 401
        foreign = desk.get(path, headers={"Sec-Fetch-Site": "cross-site"}, filename="a")
        assert foreign.status_code == 403 and foreign.json()["code"] == "foreign_origin"
        options = requests.options(f"{desk.url}/upload/{path}", timeout=30)
        assert options.status_code == 204 and "GET" in options.headers["Allow"]
    for path in ("presign", "s3/presign", "direct_uploads"):
        foreign = desk.post(path, {}, headers={"Origin": "https://elsewhere.example"})
        assert foreign.status_code == 403 and foreign.json()["code"] == "foreign_origin"


# --- signRequest -------------------------------------------------------------------------------------------------------

def signed(desk, method, key, user="frodo", mount="/upload", **more):
    response = desk.post("s3/presign", {"method": method, "key": key, **more}, user, mount)
    assert response.status_code == 200, response.text
    return response.json()


def test_sign_request_for_one_file(desk, store):
    leave = signed(desk, "PUT", f"{uuid.uuid4()}-a b.png")
    answer = requests.put(leave["url"], data=CONTENT, headers={"Content-Type": "image/png"}, timeout=30)
    assert answer.status_code == 200, answer.text
    assert leave["key"].startswith("frodo/") and store.get(leave["key"])[1]["ContentType"] == "image/png"


def test_sign_request_for_parts(powerful, store):
    """Every request of Uppy's own client, in its order; the key that it was told, or its own, are the same."""
    own = f"{uuid.uuid4()}-big.bin"
    create = signed(powerful, "POST", own)
    xml = requests.post(create["url"], headers={"Content-Type": "video/mp4"}, timeout=30).text
    upload = re.search("<UploadId>(.+)</UploadId>", xml).group(1)
    tags, parts = [], [b"a" * 5 * 1024 * 1024, b"b" * 10]
    for number, part in enumerate(parts, 1):
        leave = signed(powerful, "PUT", create["key"], uploadId=upload, partNumber=number)
        tags.append(requests.put(leave["url"], data=part, timeout=60).headers["ETag"].strip('"'))
    listed = requests.get(signed(powerful, "GET", own, uploadId=upload)["url"], timeout=30)
    assert listed.status_code == 200 and listed.text.count("<Part>") == 2
    body = "".join(f"<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag></Part>"
                   for number, tag in enumerate(tags, 1))
    done = requests.post(signed(powerful, "POST", own, uploadId=upload)["url"],
                         data=f"<CompleteMultipartUpload>{body}</CompleteMultipartUpload>",
                         headers={"Content-Type": "application/xml"}, timeout=60)
    assert done.status_code == 200 and "<Error>" not in done.text
    stored, head = store.get(create["key"])
    assert stored == b"".join(parts) and head["ContentType"] == "video/mp4"
    # What cannot be held at the end is held by completion.
    late = powerful.post("file_uploaded", {"key": create["key"], "filename": "big.bin"})
    assert late.status_code == 400 and late.json()["code"] == "too_large"
    # Deleting is a rule of its own.
    assert powerful.post("s3/presign", {"method": "DELETE", "key": create["key"]}).status_code == 403
    gone = requests.delete(signed(powerful, "DELETE", create["key"], mount="/open")["url"], timeout=30)
    assert gone.status_code == 204 and create["key"] not in store.keys()


def test_sign_request_aborts(desk, s3):
    create = signed(desk, "POST", "given-up.bin")
    upload = re.search("<UploadId>(.+)</UploadId>", requests.post(create["url"], timeout=30).text).group(1)
    leave = signed(desk, "DELETE", create["key"], uploadId=upload)
    # S3 itself knows whose id it is: with another's key it is none.
    foreign = signed(desk, "DELETE", "given-up.bin", "sam", uploadId=upload)
    assert foreign["key"] == "sam/given-up.bin" and requests.delete(foreign["url"], timeout=30).status_code == 404
    assert requests.delete(leave["url"], timeout=30).status_code == 204
    client = gateway.client(s3["url"])
    left = client.list_multipart_uploads(Bucket=s3["uploads"]).get("Uploads", [])
    assert upload not in [entry["UploadId"] for entry in left]


def test_a_signed_request_is_good_for_itself_only(desk, store):
    leave = signed(desk, "PUT", "mine.txt")
    before = store.keys()
    assert requests.put(leave["url"].replace("frodo/mine", "sam/mine"), data=b"x", timeout=30).status_code == 403
    assert requests.delete(leave["url"], timeout=30).status_code == 403
    assert requests.get(leave["url"], timeout=30).status_code == 403
    assert requests.put(leave["url"] + "&partNumber=1&uploadId=x", data=b"x", timeout=30).status_code == 403
    copied = requests.put(leave["url"], headers={"x-amz-copy-source": "/storage/secret"}, timeout=30)
    assert copied.status_code == 403, "the key that signs may read nothing"
    assert store.keys() == before


# --- ActiveStorage -----------------------------------------------------------------------------------------------------

def blob(content=CONTENT, **changes):
    return {"blob": {"filename": "note.txt", "content_type": "text/plain", "byte_size": len(content),
                     "checksum": base64.b64encode(hashlib.md5(content).digest()).decode(), **changes}}


def direct_upload(desk, content=CONTENT, user="frodo", **changes):
    response = desk.post("direct_uploads", blob(content, **changes), user)
    assert response.status_code == 200, response.text
    return response.json()


@pytest.mark.parametrize("form", [False, True], ids=["JSON", "form"])
def test_active_storage(desk, store, form):
    answer = direct_upload(desk)
    direct = answer["direct_upload"]
    assert requests.put(direct["url"], data=CONTENT, headers=direct["headers"], timeout=30).status_code == 200
    fields = {"signed_id": answer["signed_id"]}
    stolen = desk.post("file_uploaded", fields, "sam")
    assert stolen.status_code == 403 and stolen.json()["code"] == "not_permitted"
    if form:
        done = requests.post(f"{desk.url}/upload/file_uploaded", data=fields, headers=login("frodo"), timeout=30)
    else:
        done = desk.post("file_uploaded", fields)
    assert done.status_code == 200 and done.json()["success"] is True, done.text
    assert done.json()["name"] == "note.txt" and store.get(done.json()["key"], "storage")[0] == CONTENT
    assert desk.post("file_uploaded", fields).json() == done.json()


def test_active_storage_holds_to_what_was_declared(desk, store):
    answer = direct_upload(desk)
    url, headers = answer["direct_upload"]["url"], answer["direct_upload"]["headers"]
    before = store.keys()
    for content, changes in [(CONTENT + b"!", {}), (CONTENT.upper(), {}), (CONTENT, {"content-type": "text/html"}),
                             (CONTENT, {"content-md5": base64.b64encode(hashlib.md5(b"").digest()).decode()})]:
        refused = requests.put(url, data=content, headers={**headers, **changes}, timeout=30)
        assert refused.status_code in (400, 403), (content, changes)
    assert store.keys() == before
    early = desk.post("file_uploaded", {"signed_id": answer["signed_id"]})
    assert early.status_code == 400 and early.json()["code"] == "invalid_upload"
    # The same user puts something else there, with another leave for the same key.
    other = signed(desk, "PUT", answer["key"])
    for content, kind in [(CONTENT[::-1], "text/plain"), (CONTENT, "text/html"), (CONTENT + b"!", "text/plain")]:
        assert requests.put(other["url"], data=content, headers={"Content-Type": kind}, timeout=30).status_code == 200
        swapped = desk.post("file_uploaded", {"signed_id": answer["signed_id"]})
        assert swapped.status_code == 400 and swapped.json()["code"] == "invalid_upload"


def test_active_storage_tickets(desk):
    signed_id = direct_upload(desk)["signed_id"]
    middle = len(signed_id) // 2
    changed = signed_id[:middle] + ("A" if signed_id[middle] != "A" else "B") + signed_id[middle + 1:]
    for wrong in (changed, signed_id[:-4], "x", signed_id + "A"):
        refused = desk.post("file_uploaded", {"signed_id": wrong})
        assert refused.status_code == 403, wrong
    assert desk.post("file_uploaded", {"signed_id": signed_id}, mount="/small").status_code == 403
    assert desk.post("file_uploaded", {"signed_id": signed_id, "key": "frodo/x"}).status_code == 403
    assert desk.post("direct_uploads", blob(byte_size=6 << 20)).json()["code"] == "invalid_fields"


# --- EvaporateJS -------------------------------------------------------------------------------------------------------

XML = {"content-type": "application/xml; charset=UTF-8"}
EMPTY = hashlib.sha256(b"").hexdigest()


def begin(client):
    answer, stored = client.request("POST", "uploads=", {"x-amz-acl": "private", "content-type": "video/mp4",
                                                         "x-amz-meta-album": "3"})
    assert stored is not None and stored.status_code == 200, answer.text
    return re.search("<UploadId>(.+)</UploadId>", stored.text).group(1)


def test_evaporate(powerful, s3, store):
    client = Evaporate(powerful, f"frodo/{uuid.uuid4()} big.bin")
    client.s3 = {**s3, "uploader_key": s3["keeper_key"], "uploader_secret": s3["keeper_secret"]}
    upload = begin(client)
    parts = [b"a" * 5 * 1024 * 1024, b"b" * 7]
    tags = []
    for number, part in enumerate(parts, 1):
        md5 = base64.b64encode(hashlib.md5(part).digest()).decode()
        _, stored = client.request("PUT", f"partNumber={number}&uploadId={upload}", {"content-md5": md5},
                                   "UNSIGNED-PAYLOAD", part)
        assert stored.status_code == 200, stored.text
        tags.append(stored.headers["ETag"])
    _, listed = client.request("GET", f"part-number-marker=0&uploadId={upload}")
    assert listed.status_code == 200 and listed.text.count("<Part>") == 2
    body = "".join(f"<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag></Part>"
                   for number, tag in enumerate(tags, 1))
    body = f"<CompleteMultipartUpload>{body}</CompleteMultipartUpload>".encode()
    _, done = client.request("POST", f"uploadId={upload}", XML, body)
    assert done.status_code == 200 and "<Error>" not in done.text
    assert store.get(client.key)[0] == b"".join(parts)
    _, head = client.request("HEAD", "")
    assert head.status_code == 200
    other = begin(client)
    _, aborted = client.request("DELETE", f"uploadId={other}")
    assert aborted.status_code == 204


REFUSED = {
    "another user's key": dict(path="/uploads/sam/x"),
    "another bucket": dict(path="/storage/frodo/x"),
    "a key above the prefix": dict(path="/uploads/frodo/../sam/x"),
    "reading": dict(method="GET", query=""),
    "deleting": dict(method="DELETE", query=""),
    "the bucket's policy": dict(method="GET", query="policy="),
    "the object's acl": dict(method="PUT", query="acl="),
    "a whole PUT": dict(method="PUT", query=""),
    "copying": dict(method="PUT", query="partNumber=1&uploadId=u", headers={"x-amz-copy-source": "/storage/x"}),
    "part 10001": dict(method="PUT", query="partNumber=10001&uploadId=u", payload="UNSIGNED-PAYLOAD"),
    "a public acl": dict(headers={"x-amz-acl": "public-read"}),
    "no acl": dict(headers={}),
    "another host": dict(headers={"x-amz-acl": "private", "host": "elsewhere.example"}),
    "another type of list": dict(method="POST", query="uploadId=u", headers={"content-type": "text/html"}),
    "an unsigned beginning": dict(payload="UNSIGNED-PAYLOAD"),
    "a date of yesterday": dict(headers={"x-amz-acl": "private", "x-amz-date": "20200101T000000Z"}),
    "another spelling": dict(path="/uploads/frodo/%78"),
}


@pytest.mark.parametrize("change", REFUSED.values(), ids=REFUSED.keys())
def test_evaporate_refuses(desk, change):
    """Status 403, at which EvaporateJS gives up; at any other it would try again for ever."""
    client = Evaporate(desk, "frodo/x")
    whole = dict(method="POST", query="uploads=", headers={"x-amz-acl": "private"})
    answer, stored = client.request(**{**whole, **change})
    assert stored is None and answer.status_code == 403, answer.text
    assert not re.search("[0-9a-f]{64}", answer.text)
    assert client.request(**whole)[1].status_code == 200


def test_evaporate_signs_nothing_unseen(desk, s3):
    client = Evaporate(desk, "frodo/x")
    signed_headers, canonical, to_sign, _ = client.texts("POST", "uploads=", {"x-amz-acl": "private"})
    assert client.ask(to_sign, canonical).text == expected_signature(s3, to_sign)
    blind = client.ask(to_sign, None)
    assert blind.status_code == 403 and blind.json()["code"] == "canonical_request_missing"
    other = client.texts("GET", "", path="/storage/secret")[2]
    for text in (other, to_sign[:-1] + ("0" if to_sign[-1] != "0" else "1"), to_sign + "\n", to_sign + "\nx",
                 "x" + to_sign, to_sign.replace("AWS4-HMAC-SHA256\n", "AWS4-HMAC-SHA256\n\n")):
        assert client.ask(text, canonical).status_code == 403, text
    assert client.ask(to_sign, canonical + "\n").status_code == 403
    assert client.ask(to_sign, canonical, "sam").status_code == 403


# --- the session list --------------------------------------------------------------------------------------------------

def test_session(desk, store):
    off = desk.get("session")
    assert off.status_code == 403 and off.json()["code"] == "listing_is_off"
    leave = leave_for(desk, mount="/upload", filename="listed.txt", size=len(CONTENT))
    assert send(leave, CONTENT).status_code == 201
    response = desk.get("session", mount="/open", qqtimestamp="1")
    assert response.status_code == 200 and response.headers["Content-Type"] == "application/json"
    mine = {file["s3Key"]: file for file in response.json()}
    assert set(mine) == {key for key in store.keys() if key.startswith("frodo/")}
    assert mine[leave["key"]] == {"name": "listed.txt", "uuid": leave["key"].split("/")[1], "size": len(CONTENT),
                                  "s3Key": leave["key"], "s3Bucket": "uploads"}
    assert not {key for key in mine if not key.startswith("frodo/")}
    assert all(file["s3Key"].startswith("sam/") for file in desk.get("session", "sam", mount="/open").json())


# --- a second name for the store ---------------------------------------------------------------------------------------

def test_the_public_endpoint_is_what_is_signed(s3, store):
    public = f"http://localhost:{s3['port']}"
    desk = Desk(s3, lambda config, url: config.replace(
        f'endpoint = "{s3["url"]}"', f'endpoint = "{s3["url"]}"\npublic_endpoint = "{public}"')).start()
    try:
        for mount in ("/upload", "/put"):
            leave = leave_for(desk, mount, filename="a", type="text/plain")
            assert leave["url"].startswith(public + "/uploads/")
            assert send(leave, CONTENT).status_code in (200, 201)
            assert store.get(leave["key"])[0] == CONTENT
        query = parse_qs(urlsplit(signed(desk, "PUT", "a")["url"]).query)
        assert query["X-Amz-SignedHeaders"] == ["host"]
        assert desk.get("session", mount="/open").status_code == 200
    finally:
        desk.stop()
