"""Uploads in parts with Uppy's plugins, against a real S3: whose they are, how large they may be, what a repeat says."""

import base64
import concurrent.futures
import json
import re
import time
from urllib.parse import quote

import pytest
import requests

import gateway
import uppy
from faults.hook import Hook
from faults.front import Front
from faults.responder import HOOK_SECRET, SEAL, Installation, forget_shared_program, parameters, speak
from faults.store import CLAIMS
from uploads import login

KEY = r"frodo/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/"
PIECES = [b"Speak, friend, ", b"and enter.\n"]
CONTENT = b"".join(PIECES)
GENERATIONS = pytest.mark.parametrize("generation", uppy.GENERATIONS, ids=lambda each: each.__name__)


def through(site, user="frodo"):
    """Requests to a site on a real web server."""
    def send(method, path, headers, body):
        response = requests.request(method, site.url + "/upload" + path, headers={**headers, **login(user)}, data=body,
                                    timeout=60, allow_redirects=False)
        return response.status_code, response.headers, response.content
    return send


def straight(program, user="frodo"):
    """Requests to a program on its own socket."""
    def send(method, path, headers, body):
        route, _, query = path.partition("?")
        more = {"HTTP_" + name.upper().replace("-", "_"): value for name, value in headers.items()
                if name.lower() != "content-type"}
        given = parameters(user=user, method=method, route=route, query=query, length=len(body or b""),
                           content_type={name.lower(): value for name, value in headers.items()}.get("content-type"),
                           **more)
        reply = speak(program.socket, given, body or b"", 60)
        return reply.status, {name.title(): value for name, value in reply.headers}, reply.body
    return send


@pytest.fixture
def install(s3):
    """Installations with sections of their own, and what they leave behind."""
    running = []
    front = Front(s3["port"])

    def make(hook=None, **sections):
        uploads = {"access_key_id": s3["uploader_key"], **sections.pop("uploads", {})}
        installation = Installation(front.url, hook, deadline=20, uploads=uploads,
                                    storage={"access_key_id": s3["keeper_key"]}, **sections)
        installation.values["s3"]["public_endpoint"] = s3["url"]
        installation.write()
        installation.secret("uploads", s3["uploader_secret"])
        installation.secret("storage", s3["keeper_secret"])
        running.append(installation)
        return installation

    yield make
    for installation in running:
        output = installation.close()
        assert "X-Amz-Signature" not in output and s3["uploader_secret"] not in output and SEAL not in output
    front.stop()
    assert not front.errors


@pytest.fixture(scope="module", autouse=True)
def the_end():
    yield
    forget_shared_program()


def fails(call, *arguments, status, message=None):
    with pytest.raises(uppy.Failure) as failure:
        call(*arguments)
    assert failure.value.status == status, failure.value.message
    assert message is None or re.search(message, failure.value.message), failure.value.message


# --- it works --------------------------------------------------------------------------------------------------------

@GENERATIONS
def test_an_upload(site, s3, store, generation):
    client = generation(through(site))
    upload, answer = client.upload("Moria gate.txt", PIECES, "text/plain", caption="Mellon", relativePath=None)
    assert re.fullmatch(KEY + "Moria-gate.txt", upload["key"])
    assert answer == {"location": f"{s3['url']}/{s3['uploads']}/{upload['key']}", "key": upload["key"],
                      "bucket": s3["uploads"]}
    stored, head = store.get(upload["key"])
    assert stored == CONTENT
    assert head["ContentType"] == "text/plain"
    assert head["Metadata"] == {"name": "Moria gate.txt", "type": "text/plain", "caption": "Mellon"}


@GENERATIONS
def test_resumed_after_a_reload(sites, store, generation):
    site = sites["nginx"]
    first = generation(through(site))
    upload = first.create("a.txt")
    parts = [first.part(upload, 1, PIECES[0])]
    # Another page knows two strings; listed tags come back as they were listed, new ones as that plugin writes them.
    second = generation(through(site))
    listed = second.list(upload)
    assert [(part["PartNumber"], part["Size"]) for part in listed] == [(1, len(PIECES[0]))]
    assert listed[0]["ETag"].strip('"') == parts[0]["ETag"].strip('"')
    known = [{"PartNumber": part["PartNumber"], "ETag": part["ETag"]} for part in listed]
    second.complete(upload, known + [second.part(upload, 2, PIECES[1])])
    assert store.get(upload["key"])[0] == CONTENT


