"""Policies that the program signed, shown to a real S3: what was granted is stored, anything else is not."""

import base64
import json
import time
import uuid
from pathlib import Path

import pytest
import requests

import servers
from uploads import FINE_UPLOADER, fields, login, new_key, policy, send, sign

VERSIONS = pytest.mark.parametrize("version", [2, 4], ids=["V2", "V4"])
CONTENT = "Speak, friend, and enter.\n".encode()


def granted(url, s3, key, version, **extra):
    document = policy(s3, key, version, **extra)
    response = sign(url, document, version)
    assert response.status_code == 200, response.text
    return document, fields(s3, document, response.json(), version)


# --- accepted ----------------------------------------------------------------------------------------------------------

@VERSIONS
def test_an_upload(site, s3, store, version):
    key = new_key()
    document, form = granted(site.url, s3, key, version)
    assert send(s3, form, CONTENT).status_code == 200
    stored, answer = store.get(key)
    assert stored == CONTENT
    assert answer["ContentType"] == "text/plain"
    assert answer["Metadata"]["qqfilename"] == "note.txt"


@VERSIONS
@pytest.mark.parametrize("name", ["naïve café.txt", "日本語.txt", "a+b&c=d's (1)!.txt", "📦.txt"])
def test_a_file_name_as_key(sites, s3, store, version, name):
    key = f"frodo/{uuid.uuid4()} {name}"
    document, form = granted(sites["nginx"].url, s3, key, version)
    assert send(s3, form, CONTENT).status_code == 200
    assert store.get(key)[0] == CONTENT


@VERSIONS
def test_a_bucket_addressed_by_host(sites, s3, store, version):
    key = new_key()
    document, form = granted(sites["nginx"].url, s3, key, version)
    response = send(s3, form, CONTENT, url=s3["url"] + "/", headers={"Host": f"uploads.localhost:{s3['port']}"})
    assert response.status_code == 200
    assert store.get(key)[0] == CONTENT


@VERSIONS
def test_a_form_of_an_old_browser(sites, s3, store, version):
    site = sites["nginx"]
    key = new_key()
    page = site.url + "/upload/empty_html"

    def for_an_iframe(conditions):
        kept = [c for c in conditions if not {"Content-Type", "success_action_status"} & set(c)]
        return kept[:2] + [{"success_action_redirect": page}] + kept[2:]

    document = policy(s3, key, version, change=for_an_iframe)
    response = sign(site.url, document, version)
    assert response.status_code == 200, response.text
    answer = send(s3, fields(s3, document, response.json(), version), CONTENT)
    assert answer.status_code in (302, 303)
    assert answer.headers["Location"].startswith(f"{page}?bucket=uploads&key={key.replace('/', '%2F')}&etag=")
    assert requests.get(answer.headers["Location"], timeout=30).status_code == 200
    assert store.get(key)[0] == CONTENT


# Fine Uploader 5.13's requests, recorded from runs of its code; older versions sent fewer headers.
RECORDED = {name: request.get("headers", {}) for name, request in json.loads(
    (Path(__file__).parent / "recorded/sign_requests.json").read_text()).items()}
RECORDED["4.4"] = {name: value for name, value in FINE_UPLOADER.items() if name != "Accept"}
RECORDED["3.8"] = {"Content-Type": FINE_UPLOADER["Content-Type"]}


@VERSIONS
@pytest.mark.parametrize("name", RECORDED)
def test_recorded_requests(sites, s3, store, version, name):
    site = sites["nginx"]
    headers = RECORDED[name]
    if name == "sign_xdr":  # the browser itself adds its origin
        headers = {**headers, "Origin": site.url}
    key = new_key()
    document = policy(s3, key, version)
    response = sign(site.url, json.dumps(document, separators=(",", ":")), version, headers=headers)
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"] == "application/json"
    assert send(s3, fields(s3, document, response.json(), version), CONTENT).status_code == 200
    assert store.get(key)[0] == CONTENT
    empty = sign(site.url, '{"expiration":"e","conditions":[]}', version, headers=headers)
    assert empty.status_code == (200 if name == "sign_xdr" else 400)
    assert empty.json()["errors"]["conditions.key"] == ["Required condition is missing"]


