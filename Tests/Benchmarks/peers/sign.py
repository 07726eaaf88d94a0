"""The peer under uWSGI: the sign request's job as a Python programmer would write it (WSGI, standard library)."""

import base64
import hashlib
import hmac
import json
import os
import re
import time
from calendar import timegm

BUCKET = os.environ["SIGN_BUCKET"]
KEY_ID = os.environ["SIGN_KEY_ID"]
REGION = os.environ["SIGN_REGION"]
SECRET = os.environ["SIGN_SECRET"]

MAX_SIZE = 5 * 1024**3
NO_MAXIMUM = 9007199254740992
ALLOWED = frozenset(
    """acl bucket key content-type success_action_status success_action_redirect
    x-amz-algorithm x-amz-credential x-amz-date content-length-range""".split()
)
META = re.compile(r"x-amz-meta-[a-z0-9_-]{1,64}")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
KEY = re.compile(r"[\w.@+ -]+")
SIGNING_KEYS = {}


class Refused(Exception):
    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


def hmac_sha256(key, text):
    return hmac.digest(key, text.encode(), "sha256")


def signing_key(day):
    if day not in SIGNING_KEYS:
        key = b"AWS4" + SECRET.encode()
        for part in (day, REGION, "s3", "aws4_request"):
            key = hmac_sha256(key, part)
        SIGNING_KEYS.clear()
        SIGNING_KEYS[day] = key
    return SIGNING_KEYS[day]


def length_range(condition):
    minimum, maximum = (str(bound) for bound in condition[1:])
    if not (minimum.isdecimal() and maximum.isdecimal()):
        raise Refused(400, "content-length-range should be two numbers")
    minimum, maximum = int(minimum), int(maximum)
    if maximum == NO_MAXIMUM:
        maximum = MAX_SIZE
    if minimum > maximum or maximum > MAX_SIZE:
        raise Refused(400, "The file is too large")
    return [condition[0], minimum, maximum]


def authorize(policy, user, now):
    """The conditions to sign, or Refused."""
    if not isinstance(policy, dict) or not isinstance(policy.get("conditions"), list):
        raise Refused(400, "Not a policy")
    seen, conditions = {}, []
    for condition in policy["conditions"]:
        if isinstance(condition, dict) and len(condition) == 1:
            ((element, value),) = condition.items()
        elif isinstance(condition, list) and len(condition) == 3:
            if condition[0] == "content-length-range":
                condition = length_range(condition)
                element, value = condition[0], ""
            elif condition[0] == "eq" and str(condition[1]).startswith("$"):
                element, value = condition[1][1:], condition[2]
            else:
                raise Refused(400, "Operator not allowed")
        else:
            raise Refused(400, "Not a condition")
        name = element.lower()
        if name in seen:
            raise Refused(400, f"{name}: given twice")
        if name not in ALLOWED and not META.fullmatch(name):
            raise Refused(400, f"{name}: invalid element name")
        if not isinstance(value, str) or CONTROL.search(value):
            raise Refused(400, f"{name}: invalid value")
        seen[name] = value
        conditions.append(condition)
    for name in ("acl", "bucket", "key"):
        if name not in seen:
            raise Refused(400, f"Required condition is missing: {name}")
    if seen["bucket"] != BUCKET:
        raise Refused(403, f"Bucket should be {BUCKET}")
    if seen["acl"] != "private":
        raise Refused(403, "ACL should be 'private'")
    key, prefix = seen["key"], user + "/"
    if not key.startswith(prefix):
        raise Refused(403, f"Key should start with {prefix}")
    if len(key.encode()) > 1024 or not KEY.fullmatch(key, len(prefix)):
        raise Refused(400, "Invalid key")
    if seen.get("success_action_status", "200") not in ("200", "201", "204"):
        raise Refused(400, "success_action_status should be 200, 201 or 204")
    if "content-length-range" not in seen:
        conditions.append(["content-length-range", 0, MAX_SIZE])

    moment = seen.get("x-amz-date", "")
    try:
        spans = ((0, 4), (4, 6), (6, 8), (9, 11), (11, 13), (13, 15))
        instant = timegm(tuple(int(moment[start:end]) for start, end in spans))
    except ValueError:
        instant = 0
    if len(moment) != 16 or moment[8] != "T" or moment[15] != "Z" or abs(instant - now) > 900:
        raise Refused(400, "x-amz-date is too far from now")
    day = moment[:8]
    if seen.get("x-amz-algorithm") != "AWS4-HMAC-SHA256":
        raise Refused(400, "Not our algorithm")
    if seen.get("x-amz-credential") != f"{KEY_ID}/{day}/{REGION}/s3/aws4_request":
        raise Refused(400, "Not our credential")
    return conditions, day


def dumps(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def sign(environ):
    user = environ.get("REMOTE_USER", "")
    if not user:
        raise Refused(403, "Log in before uploading")
    if environ.get("HTTP_SEC_FETCH_SITE", "same-origin") != "same-origin":
        raise Refused(403, "Not from this site")
    try:
        policy = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
    except ValueError:
        raise Refused(400, "Not JSON") from None
    now = int(time.time())
    conditions, day = authorize(policy, user, now)
    decoded = {"expiration": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now + 300)), "conditions": conditions}
    text = base64.b64encode(dumps(decoded))
    signature = hmac.new(signing_key(day), text, hashlib.sha256).hexdigest()
    return {"policy": text.decode(), "signature": signature, "policy_decoded": decoded}


def application(environ, start_response):
    try:
        status, value = "200 OK", sign(environ)
    except Refused as refusal:
        status = "403 Forbidden" if refusal.status == 403 else "400 Bad Request"
        value = {"invalid": True, "success": False, "error": str(refusal)}
    body = dumps(value)
    start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