@GENERATIONS
def test_given_up(sites, s3, generation):
    client = generation(through(sites["nginx"]))
    upload = client.create("a.txt")
    client.part(upload, 1, b"x")
    client.abort(upload)
    client.abort(upload)
    fails(client.list, upload, status=404, message=None)
    assert uploads_of(s3, upload) == []


def uploads_of(s3, upload):
    answer = gateway.client(s3["url"]).list_multipart_uploads(Bucket=s3["uploads"], Prefix=upload["key"])
    return answer.get("Uploads", [])


@pytest.mark.parametrize("name", ["naïve café.txt", "日本語.txt", "  two  spaces ", "tab\tnewline\n"])
def test_metadata_comes_back(sites, store, name):
    client = uppy.Companion51(through(sites["nginx"]))
    upload = client.create("a.txt", None, title=name)
    client.complete(upload, [client.part(upload, 1, b"x")])
    value = store.get(upload["key"])[1]["Metadata"]["title"]
    found = re.fullmatch(r"=\?UTF-8\?B\?(.*)\?=", value)
    assert found and base64.b64decode(found[1]).decode() == name


def test_uncommon_users(sites, store):
    for user in ("jürgen", "a+b", "DOM\\user"):
        client = uppy.Companion51(through(sites["nginx"], user))
        upload, _ = client.upload("ü.txt", PIECES)
        assert store.get(upload["key"])[0] == CONTENT


def test_no_temporary_credentials(site):
    for generation in uppy.GENERATIONS:
        fails(generation(through(site)).fetch, "GET", "/sts", status=400, message=None)


# --- many parts ------------------------------------------------------------------------------------------------------

def test_more_parts_than_a_page(sites, s3, store):
    count = 1005
    client = uppy.Companion3(through(sites["nginx"]))
    upload = client.create("many.bin")
    path = client.path(upload, "/batch") + f"&partNumbers=1-{count}"
    urls = client.fetch("GET", path)["presignedUrls"]
    assert len(urls) == count
    with requests.Session() as session, concurrent.futures.ThreadPoolExecutor(8) as pool:
        def put(number):
            return session.put(urls[str(number)], data=b"%05d" % number, timeout=30).status_code
        assert set(pool.map(put, range(1, count + 1))) == {200}
    listed = client.list(upload)
    assert [part["PartNumber"] for part in listed] == list(range(1, count + 1))
    # The list that Uppy posts is longer than any other body may be.
    parts = [{"PartNumber": part["PartNumber"], "ETag": part["ETag"]} for part in listed]
    assert len(json.dumps(parts)) > 65536
    client.complete(upload, parts)
    assert store.get(upload["key"])[0] == b"".join(b"%05d" % number for number in range(1, count + 1))


def test_the_largest_batch(site):
    client = uppy.Companion3(through(site))
    upload = client.create("many.bin")
    urls = client.fetch("GET", client.path(upload, "/batch") + "&partNumbers=1-10000")["presignedUrls"]
    assert len(urls) == len(set(urls.values())) == 10_000
    assert uppy.put(urls["10000"], b"x")
    assert [part["PartNumber"] for part in client.list(upload)] == [10_000]


def test_the_longest_list(site):
    """10,000 parts pass every web server on their way to us; that they are not there is our own answer."""
    client = uppy.Companion51(through(site))
    upload = client.create("many.bin")
    client.part(upload, 1, b"x")
    parts = [{"ETag": '"0123456789abcdef0123456789abcdef"', "PartNumber": number} for number in range(1, 10_001)]
    fails(client.complete, upload, parts, status=400, message="Part 1 is not there, or has another ETag")


# --- whose it is -----------------------------------------------------------------------------------------------------

def test_a_ticket_is_for_one_user(sites, s3, store):
    """Each of two users tries everything with the other's."""
    site = sites["nginx"]
    clients = {user: uppy.Companion51(through(site, user)) for user in ("frodo", "sam")}
    uploads = {user: client.create("a.txt") for user, client in clients.items()}
    parts = {user: [client.part(uploads[user], 1, user.encode())] for user, client in clients.items()}
    for user, other in (("frodo", "sam"), ("sam", "frodo")):
        client, theirs, mine = clients[user], uploads[other], uploads[user]
        mixtures = [theirs, {**theirs, "key": mine["key"]}, {**mine, "key": theirs["key"]}]
        for upload in mixtures:
            for call in (client.list, client.abort, lambda each: client.sign(each, 1),
                         lambda each: client.complete(each, parts[other])):
                fails(call, upload, status=403)
    for user, client in clients.items():
        client.complete(uploads[user], parts[user])
        assert store.get(uploads[user]["key"])[0] == user.encode()