def test_a_request_of_an_xdomainrequest(sites, s3, store):
    """No headers but Origin and Host; errors can be read with 200 only."""
    site = sites["nginx"]
    key = new_key()
    document = policy(s3, key, 2)
    headers = {"Origin": site.url}
    body = json.dumps(document).encode()
    response = requests.post(site.url + "/upload/sign", data=body, headers={**headers, **login("frodo")}, timeout=30)
    assert response.status_code == 200
    assert send(s3, fields(s3, document, response.json(), 2), CONTENT).status_code == 200
    refused = requests.post(site.url + "/upload/sign", data=body, headers={**headers, **login("sam")}, timeout=30)
    assert refused.status_code == 200
    assert refused.json()["error"] == "Key should start with 'sam/'"
    anonymous = requests.post(site.open_url + "/upload/sign", data=body, headers={"Origin": site.open_url}, timeout=30)
    assert anonymous.status_code == 200
    assert anonymous.json()["error"] == "Log in before uploading"


def test_what_is_signed_has_our_own_expiration(sites, s3):
    document = policy(s3, new_key())
    document["expiration"] = "2099-01-01T00:00:00.000Z"
    signed = sign(sites["nginx"].url, document).json()
    decoded = json.loads(base64.b64decode(signed["policy"]))
    assert decoded == signed["policy_decoded"]
    seconds = time.mktime(time.strptime(decoded["expiration"][:19], "%Y-%m-%dT%H:%M:%S")) - time.mktime(time.gmtime())
    assert 290 <= seconds <= 301


# --- refused by S3 -----------------------------------------------------------------------------------------------------

def tamper_policy(form):
    text = base64.b64decode(form["policy"]).replace(b"frodo/", b"sam1x/")
    form["policy"] = base64.b64encode(text).decode()
    form["key"] = form["key"].replace("frodo/", "sam1x/")


def tamper_size(form):
    text = base64.b64decode(form["policy"]).replace(b"1000000", b"9000000")
    form["policy"] = base64.b64encode(text).decode()


def tamper_signature(form):
    name = "signature" if "signature" in form else "x-amz-signature"
    form[name] = ("0" if form[name][0] != "0" else "1") + form[name][1:]


CHANGES = {
    "policy": tamper_policy,
    "policy size": tamper_size,
    "signature": tamper_signature,
    "another key": lambda form: form.update(key="frodo/" + str(uuid.uuid4())),
    "another user's key": lambda form: form.update(key="sam/" + str(uuid.uuid4())),
    "an added field": lambda form: form.update({"x-amz-meta-more": "x"}),
    "an added redirect": lambda form: form.update({"success_action_redirect": "https://elsewhere.example/"}),
    "another acl": lambda form: form.update(acl="public-read"),
    "another type": lambda form: form.update({"Content-Type": "text/html"}),
    "no type": lambda form: form.pop("Content-Type"),
    "no signature": lambda form: [form.pop(name, None) for name in ("signature", "x-amz-signature")],
    "another access key": lambda form: form.update(
        {"AWSAccessKeyId": "KEEPERACCESSKEY00000"} if "AWSAccessKeyId" in form else
        {"x-amz-credential": form["x-amz-credential"].replace("UPLOADERACCESSKEY000", "KEEPERACCESSKEY00000")}),
}


@VERSIONS
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_s3_refuses_anything_but_what_was_signed(sites, s3, store, version, change):
    document, form = granted(sites["nginx"].url, s3, new_key(), version)
    change(form)
    before = store.keys()
    assert send(s3, form, CONTENT).status_code in (400, 403)
    assert store.keys() == before


@VERSIONS
def test_s3_refuses_another_bucket(sites, s3, store, version):
    document, form = granted(sites["nginx"].url, s3, new_key(), version)
    before = store.keys("storage")
    assert send(s3, form, CONTENT, url=f"{s3['url']}/{s3['storage']}").status_code == 403
    assert store.keys("storage") == before


