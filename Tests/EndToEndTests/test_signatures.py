"""What the program signs, recomputed by Amazon's own client library: policies, requests of chunked uploads and URLs, with
users, keys, names and metadata drawn by a seed.
"""

import base64
import hashlib
import json
import random
import time
import urllib.parse

import pytest
from botocore.auth import HmacV1Auth, HmacV1QueryAuth, S3SigV4Auth, S3SigV4PostAuth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from faults import responder
from faults.responder import UPLOADER

REGION, BUCKET, HOST = "eu-west-1", "uploads", "uploads.s3.eu-west-1.amazonaws.com"
CREDENTIALS = Credentials(*UPLOADER)
USERS = ["frodo", "frodo@example.org", "a.b_c-d+e", "Ünïcødé", "two words", "a/b", "100%", "~tilde", "日本", "x" * 256]
PLAIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._@+-"
KEY = "abcXYZ019-._~:?#[]@!$&'()*+,;= éßÅ日本語한글Ж😀"
ROUNDS = range(40)


@pytest.fixture(scope="module")
def program():
    installation = responder.Installation(f"https://s3.{REGION}.amazonaws.com")
    installation.values["s3"].update(region=REGION, addressing="virtual")
    installation.write()
    try:
        yield installation.start()
    finally:
        output = installation.close()
        responder.forget_shared_program()
    assert not responder.complaints(output, "the log")


def prefix(user):
    """As the documentation has it: every byte outside the list is percent-encoded."""
    return "".join(each if each in PLAIN else urllib.parse.quote(each, safe="") for each in user).replace("~", "%7E") + "/"


def some(chance, letters, most):
    return "".join(chance.choice(letters) for _ in range(chance.randint(1, most)))


def asked(program, user, route, value, query=""):
    reply = program.post_json(value, user=user, route=route, query=query)
    assert reply.status == 200, reply
    return reply.json


def stamped(request, stamp):
    request.context["timestamp"] = stamp
    return request


@pytest.mark.parametrize("seed", ROUNDS)
def test_policies(program, seed):
    chance = random.Random(seed)
    user, version = chance.choice(USERS), chance.choice([2, 4])
    key = prefix(user) + some(chance, KEY, 60) + "x"
    metadata = {f"x-amz-meta-{number}": some(chance, "ab \"\\/<&>%'", 30) for number in range(chance.randint(0, 4))}
    fields = {"acl": "private", "bucket": BUCKET, "key": key, "success_action_status": "201", **metadata}
    now = time.gmtime()
    stamp = time.strftime("%Y%m%dT%H%M%SZ", now)
    if version == 4:
        scope = f"{UPLOADER[0]}/{stamp[:8]}/{REGION}/s3/aws4_request"
        fields.update({"x-amz-algorithm": "AWS4-HMAC-SHA256", "x-amz-credential": scope, "x-amz-date": stamp})
    conditions = [chance.choice([{name: value}, ["eq", f"${name}", value]]) for name, value in fields.items()]
    chance.shuffle(conditions)
    answer = asked(program, user, "/sign", {"conditions": conditions}, "v4=true" if version == 4 else "")

    if version == 4:
        signer = S3SigV4PostAuth(CREDENTIALS, "s3", REGION)
        right = signer.signature(answer["policy"], stamped(AWSRequest(), stamp))
    else:
        right = HmacV1Auth(CREDENTIALS).sign_string(answer["policy"])
    assert answer["signature"] == right
    signed = json.loads(base64.b64decode(answer["policy"]))
    assert signed == answer["policy_decoded"]
    assert signed["conditions"] == [*conditions, ["content-length-range", 0, signed["conditions"][-1][2]]]


