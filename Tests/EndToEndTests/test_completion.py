"""What a completion does for its clients: browsers with Fine Uploader and programs that post JSON.

Each test runs twice: against the work-alike in faults/store.py, whose every call can be looked at, and against the real
gateway, which is behind a front that makes it heed the copy's condition.
"""

import hashlib
import itertools
import json
import re
import time
from pathlib import Path
from urllib.parse import quote, unquote

import pytest

import gateway
from faults import responder
from faults.front import Front
from faults.hook import Hook
from faults.responder import HOOK_SECRET, KEEPER, UPLOADER, Installation, complaints, form
from faults.store import CLAIMS, PROBE, Store

UUID = "0f8fad5b-d9cb-469f-a165-70867728950e"
INVALID = "Invalid key or bad ETag"
NUMBERS = itertools.count(1)
EMPTY = hashlib.md5(b"").hexdigest()
POSTS = json.loads((Path(__file__).parent / "faults/completion_posts.json").read_text())


class Stored:
    def __init__(self, data, headers):
        self.data = data
        self.headers = {name.lower(): value for name, value in headers.items()}


class WorkAlike:
    """The store of faults/, as tests of the contract see it."""

    def __init__(self):
        self.store = Store(dict([UPLOADER, KEEPER]), rights={UPLOADER[0]: {("PUT", "uploads")}})
        self.url, self.keys = self.store.url, (UPLOADER, KEEPER)

    def put(self, key, data=b"content", content_type="image/jpeg", **metadata):
        headers = {f"x-amz-meta-{name}": value for name, value in metadata.items()}
        return self.store.put("uploads", key, data, content_type=content_type, **headers).etag

    def remove(self, bucket, key):
        del self.store.buckets[bucket][key]

    def everything(self):
        with self.store.lock:
            return {key: Stored(each.data, each.headers) for key, each in self.store.buckets["storage"].items()}

    def close(self):
        self.store.stop()
        assert not self.store.errors


class Gateway:
    """Ceph's, with the owner's eyes."""

    def __init__(self, s3):
        self.front = Front(s3["port"])
        self.url = self.front.url
        self.keys = ((s3["uploader_key"], s3["uploader_secret"]), (s3["keeper_key"], s3["keeper_secret"]))
        self.client = gateway.client(s3["url"])
        self.before = set(self.names())

    def put(self, key, data=b"content", content_type="image/jpeg", **metadata):
        more = {"ContentType": content_type} if content_type else {}
        return self.client.put_object(Bucket="uploads", Key=key, Body=data, Metadata=metadata, **more)["ETag"].strip('"')

    def remove(self, bucket, key):
        self.client.delete_object(Bucket=bucket, Key=key)

    def names(self):
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket="storage")
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    def everything(self):
        found = {}
        for key in self.names():
            if key not in self.before:
                answer = self.client.get_object(Bucket="storage", Key=key)
                found[key] = Stored(answer["Body"].read(), answer["ResponseMetadata"]["HTTPHeaders"])
        return found

    def close(self):
        self.front.stop()
        assert not self.front.errors


class Site:
    """A site with the program, a hook and one of the two stores."""

    def __init__(self, s3):
        self.s3 = s3
        self.hook = Hook(HOOK_SECRET)
        (uploader, _), (keeper, secret) = s3.keys
        self.installation = Installation(s3.url, self.hook.address, deadline=20,
                                         uploads={"access_key_id": uploader}, storage={"access_key_id": keeper})
        self.installation.secret("storage", secret)
        self.program = self.installation.start()
        self.replies = []

    def close(self):
        problems = complaints(self.installation.close(), "the log")
        self.hook.stop()
        for reply in self.replies:
            problems += complaints(reply.raw.decode("latin-1"), "an answer")
        claims = {key: each for key, each in self.s3.everything().items() if key.startswith(CLAIMS)}
        for key, claim in claims.items():
            problems += complaints(key + claim.data.decode(), "a claim")
        self.s3.close()
        assert claims and not problems
        assert not self.hook.problems() and not self.hook.errors

    def key(self, name="holiday.jpg", user="frodo"):
        """An upload key that no other test has."""
        return f"{user}/{next(NUMBERS)}/{name}"

    def post(self, body, **more):
        reply = self.program.post(body, **more)
        self.replies.append(reply)
        return reply

    def post_json(self, value, **more):
        reply = self.program.post_json(value, **more)
        self.replies.append(reply)
        return reply

    def complete(self, key, etag=None, name="holiday.jpg", bucket="uploads", uuid=UUID, user="frodo", **more):
        return self.post(form(key=key, uuid=uuid, name=name, bucket=bucket, etag=etag, **more), user=user)

    def stored(self):
        return {key: each for key, each in self.s3.everything().items() if not key.startswith(CLAIMS)}

    def copies_of(self, data):
        return [key for key, each in self.stored().items() if each.data == data]


