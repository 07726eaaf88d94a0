"""The one request that is measured, and the check that an answer to it is right."""

import base64
import datetime
import hashlib
import hmac
import json

USER = "frodo"
BUCKET = "uploads"
REGION = "us-east-1"
KEY_ID = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
MOUNT = "/upload"
POLICY_LENGTH = 544


class WrongAnswer(Exception):
    """A contestant that does not do the job; it is not measured."""


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def policy():
    """The body that Fine Uploader 5 posts for one JPEG with signature version 4, valid now: 544 bytes."""
    now = datetime.datetime.now(datetime.timezone.utc)
    moment = now.strftime("%Y%m%dT%H%M%SZ")
    expiration = (now + datetime.timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%S.000Z")

    def document(name):
        return compact(
            {
                "expiration": expiration,
                "conditions": [
                    {"acl": "private"},
                    {"bucket": BUCKET},
                    {"Content-Type": "image/jpeg"},
                    {"success_action_status": "200"},
                    {"x-amz-algorithm": "AWS4-HMAC-SHA256"},
                    {"key": f"{USER}/0d1f5e2a-7c3b-4b8e-9a6d-52f0c1e4b7a9.jpeg"},
                    {"x-amz-credential": f"{KEY_ID}/{moment[:8]}/{REGION}/s3/aws4_request"},
                    {"x-amz-date": moment},
                    {"x-amz-meta-qqfilename": name},
                    ["content-length-range", "0", "52428800"],
                ],
            }
        )

    name = "The%20Shire%20" + "x" * 200 + ".jpeg"
    name = name.replace("x" * 200, "x" * (200 - (len(document(name)) - POLICY_LENGTH)))
    return document(name).encode()


def parameters(body, port=8080):
    """The FastCGI parameters that nginx sends for that request, in its order."""
    target = f"{MOUNT}/sign"
    return {
        "QUERY_STRING": "v4=true",
        "REQUEST_METHOD": "POST",
        "CONTENT_TYPE": "application/json; charset=utf-8",
        "CONTENT_LENGTH": str(len(body)),
        "SCRIPT_NAME": target,
        "PATH_INFO": "",
        "REQUEST_URI": f"{target}?v4=true",
        "DOCUMENT_URI": target,
        "DOCUMENT_ROOT": "/var/www/html",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REQUEST_SCHEME": "http",
        "GATEWAY_INTERFACE": "CGI/1.1",
        "SERVER_SOFTWARE": "nginx/1.22.1",
        "REMOTE_ADDR": "127.0.0.1",
        "REMOTE_PORT": "40000",
        "SERVER_ADDR": "127.0.0.1",
        "SERVER_PORT": str(port),
        "SERVER_NAME": "localhost",
        "REDIRECT_STATUS": "200",
        "REMOTE_USER": USER,
        **{"HTTP_" + name.upper().replace("-", "_"): value for name, value in headers(body, port)},
        "HTTP_PROXY": "",
    }


def headers(body, port):
    """The HTTP headers that a browser sends with it."""
    return [
        ("Host", f"127.0.0.1:{port}"),
        ("Connection", "keep-alive"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-cache"),
        ("X-Requested-With", "XMLHttpRequest"),
        (
            "User-Agent",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
        ),
        ("Accept", "application/json"),
        ("Content-Type", "application/json; charset=utf-8"),
        ("Origin", f"http://127.0.0.1:{port}"),
        ("Sec-Fetch-Site", "same-origin"),
        ("Sec-Fetch-Mode", "cors"),
        ("Sec-Fetch-Dest", "empty"),
        ("Referer", f"http://127.0.0.1:{port}/"),
        ("Accept-Encoding", "gzip, deflate, br"),
        ("Accept-Language", "en-GB,en;q=0.9"),
        ("Authorization", "Basic ZnJvZG86bWVsbG9u"),
    ]


def http(body, port):
    """The request as bytes of HTTP."""
    lines = [f"POST {MOUNT}/sign?v4=true HTTP/1.1", *(f"{name}: {value}" for name, value in headers(body, port))]
    return "\r\n".join([*lines, "", ""]).encode() + body


def signature(text, day):
    key = b"AWS4" + SECRET.encode()
    for part in (day, REGION, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def comparable(conditions):
    """Conditions with the numbers of a range as texts: a server may write 0 where the client wrote "0"."""
    return [[str(part) for part in one] if isinstance(one, list) else one for one in conditions]


def check(sent, status, answer):
    """Raises WrongAnswer unless `answer` is the signed form of the policy `sent`."""
    if status != 200:
        raise WrongAnswer(f"status {status}: {answer[:300]!r}")
    try:
        value = json.loads(answer)
        text, decoded = value["policy"], value["policy_decoded"]
        signed = json.loads(base64.b64decode(text, validate=True))
        expiration = datetime.datetime.strptime(signed["expiration"][:19], "%Y-%m-%dT%H:%M:%S")
        conditions = json.loads(sent)["conditions"]
        day = next(one["x-amz-date"] for one in conditions if "x-amz-date" in one)[:8]
        right = signature(text, day)
    except (ValueError, KeyError, TypeError) as problem:
        raise WrongAnswer(f"{problem!r} in {answer[:300]!r}") from problem
    if value["signature"] != right:
        raise WrongAnswer(f"signature {value['signature']}, should be {right}")
    if signed != decoded:
        raise WrongAnswer("policy_decoded is not what is signed")
    if comparable(signed["conditions"]) != comparable(conditions):
        raise WrongAnswer(f"other conditions than were sent: {signed['conditions']}")
    left = expiration - datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
    if not 0 < left.total_seconds() <= 3600:
        raise WrongAnswer(f"expires in {left}")


def model_answer(sent):
    """A right answer, whose length the floor's constant has where ours is not measured."""
    decoded = json.loads(sent)
    decoded["expiration"] = decoded["expiration"][:19] + "Z"
    text = base64.b64encode(compact(decoded).encode()).decode()
    return compact({"policy": text, "signature": "0" * 64, "policy_decoded": decoded}).encode()
