"""Clients that ask for leave and then send to S3 what they were given leave for, and nothing else."""

import hashlib
import hmac
import re
from datetime import datetime, timezone
from urllib.parse import quote

import requests

import servers
from uploads import login

NGINX = servers.NGINX_BASIC.replace("location ^~ /small/", """location ^~ /put/ {{
            set $countersign_user $remote_user;
            fastcgi_param COUNTERSIGN_PROFILE put;
            include {directory}/countersign.conf;
        }}
        location ^~ /open/ {{
            set $countersign_user $remote_user;
            fastcgi_param COUNTERSIGN_PROFILE open;
            include {directory}/countersign.conf;
        }}
        location ^~ /small/""")

PROFILES = """
[profiles.put]
method = "put"

[profiles.open]
session = true
delete = true
"""


class Desk:
    """One running program and its nginx; `change` makes another configuration of the usual one and the site's URL."""

    def __init__(self, s3, change=lambda text, url: text, more=""):
        self.s3 = s3
        self.program = servers.Countersign(s3)
        template = NGINX.replace("location /own/", more + "\n        location /own/")
        self.server = servers.Nginx(self.program.socket, servers=template)
        self.url = self.server.url("basic")
        self.program.config.write_text(change(self.program.config.read_text() + PROFILES, self.url))

    def start(self):
        self.program.start()
        self.server.start()
        return self

    def stop(self):
        try:
            self.server.stop()
        finally:
            self.program.stop()

    def get(self, path, user="frodo", mount="/upload", headers=None, **query):
        return requests.get(f"{self.url}{mount}/{path}", params=query, headers={**login(user), **(headers or {})},
                            timeout=30, allow_redirects=False)

    def post(self, path, json, user="frodo", mount="/upload", headers=None):
        return requests.post(f"{self.url}{mount}/{path}", json=json, headers={**login(user), **(headers or {})},
                             timeout=30, allow_redirects=False)


def send(leave, content, **changes):
    """What a client does with the answer: a form with its fields in their order, or a PUT with its headers."""
    if leave["method"].lower() == "post":
        fields = {**leave["fields"], **changes.get("fields", {})}
        parts = [(name, (None, value.encode())) for name, value in fields.items() if value is not None]
        return requests.post(leave["url"], files=[*parts, ("file", ("a name", content, "text/html"))], timeout=30,
                             allow_redirects=False)
    headers = {**leave["headers"], **changes.get("headers", {})}
    return requests.put(leave["url"], data=content, headers=headers, timeout=30)


class Evaporate:
    """EvaporateJS 2's requests: path style, version 4, the parts' payload unsigned."""

    def __init__(self, desk, key, user="frodo"):
        self.desk, self.s3, self.key, self.user = desk, desk.s3, key, user
        self.host = desk.s3["url"].split("//")[1]

    def texts(self, method, query, headers=None, payload=b"", path=None):
        date = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        digest = payload if isinstance(payload, str) else hashlib.sha256(payload).hexdigest()
        signed = {"host": self.host, "x-amz-date": date, **(headers or {})}
        lines = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
        path = path or f"/{self.s3['uploads']}/{quote(self.key, safe='/-_.~')}"
        canonical = "\n".join([method, path, query, lines, ";".join(sorted(signed)), digest])
        scope = f"{date[:8]}/{self.s3['region']}/s3/aws4_request"
        to_sign = "\n".join(["AWS4-HMAC-SHA256", date, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        return signed, canonical, to_sign, scope

    def ask(self, to_sign, canonical, user=None):
        more = {"canonical_request": canonical} if canonical is not None else {}
        return self.desk.get("evaporate", user or self.user, to_sign=to_sign, datetime=to_sign.split("\n")[1], **more)

    def request(self, method, query, headers=None, payload=b"", body=None, path=None):
        """The signer's answer, and S3's where it signed."""
        signed, canonical, to_sign, scope = self.texts(method, query, headers, payload, path)
        answer = self.ask(to_sign, canonical)
        if answer.status_code != 200:
            return answer, None
        assert re.fullmatch("[0-9a-f]{64}", answer.text) and answer.headers["Content-Type"].startswith("text/plain")
        digest = canonical.rsplit("\n", 1)[1]
        sent = {name: value for name, value in signed.items() if name != "host"}
        sent["x-amz-content-sha256"] = digest
        sent["Authorization"] = (f"AWS4-HMAC-SHA256 Credential={self.s3['uploader_key']}/{scope}, "
                                 f"SignedHeaders={';'.join(sorted(signed))}, Signature={answer.text}")
        url = f"{self.s3['url']}{canonical.split(chr(10))[1]}" + (f"?{query}" if query else "")
        data = body if body is not None else payload if isinstance(payload, bytes) and payload else None
        return answer, requests.request(method, url, data=data, headers=sent, timeout=30)


def expected_signature(s3, to_sign):
    """What the secret key itself makes of a string to sign."""
    key = ("AWS4" + s3["uploader_secret"]).encode()
    for part in to_sign.split("\n")[2].split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