@pytest.fixture(scope="module", params=["work-alike", "gateway"])
def site(request):
    store = WorkAlike() if request.param == "work-alike" else Gateway(request.getfixturevalue("s3"))
    site = Site(store)
    yield site
    site.close()
    responder.forget_shared_program()


@pytest.fixture(autouse=True)
def friendly(request):
    if "site" in request.fixturenames:
        request.getfixturevalue("site").hook.say()


def data():
    return f"bytes of upload {next(NUMBERS)}".encode()


def refuses(site, reply, status, error=None):
    assert reply.status == status, reply
    value = reply.json
    assert value["invalid"] is True and value["success"] is False, reply
    assert value["error"] and isinstance(value["message"], str) and isinstance(value["code"], str), reply
    assert error is None or value["error"] == error, reply


# --- it works --------------------------------------------------------------------------------------------------------

def test_as_fine_uploader_posts(site):
    """The body recorded from its own code, with a nested parameter, an empty pair and the tag in quotes."""
    content, key = data(), site.key("a b.JPG")
    etag = site.s3.put(key, content, evil="1")
    body = (f"custom%5Ba%5D=1&&key={quote(key, safe='')}&uuid={UUID}&name=a+b.JPG&bucket=uploads"
            f"&etag=%22{etag}%22&empty=").encode()
    reply = site.post(body, HTTP_X_REQUESTED_WITH="XMLHttpRequest", HTTP_CACHE_CONTROL="no-cache")
    assert reply.is_success, reply
    assert reply.header("content-type").startswith("application/json")
    value = reply.json
    assert value["bucket"] == "storage" and value["size"] == len(content) and value["etag"].strip('"') == etag
    assert value["type"] == "image/jpeg" and value["name"] == "a b.JPG"
    assert re.fullmatch(r"frodo/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.jpg", value["key"]), value
    assert site.copies_of(content) == [value["key"]]


def test_what_is_stored_is_described_by_us(site):
    content, key = data(), site.key()
    site.s3.put(key, content, "text/html", evil="1", user="sam")
    reply = site.complete(key, name="../x\"y.html")
    assert reply.is_success, reply
    stored = site.stored()[reply.json["key"]]
    assert stored.headers["content-disposition"].startswith("attachment"), stored.headers
    assert stored.headers["content-type"] == reply.json["type"]
    assert "x-amz-meta-evil" not in stored.headers, "nothing of the uploader's comes along"
    assert stored.headers["x-amz-meta-user"] == "frodo"
    assert not re.search(r'"[^"]*[\\/][^"]*"', stored.headers["content-disposition"]), stored.headers


def test_as_an_api_client_posts(site):
    content, key = data(), site.key()
    etag = site.s3.put(key, content)
    reply = site.post_json({"key": key, "filename": "holiday.jpg", "etag": etag, "custom": {"a": [1, True, None]}})
    assert reply.is_success, reply
    assert reply.json["name"] == "holiday.jpg" and reply.json["etag"].strip('"') == etag
    assert site.copies_of(content) == [reply.json["key"]]
    event = site.hook.deliveries[-1].event
    assert '"custom"' in json.dumps(event), event


@pytest.mark.parametrize("shape", ["{}", '"{}"', "%22{}%22", None])
def test_an_etag_in_each_form(site, shape):
    content, key = data(), site.key()
    etag = site.s3.put(key, content)
    reply = site.complete(key, shape and shape.format(etag))
    assert reply.is_success, reply


@pytest.mark.parametrize("name", ["Grüße aus Köln.JPG", "日本語.png", "e\u0301.txt", "x\u202egpj.exe", "no extension",
                                  ".hidden", "a.tar.gz", "semi;colon=&+%.pdf", "'quotes\".txt", "😀" * 100 + ".gif"])