def test_forged_tickets(sites, s3):
    client = uppy.Companion51(through(sites["nginx"]))
    upload = client.create("a.txt")
    real = gateway.client(s3["url"]).list_multipart_uploads(Bucket=s3["uploads"], Prefix=upload["key"])["Uploads"][0]
    text = upload["uploadId"]
    middle = text[:40] + ("A" if text[40] != "A" else "B") + text[41:]
    for forged in (real["UploadId"], middle, text[:-4], text + "AAAA", text.swapcase(), "x", "AQ"):
        for call in (client.list, client.abort, lambda each: client.sign(each, 1)):
            fails(call, {**upload, "uploadId": forged}, status=404)
    assert real["UploadId"] not in text and client.list(upload) == []


def test_what_a_url_is_good_for(sites):
    """One part of one upload, and nothing else."""
    client = uppy.Companion51(through(sites["nginx"]))
    upload, other = client.create("a.txt"), client.create("a.txt")
    url = client.sign(upload, 1)
    for changed in (url.replace("partNumber=1&", "partNumber=2&"), url.replace(upload["key"], other["key"]),
                    re.sub(r"uploadId=[^&]*", "uploadId=" + quote("2~x"), url), re.sub(r"&uploadId=[^&]*", "", url)):
        assert changed != url
        fails(uppy.put, changed, b"x", status=403)
    assert requests.get(url, timeout=30).status_code == 403
    assert requests.delete(url, timeout=30).status_code == 403


def test_another_machine_and_another_secret(install, store):
    """What one process began another goes on with; a new secret on top of the old one changes nothing."""
    first = install()
    one, two = (uppy.Companion51(straight(first.start())) for _ in range(2))
    upload = one.create("a.txt")
    parts = [two.part(upload, 1, PIECES[0])]
    first.secret("seal", "n" * 44 + "\n" + SEAL)
    rotated = uppy.Rewrite(straight(first.start()))
    parts.append(rotated.part(upload, 2, PIECES[1]))
    new = rotated.create("b.txt")
    fails(two.list, new, status=404)
    first.secret("seal", "n" * 44)
    gone = uppy.Companion51(straight(first.start()))
    fails(gone.list, upload, status=404, message="begin a new one")
    assert gone.list(new) == []
    assert rotated.complete(upload, parts)["key"] == upload["key"]
    assert store.get(upload["key"])[0] == CONTENT


def test_expired(install):
    installation = install(uploads={"ticket_expires_after": 6})
    client = uppy.Companion51(straight(installation.start()))
    upload = client.create("a.txt")
    assert client.list(upload) == []
    time.sleep(6.1)
    for call in (client.list, client.abort, lambda each: client.sign(each, 1)):
        fails(call, upload, status=403, message="begun too long ago")


# --- how large -------------------------------------------------------------------------------------------------------

def test_too_large(install, s3, store):
    installation = install(rules={"max_size": len(CONTENT) - 1})
    client = uppy.Companion51(straight(installation.start()))
    upload = client.create("a.txt")
    parts = [client.part(upload, number, data) for number, data in enumerate(PIECES, 1)]
    fails(client.complete, upload, parts, status=400, message=f"at most {len(CONTENT) - 1} bytes")
    assert uploads_of(s3, upload) == [] and upload["key"] not in store.keys()
    fails(client.complete, upload, parts, status=404)


def test_declared_sizes(install, s3, store):
    installation = install()
    client = uppy.Companion51(straight(installation.start()))
    upload = client.fetch("POST", "/multipart", {"filename": "a.txt", "size": len(CONTENT)})
    url = client.fetch("GET", client.path(upload, "/1") + f"&size={len(PIECES[0])}")["url"]
    fails(uppy.put, url, PIECES[0] + b"x", status=403)
    fails(uppy.put, url, PIECES[0][1:], status=403)
    parts = [{"PartNumber": 1, "ETag": uppy.put(url, PIECES[0])}]
    fails(client.complete, upload, parts, status=400, message=f"{len(CONTENT)} were declared")
    parts.append(client.part(upload, 2, PIECES[1]))
    client.complete(upload, parts)
    assert store.get(upload["key"])[0] == CONTENT


# --- complete --------------------------------------------------------------------------------------------------------