@pytest.mark.parametrize("seed", ROUNDS)
def test_chunks(program, seed):
    """The text is botocore's own canonical request, or string to sign of version 2."""
    chance = random.Random(seed)
    user, version = chance.choice(USERS), chance.choice([2, 4])
    key = prefix(user) + some(chance, KEY, 60) + "x"
    upload = "uploadId=" + some(chance, "abcXYZ019-._~", 60)
    method, query = chance.choice([("POST", "uploads"), ("PUT", f"partNumber={chance.randint(1, 10_000)}&{upload}"),
                                   ("POST", upload), ("DELETE", upload)])
    headers, body = {}, b""
    if query == "uploads":
        headers = {"x-amz-acl": "private", "x-amz-meta-qqfilename": urllib.parse.quote(some(chance, KEY, 20))}
    elif method != "DELETE":
        body = chance.randbytes(50)
    path = "/" + urllib.parse.quote(key, safe="/~")
    now = time.gmtime()
    stamp = time.strftime("%Y%m%dT%H%M%SZ", now)
    url = f"https://{HOST}{path}?{query}"
    if version == 4:
        headers.update({"x-amz-date": stamp, "x-amz-content-sha256": hashlib.sha256(body).hexdigest()})
        request = stamped(AWSRequest(method=method, url=url.replace("?uploads", "?uploads="), headers=headers, data=body),
                          stamp)
        signer = S3SigV4Auth(CREDENTIALS, "s3", REGION)
        canonical = signer.canonical_request(request)
        text = "\n".join(["AWS4-HMAC-SHA256", stamp, signer.credential_scope(request), canonical])
        right = signer.signature(signer.string_to_sign(request, canonical), request)
    else:
        headers["x-amz-date"] = time.strftime("%a, %d %b %Y %H:%M:%S GMT", now)
        request = AWSRequest(method=method, url=url, headers=headers)
        signer = HmacV1Auth(CREDENTIALS)
        signer._get_date = lambda: ""  # x-amz-date stands for it
        text = signer.canonical_string(method, urllib.parse.urlsplit(url), request.headers, auth_path=f"/{BUCKET}{path}")
        right = signer.sign_string(text)
    assert asked(program, user, "/sign", {"headers": text}) == {"signature": right}


@pytest.mark.parametrize("seed", ROUNDS)
def test_urls(program, seed):
    """A URL to PUT to, taken apart again: its own parameters and headers give its signature."""
    chance = random.Random(seed)
    user, version = chance.choice(USERS), chance.choice([2, 4])
    wish = {"filename": some(chance, KEY, 30) + ".png", "type": "image/png; charset=\"a b\"",
            "size": chance.randint(1, 1 << 30), "signatureVersion": version,
            "checksum": base64.b64encode(chance.randbytes(16)).decode()}
    answer = asked(program, user, "/upload_uri", wish)
    parts = urllib.parse.urlsplit(answer["upload_uri"])
    assert (parts.netloc, urllib.parse.unquote(parts.path)) == (HOST, "/" + answer["key"])
    assert answer["key"].startswith(prefix(user))
    query = dict(urllib.parse.parse_qsl(parts.query, strict_parsing=True))
    headers = {"content-length": str(wish["size"]), **answer["headers"]}
    if version == 4:
        assert {name.lower() for name in answer["headers"]} <= set(query["X-Amz-SignedHeaders"].split(";"))
        headers = {name: value for name, value in headers.items()
                   if name.lower() in query["X-Amz-SignedHeaders"].split(";")}
        unsigned = "&".join(pair for pair in parts.query.split("&") if not pair.startswith("X-Amz-Signature="))
        request = stamped(AWSRequest(method="PUT", url=parts._replace(query=unsigned).geturl(), headers=headers),
                          query["X-Amz-Date"])
        signer = S3SigV4QueryAuth(CREDENTIALS, "s3", REGION)
        right = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
        assert query["X-Amz-Signature"] == right
    else:
        headers.update({name: value for name, value in query.items() if name.startswith("x-amz-")})
        signer = HmacV1QueryAuth(CREDENTIALS)
        signer._get_date = lambda: query["Expires"]
        request = AWSRequest(method="PUT", headers=headers)
        text = signer.canonical_string("PUT", parts, request.headers, auth_path=f"/{BUCKET}{parts.path}")
        assert query["Signature"] == signer.sign_string(text)