def test_a_name(site, name):
    content, key = data(), site.key()
    site.s3.put(key, content, "application/pdf")
    reply = site.complete(key, name=name)
    assert reply.is_success, reply
    assert reply.json["name"] == name
    stored = site.stored()[reply.json["key"]]
    assert re.fullmatch(r"frodo/[0-9a-f-]{36}(\.[a-z0-9]{1,10})?", reply.json["key"]), reply
    disposition = stored.headers["content-disposition"]
    assert disposition.isascii() and "\n" not in disposition
    encoded = disposition.partition("filename*=UTF-8''")[2]
    assert encoded and name.startswith(unquote(encoded, errors="strict")), disposition


def test_a_key_with_every_character_that_a_url_has(site):
    content, key = data(), site.key("a-b_c.d~e!f$'()*+,;=:@.bin")
    site.s3.put(key, content)
    reply = site.complete(key)
    assert reply.is_success or reply.status == 400, reply
    if reply.is_success:
        assert site.copies_of(content) == [reply.json["key"]]


def test_an_empty_file(site):
    key = site.key()
    site.s3.put(key, b"")
    reply = site.complete(key, f'"{EMPTY}"')
    assert reply.is_success and reply.json["size"] == 0, reply


def test_a_repeat_gets_the_same_answer(site):
    content, key = data(), site.key()
    etag = site.s3.put(key, content)
    calls = len(site.hook.deliveries)
    first = site.complete(key, etag)
    assert first.is_success, first
    for more in ({}, {"name": "other.png"}, {"uuid": "99999999-9999-4999-8999-999999999999"}, {"name": "x.jpg"}):
        again = site.complete(key, etag, **more)
        assert again.is_success and again.json == first.json, (first, again)
    assert site.post_json({"key": key, "filename": "z.gif"}).json == first.json
    assert site.copies_of(content) == [first.json["key"]]
    assert len(site.hook.deliveries) == calls + 1


def test_an_upload_of_the_same_key_with_other_bytes_is_another_upload(site):
    key, old, new = site.key(), data(), data()
    first = site.complete(key, site.s3.put(key, old))
    second = site.complete(key, site.s3.put(key, new))
    assert first.is_success and second.is_success and first.json["key"] != second.json["key"]
    assert site.copies_of(old) == [first.json["key"]] and site.copies_of(new) == [second.json["key"]]
    assert site.complete(key, first.json["etag"]).json == first.json, "the first is still known by its tag"


def test_a_repeat_when_the_upload_is_gone(site):
    content, key = data(), site.key()
    etag = site.s3.put(key, content)
    first = site.complete(key, etag)
    site.s3.remove("uploads", key)
    assert site.complete(key, etag).json == first.json
    assert site.complete(key).json == first.json
    refuses(site, site.complete(key, "0" * 32), 400, INVALID)


def test_no_resurrection(site):
    content, key = data(), site.key()
    etag = site.s3.put(key, content)
    first = site.complete(key, etag)
    site.s3.remove("storage", first.json["key"])
    reply = site.complete(key, etag)
    assert 400 <= reply.status < 500 and not reply.json["success"], reply
    assert not site.copies_of(content)


# --- the site is told ------------------------------------------------------------------------------------------------

def test_what_the_site_is_told(site):
    content, key = data(), site.key()
    etag = site.s3.put(key, content)
    site.hook.say((200, {"thumbnailUrl": "/t/1.png", "id": 7, "nested": {"a": ["ü"]}, "success": False, "key": "evil"}))
    reply = site.complete(key, etag, **{"album[title]": "Köln & more", "album[tags][]": "a"})
    assert reply.is_success, reply
    assert reply.json["thumbnailUrl"] == "/t/1.png" and reply.json["id"] == 7 and reply.json["nested"] == {"a": ["ü"]}
    assert reply.json["key"] != "evil", "the site may add to the answer, not contradict it"
    delivery = site.hook.deliveries[-1]
    assert delivery.problem is None
    assert delivery.event["type"] == "upload.completed"
    facts = delivery.event["data"]
    assert facts["user"] == "frodo" and facts["key"] == reply.json["key"] and facts["size"] == len(content)
    assert facts["upload"]["key"] == key and "Köln & more" in json.dumps(facts, ensure_ascii=False)
    assert site.complete(key, etag).json == reply.json


@pytest.mark.parametrize("status, more", [(422, {}), (403, {"refuse": True}), (400, {"refuse": True})])
def test_the_site_refuses(site, status, more):
    content, key = data(), site.key()
    etag = site.s3.put(key, content)
    site.hook.say((status, dict(more, error="Your album is full")))
    first = site.complete(key, etag)
    refuses(site, first, 422, "Your album is full")
    assert not site.copies_of(content)
    site.hook.say()
    refuses(site, site.complete(key, etag), 422, "Your album is full")