@GENERATIONS
def test_a_repeat_answers_the_same(sites, generation):
    client = generation(through(sites["nginx"]))
    upload = client.create("a.txt")
    parts = [client.part(upload, 1, CONTENT)]
    answer = client.complete(upload, parts)
    assert client.complete(upload, parts) == answer
    assert client.fetch("POST", client.path(upload, "/complete"), {}) == answer


def test_without_a_list(install, store):
    installation = install()
    send = straight(installation.start())
    client = uppy.Companion51(send)
    upload = client.create("a.txt")
    for number, data in reversed(list(enumerate(PIECES, 1))):
        client.part(upload, number, data)
    status, _, body = send("POST", "/s3" + client.path(upload, "/complete"), {}, None)
    assert status == 200, body
    assert store.get(upload["key"])[0] == CONTENT


def test_then_completed_as_ever(install, store):
    """Uppy's own completion is S3's; the site's is another request, as for every other upload."""
    installation = install()
    program = installation.start()
    client = uppy.Companion51(straight(program))
    upload, _ = client.upload("Moria gate.txt", PIECES, "text/plain")
    reply = program.post_json({"key": upload["key"], "filename": "Moria gate.txt"})
    assert reply.is_success, reply
    assert store.get(reply.json["key"], "storage")[0] == CONTENT


def test_completed_at_once(install, store):
    hook = Hook(HOOK_SECRET)
    try:
        installation = install(hook.address, rules={"complete_on_multipart": True})
        client = uppy.Companion51(straight(installation.start()))
        before = {key for key in store.keys("storage") if not key.startswith(CLAIMS)}
        upload, answer = client.upload("Moria gate.txt", PIECES, "text/plain")
        assert answer["key"] == upload["key"] and answer["success"] is True and answer["size"] == len(CONTENT)
        assert answer["storage_bucket"] == "storage" and answer["name"] == "Moria gate.txt"
        stored, head = store.get(answer["storage_key"], "storage")
        assert stored == CONTENT and head["ContentType"] == "text/plain"
        assert hook.deliveries[0].data()["key"] == answer["storage_key"] and not hook.problems()
        # A repeat, also by another process and after the upload is gone, is the same answer and no second object.
        other = uppy.Rewrite(straight(installation.start()))
        assert other.complete(upload, [{"PartNumber": 1, "ETag": "x"}]) == answer
        store.client.delete_object(Bucket="uploads", Key=upload["key"])
        assert other.complete(upload, [{"PartNumber": 1, "ETag": "x"}]) == answer
        after = {key for key in store.keys("storage") if not key.startswith(CLAIMS)}
        assert after - before == {answer["storage_key"]} and len(hook.deliveries) == 1
    finally:
        hook.stop()


def test_the_site_is_asked_first(install, s3):
    hook = Hook(HOOK_SECRET)
    try:
        hook.say((200, {"maxSize": len(CONTENT) - 1}))
        installation = install(hook.address)
        installation.values["hook"]["authorize"] = True
        installation.write()
        client = uppy.Companion51(straight(installation.start()))
        upload = client.create("a.txt", "text/plain")
        asked = hook.deliveries[0]
        assert asked.event["type"] == "upload.signing" and asked.data()["key"] == upload["key"]
        assert asked.data()["name"] == "a.txt" and asked.data()["type"] == "text/plain"
        # What the site said is in the ticket: it is not asked again before the end.
        hook.say((422, {"error": "No balrogs."}))
        parts = [client.part(upload, number, data) for number, data in enumerate(PIECES, 1)]
        fails(client.complete, upload, parts, status=400, message=f"at most {len(CONTENT) - 1} bytes")
        fails(client.create, "a.txt", status=403, message="No balrogs.")
        assert len(hook.deliveries) == 2 and not hook.problems()
        answer = gateway.client(s3["url"]).list_multipart_uploads(Bucket=s3["uploads"], Prefix=upload["key"])
        assert not answer.get("Uploads")
    finally:
        hook.stop()


def test_the_site_says_no(install, store):
    hook = Hook(HOOK_SECRET)
    try:
        hook.say((422, {"error": "No balrogs."}))
        installation = install(hook.address, rules={"complete_on_multipart": True})
        client = uppy.Companion51(straight(installation.start()))
        upload = client.create("a.txt")
        parts = [client.part(upload, 1, CONTENT)]
        for _ in range(2):
            fails(client.complete, upload, parts, status=422, message="No balrogs.")
    finally:
        hook.stop()
