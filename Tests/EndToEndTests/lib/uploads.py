"""What clients send: policies as Fine Uploader writes them, forms as browsers post them to S3."""

import base64
import datetime
import json
import uuid

import requests

from servers import PASSWORD

# The headers of Fine Uploader 5.13's own request, recorded from a run of its code.
FINE_UPLOADER = {
    "Accept": "application/json",
    "X-Requested-With": "XMLHttpRequest",
    "Cache-Control": "no-cache",
    "Content-Type": "application/json; charset=utf-8",
}


def login(user):
    """HTTP Basic with the user's name in UTF-8, as browsers send it."""
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{PASSWORD}".encode()).decode()} if user else {}


def prefix(user):
    plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._@+-"
    return "".join(chr(byte) if chr(byte) in plain else f"%{byte:02X}" for byte in user.encode()) + "/"


def new_key(user="frodo", name=".txt"):
    return f"{prefix(user)}{uuid.uuid4()}{name}"


def policy(s3, key, version=4, change=None, **extra):
    """The conditions in Fine Uploader's order; `extra` ones with `_` for `-`; `change` may do anything to the list."""
    now = datetime.datetime.now(datetime.timezone.utc)
    conditions = [{"acl": "private"}, {"bucket": s3["uploads"]}, {"Content-Type": "text/plain"},
                  {"success_action_status": "200"}]
    if version == 4:
        conditions += [{"x-amz-algorithm": "AWS4-HMAC-SHA256"}, {"key": key},
                       {"x-amz-credential": f"{s3['uploader_key']}/{now:%Y%m%d}/{s3['region']}/s3/aws4_request"},
                       {"x-amz-date": f"{now:%Y%m%dT%H%M%SZ}"}]
    else:
        conditions.append({"key": key})
    conditions += [{name.replace("_", "-"): value} for name, value in extra.items()]
    conditions += [{"x-amz-meta-qqfilename": "note.txt"}, ["content-length-range", "0", "1000000"]]
    if change:
        conditions = change(conditions) or conditions
    expiration = now + datetime.timedelta(minutes=5)
    return {"expiration": f"{expiration:%Y-%m-%dT%H:%M:%S}.000Z", "conditions": conditions}


def sign(url, document, version=4, user="frodo", headers=FINE_UPLOADER, mount="/upload"):
    """POST sign, and its answer."""
    body = document if isinstance(document, (bytes, str)) else json.dumps(document)
    return requests.post(url + mount + "/sign" + ("?v4=true" if version == 4 else ""),
                         data=body.encode() if isinstance(body, str) else body,
                         headers={**headers, **login(user)}, timeout=30, allow_redirects=False)


def fields(s3, document, answer, version=4):
    """The form fields that a browser sends with the file: its own values, and what the answer signed."""
    form = {}
    for condition in document["conditions"]:
        if isinstance(condition, dict):
            form.update(condition)
    form["policy"] = answer["policy"]
    if version == 4:
        form["x-amz-signature"] = answer["signature"]
    else:
        form["AWSAccessKeyId"] = s3["uploader_key"]
        form["signature"] = answer["signature"]
    return form


def send(s3, form, content=b"upload me", url=None, headers=None):
    """The browser's POST to S3: every field, then the file."""
    parts = [(name, (None, str(value).encode())) for name, value in form.items()]
    parts.append(("file", ("note.txt", content, "text/plain")))
    return requests.post(url or f"{s3['url']}/{s3['uploads']}", files=parts, headers=headers or {}, timeout=30,
                         allow_redirects=False)