@pytest.mark.parametrize("status", [401, 403, 404, 409, 500, 502, 503])
def test_the_site_has_no_verdict(site, status):
    content, key = data(), site.key()
    etag = site.s3.put(key, content)
    site.hook.say((status, {"error": "not now"}))
    reply = site.complete(key, etag)
    refuses(site, reply, 503)
    assert int(reply.header("retry-after")) >= 1 and "not now" not in reply.body.decode()
    assert len(site.copies_of(content)) == 1
    site.hook.say()
    assert site.complete(key, etag).is_success
    assert len(site.copies_of(content)) == 1


# --- it refuses ------------------------------------------------------------------------------------------------------

def test_another_users_key(site):
    content, key = data(), site.key(user="sam")
    site.s3.put(key, content)
    refuses(site, site.complete(key, user="frodo"), 403)
    refuses(site, site.post_json({"key": key, "filename": "a.jpg"}, user="frodo"), 403)
    refuses(site, site.complete(key, user="sa"), 403)
    refuses(site, site.complete(key, user="SAM"), 403)
    assert not site.copies_of(content)
    assert site.complete(key, user="sam").is_success


def test_another_users_repeat(site):
    content, key = data(), site.key()
    site.s3.put(key, content)
    assert site.complete(key).is_success
    refuses(site, site.complete(key, user="sam"), 403)


@pytest.mark.parametrize("bucket", ["storage", "elsewhere", "Uploads", "uploads/x"])
def test_another_bucket(site, bucket):
    content, key = data(), site.key()
    site.s3.put(key, content)
    refuses(site, site.complete(key, bucket=bucket), 403)
    assert not site.copies_of(content)


def test_nobody(site):
    key = site.key()
    site.s3.put(key)
    refuses(site, site.complete(key, user=None), 403, "Log in before uploading")


@pytest.mark.parametrize("etag", ["0" * 32, '"' + "0" * 32 + '"', "*", '"a","b"', 'W/"zzz"', "a" * 5000,
                                  '"x"\r\nx-amz-acl: public-read'])
def test_a_wrong_etag(site, etag):
    content, key = data(), site.key()
    site.s3.put(key, content)
    refuses(site, site.complete(key, etag), 400, INVALID)
    assert not site.copies_of(content)


def test_a_missing_and_a_changed_upload_look_the_same(site):
    key = site.key()
    site.s3.put(key)
    missing, changed = site.complete(site.key("missing.jpg")), site.complete(key, "0" * 32)
    refuses(site, missing, 400, INVALID)
    assert (missing.status, missing.json) == (changed.status, changed.json)


def test_overwritten_between_check_and_copy(site):
    """The copy's condition is enforced: the store with a call in between, the gateway by a racing writer."""
    content, key = data(), site.key()
    etag = site.s3.put(key, content)
    if isinstance(site.s3, WorkAlike):
        site.s3.store.fail("PUT", claim=True, times=1, after=lambda _: site.s3.put(key, b"other"))
        refuses(site, site.complete(key, etag), 400, INVALID)
        site.s3.store.heal()
        assert not site.copies_of(b"other") and not site.copies_of(content)
    else:
        assert site.complete(key, etag).is_success
        copy = site.s3.front.copies[-1]
        assert copy.header("x-amz-copy-source-if-match") == etag
        with pytest.raises(site.s3.client.exceptions.ClientError) as refusal:
            through = gateway.client(site.s3.url)
            through.copy_object(Bucket="storage", Key="frodo/never", CopySource={"Bucket": "uploads", "Key": key},
                                CopySourceIfMatch="0" * 32)
        assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 412, "the front makes it count"


