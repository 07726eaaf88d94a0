"""One good request of every kind to a site on which everything is switched on, each as its client sends it."""

import base64
import hashlib

import requests

import gateway
from chunks import ChunkedUpload
from latecomers import TOKEN
from presigned import Evaporate, send
from uploads import login, new_key, policy, sign

CONTENT = b"Speak, friend, and enter.\n"


def tour(site):
    """Yields (operation id, name of the example that shows it, the answer)."""
    yield from asking(site)
    yield from signing(site)
    yield from presigning(site)
    yield from in_parts(site)
    yield from completing(site)
    yield from taking_back(site)


def call(site, method, path, user="frodo", mount="/upload", **more):
    headers = {**login(user), **more.pop("headers", {})}
    url = f"{site.url}{mount}/{path}"
    return requests.request(method, url, headers=headers, timeout=60, allow_redirects=False, **more)


def record(bucket, key):
    return {"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": bucket}, "object": {"key": key}}}


def uploaded(site, name="note.txt"):
    """Leave for a file that is in the uploads bucket by now."""
    leave = site.get("presign", filename=name, type="text/plain").json()
    assert send(leave, CONTENT).status_code == 201
    return leave


def asking(site):
    uploaded(site)
    yield "prefix", "plain", call(site, "GET", "prefix")
    yield "prefix", "lent", call(site, "GET", "prefix?credentials")
    yield "headPrefix", None, call(site, "HEAD", "prefix")
    yield "sts", None, call(site, "GET", "s3/sts")
    for name in ("health", "time", "ready"):
        yield name, None, call(site, "GET", name)
        yield "head" + name.capitalize(), None, call(site, "HEAD", name)
    yield "emptyHTML", None, call(site, "GET", "empty_html?key=x", user=None)
    yield "headEmptyHTML", None, call(site, "HEAD", "empty_html", user=None)
    yield "session", None, call(site, "GET", "session?qqtimestamp=1")
    yield "metrics", None, call(site, "GET", "metrics")
    yield "metrics", None, call(site, "GET", "metrics", headers={"Accept": "text/plain"})
    yield "headMetrics", None, call(site, "HEAD", "metrics")


def signing(site):
    document = policy(site.s3, new_key())
    yield "sign", "policy", sign(site.url, document)
    chunked = ChunkedUpload(site.s3, site, new_key(name=".bin"), 2)
    assert chunked.initiate().status_code == 200
    yield "sign", "chunk", chunked.answer
    assert chunked.abort().status_code == 204
    client = Evaporate(site, new_key(name=" big.bin"))
    _, canonical, to_sign, _ = client.texts("POST", "uploads=", {"x-amz-acl": "private"})
    yield "evaporate", None, client.ask(to_sign, canonical)


def presigning(site):
    yield "uploadURI", None, site.post("upload_uri", {"filename": "a.pdf", "type": "application/pdf", "size": 5})
    yield "presign", "form", site.get("presign", filename="Shire.jpg")
    yield "presign", "put", site.get("presign", mount="/put", filename="Shire.jpg", type="image/jpeg")
    yield "presignMany", "forms", site.post("presign", {"files": [{"filename": "Shire.jpg"}]})
    yield "uppyParameters", "form", site.get("s3/params", filename="Shire.jpg")
    yield "uppySignRequest", None, site.post("s3/presign", {"method": "PUT", "key": "photo.png"})
    md5 = base64.b64encode(hashlib.md5(CONTENT).digest()).decode()
    yield "directUpload", None, site.post("direct_uploads", {"blob": {
        "filename": "note.txt", "content_type": "text/plain", "byte_size": len(CONTENT), "checksum": md5}})


def in_parts(site):
    for mount, example in (("/upload", "assembled"), ("/at_once", "stored")):
        wish = {"filename": "holiday.mp4", "type": "video/mp4", "metadata": {"album": 3}}
        begun = site.post("s3/multipart", wish, mount=mount)
        yield "createMultipartUpload", None, begun
        upload, key = f"s3/multipart/{begun.json()['uploadId']}", {"key": begun.json()["key"]}
        signed = site.get(f"{upload}/1", mount=mount, **key)
        yield "signPart", None, signed
        yield "signParts", None, site.get(f"{upload}/batch", mount=mount, partNumbers="1", **key)
        etag = requests.put(signed.json()["url"], data=CONTENT, timeout=30).headers["ETag"]
        yield "listParts", None, site.get(upload, mount=mount, **key)
        parts = {"parts": [{"PartNumber": 1, "ETag": etag}]}
        yield "completeMultipartUpload", example, call(site, "POST", f"{upload}/complete", mount=mount, params=key,
                                                       json=parts)
        yield "abortMultipartUpload", None, call(site, "DELETE", upload, mount=mount, params=key)


def completing(site):
    for method, name in (("POST", "fileUploaded"), ("PUT", "putFileUploaded"), ("PATCH", "patchFileUploaded")):
        form = {"key": uploaded(site)["key"], "uuid": "some-uuid", "name": "note.txt", "bucket": site.s3["uploads"]}
        yield name, "completion", call(site, method, "file_uploaded", data=form)
        wish = {"key": uploaded(site)["key"], "filename": "note.txt"}
        yield name, "completion", call(site, method, "file_uploaded", json=wish)
    store = gateway.client(site.s3["url"])
    key = new_key()
    store.put_object(Bucket=site.s3["uploads"], Key=key, Body=CONTENT, ContentType="text/plain")
    yield "events", None, call(site, "POST", "events", user=None, json={"Records": [record(site.s3["uploads"], key)]},
                               headers={"Authorization": f"Bearer {TOKEN}"})


def taking_back(site):
    for name in ("deleteByForm", "deleteByFormByUUID"):
        path = "file" + "/some-uuid" * name.endswith("UUID")
        form = {"_method": "DELETE", "key": uploaded(site)["key"], "bucket": site.s3["uploads"]}
        yield name, "deleted", call(site, "POST", path, data=form)
    for name in ("deleteFile", "deleteFileByUUID"):
        path = "file" + "/some-uuid" * name.endswith("UUID")
        yield name, "deleted", call(site, "DELETE", path, params={"key": uploaded(site)["key"], "bucket": "undefined"})