@VERSIONS
def test_s3_refuses_too_large_a_file(sites, s3, store, version):
    document, form = granted(sites["nginx"].url, s3, new_key(), version)
    before = store.keys()
    assert send(s3, form, b"x" * 1_000_001).status_code == 400
    assert store.keys() == before
    assert send(s3, form, b"x" * 1_000_000).status_code == 200


@VERSIONS
def test_a_size_limit_is_added_where_the_client_sends_none(sites, s3, store, version):
    document = policy(s3, new_key(), version, change=lambda conditions: conditions[:-1])
    response = sign(sites["nginx"].url, document, version)
    assert response.status_code == 200, response.text
    form = fields(s3, document, response.json(), version)
    before = store.keys()
    assert send(s3, form, b"x" * (5 * 1024 * 1024 + 1)).status_code == 400
    assert store.keys() == before
    assert send(s3, form, CONTENT).status_code == 200


@VERSIONS
def test_s3_refuses_an_expired_policy(s3, store, version):
    program = servers.Countersign(s3, expires_after=1)
    server = servers.Nginx(program.socket, servers=servers.NGINX_BASIC)
    try:
        program.start()
        server.start()
        document, form = granted(server.url("basic"), s3, new_key(), version)
        time.sleep(2.2)
        before = store.keys()
        assert send(s3, form, CONTENT).status_code in (400, 403)
        assert store.keys() == before
    finally:
        server.stop()
        program.stop()


# --- refused by the program --------------------------------------------------------------------------------------------

def replace(name, value):
    def change(conditions):
        return [{name: value} if name in condition else condition for condition in conditions]
    return change


REFUSED = {
    "another user's key": (replace("key", "sam/x"), 403, "conditions.key"),
    "a key above the prefix": (replace("key", "frodo/../sam/x"), 400, "conditions.key"),
    "a key with a variable": (replace("key", "frodo/${filename}"), 400, "conditions.key"),
    "any key": (lambda c: [["starts-with", "$key", ""] if "key" in x else x for x in c], 400, "conditions.key"),
    "a public acl": (replace("acl", "public-read"), 403, "conditions.acl"),
    "the other bucket": (replace("bucket", "storage"), 403, "conditions.bucket"),
    "an unknown element": (lambda c: c + [{"x-amz-website-redirect-location": "/"}], 400,
                           "conditions.x-amz-website-redirect-location"),
    "an element twice": (lambda c: c + [{"key": "frodo/y"}], 400, "conditions.key"),
    "too large a size": (lambda c: c[:-1] + [["content-length-range", "0", "99000000000"]], 400,
                         "conditions.content-length-range"),
    "another redirect": (lambda c: c + [{"success_action_redirect": "https://elsewhere.example/"}], 400,
                         "conditions.success_action_redirect"),
    "no key": (lambda c: [x for x in c if "key" not in x], 400, "conditions.key"),
}


@VERSIONS
@pytest.mark.parametrize("change, status, element", REFUSED.values(), ids=REFUSED.keys())
def test_the_program_refuses(sites, s3, version, change, status, element):
    response = sign(sites["nginx"].url, policy(s3, new_key(), version, change=change), version)
    assert response.status_code == status, response.text
    body = response.json()
    assert "signature" not in body
    assert body["invalid"] is True and body["success"] is False and body["code"]
    assert body["error"] == body["message"]
    if status == 400:
        assert element in body["errors"]


# --- what the log says -------------------------------------------------------------------------------------------------

def test_the_log_has_no_secret(s3, store):
    program = servers.Countersign(s3)
    server = servers.Nginx(program.socket, servers=servers.NGINX_BASIC)
    try:
        program.start()
        server.start()
        document, form = granted(server.url("basic"), s3, new_key(), 4)
        sign(server.url("basic"), policy(s3, new_key("sam")))
        log = program.log()
        assert form["key"] in log and "frodo" in log
        for secret in (s3["uploader_secret"], s3["keeper_secret"], form["x-amz-signature"], "one ring"):
            assert secret not in log
    finally:
        server.stop()
        assert program.stop() == 0