@pytest.mark.parametrize("post", POSTS, ids=lambda post: post["name"])
def test_a_published_post(site, post):
    """The published cases, against a bucket that has what they speak of."""
    site.s3.put("frodo/a.jpg", b"")
    for other in ("sam/a.jpg", "sam/b.jpg", "frodo2/a.jpg"):
        site.s3.put(other, b"other")
    before = set(site.stored())
    if post.get("setup") == "run after done_ok":
        assert site.post(post["body"].encode()).is_success
        before = set(site.stored())
    more = {"HTTP_" + name.upper().replace("-", "_"): value for name, value in post.get("headers", {}).items()}
    more.setdefault("HTTP_SEC_FETCH_SITE", None)  # an old browser: nothing says that the page is ours
    reply = site.post(post["body"].encode(), user=post["user"], query=post.get("query", ""),
                      method=post.get("method", "POST"), **more,
                      content_type=post.get("content_type", "application/x-www-form-urlencoded"))
    assert reply.seconds < max(1, post.get("max_ms", 0) / 1000)
    new = set(site.stored()) - before
    if post["expect"] == "accept":
        assert reply.is_success, reply
        assert reply.json["key"] in before | new and len(new) <= 1
        if post.get("setup"):
            assert not new
    elif not (reply.is_success and ("alt" in post or post["tier"] == "policy")):
        assert 400 <= reply.status < 500 and not reply.json["success"], reply
        assert not new
    for key in new:
        assert re.fullmatch(r"frodo/[0-9a-f-]{36}(\.[a-z0-9]{1,10})?", key), key
        assert site.stored()[key].data == b""


@pytest.mark.parametrize("body, most", [
    ("&".join(f"p{number}=1" for number in range(20_000)), 0.3),
    ("a" + "[b]" * 2000 + "=1", 0.3),
    ("key=" + "a" * 200_000, 0.3),
    ("bucket=uploads&key=frodo%2Fa.jpg&uuid=1&name=a.jpg&etag=%22" + "a" * 5000 + "%22", 0.3),
    ("bucket=uploads&key=frodo%2F" + "a" * 2000 + "&uuid=1&name=a.jpg", 0.3),
    ("bucket=uploads&key=frodo%2Fa.jpg&uuid=1&name=" + "n" * 5000, 0.3),
], ids=["20000 parameters", "2000 brackets", "200 kB", "a long tag", "a long key", "a long name"])
def test_a_huge_post(site, body, most):
    before, spent = set(site.stored()), site.program.processor_time()
    reply = site.post(body.encode())
    assert 400 <= reply.status < 500, reply
    assert site.program.processor_time() - spent < most
    assert set(site.stored()) == before


def test_a_long_extension(site):
    content, key = data(), site.key()
    site.s3.put(key, content)
    reply = site.complete(key, name="x." + "e" * 900)
    assert reply.is_success, reply
    assert re.fullmatch(r"frodo/[0-9a-f-]{36}", reply.json["key"]), reply


def test_larger_than_the_rules_allow(site):
    """What was signed for a small file may be large all the same where a store forgets to look."""
    if not isinstance(site.s3, WorkAlike):
        pytest.skip("five gigabytes are too much for the gateway's memory; the rule is the same")
    key = site.key()
    site.s3.put(key)
    site.s3.store.fail("HEAD", bucket="uploads", apply=True, headers={"Content-Length": str(6 << 30)})
    reply = site.complete(key)
    site.s3.store.heal()
    assert 400 <= reply.status < 500 and not reply.is_success, reply


def test_the_calls_that_a_completion_makes(site):
    """Few, in the order of the design, and none with the wrong key."""
    if not isinstance(site.s3, WorkAlike):
        pytest.skip("the gateway does not say what it was asked")
    content, key = data(), site.key()
    site.s3.put(key, content)
    began = len(site.s3.store.calls)
    assert site.complete(key).is_success
    calls = site.s3.store.calls[began:]
    steps = [call.operation for call in calls]
    # The first completion of a process also finds out whether the store heeds conditions.
    steps = [step for step, call in zip(steps, calls) if call.key != PROBE]
    assert steps == ["HEAD", "PUT", "COPY", "HEAD", "PUT"]
    assert {call.access_key for call in calls} == {KEEPER[0]}
    claim = next(call for call in calls if call.is_claim)
    assert claim.header("if-none-match") == "*"
    assert claim.key.split("/")[2] == hashlib.sha256(b"uploads\0" + key.encode()).hexdigest()
    copy = next(call for call in calls if call.operation == "COPY")
    assert copy.header("x-amz-metadata-directive") == copy.header("x-amz-tagging-directive") == "REPLACE"
    assert not any(call.bucket == "uploads" and call.request.method != "HEAD" for call in calls)


def test_a_slow_store_keeps_nobody_waiting_longer_than_it_must(site):
    content, key = data(), site.key()
    site.s3.put(key, content)
    began = time.monotonic()
    assert site.complete(key).is_success
    assert time.monotonic() - began < 10
