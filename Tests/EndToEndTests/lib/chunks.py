"""A client that uploads in parts as Fine Uploader does: it has every request signed, then sends it to S3 itself."""

import datetime
import hashlib
import json
import re
from urllib.parse import quote

import requests

from uploads import FINE_UPLOADER, login

XML = "application/xml; charset=UTF-8"


def by_segment(key):
    """As Fine Uploader since 5.11.9."""
    return quote(key, safe="/")


def by_component(key):
    """As Fine Uploader before that: JavaScript's encodeURIComponent."""
    return quote(key, safe="!'()*")


class ChunkedUpload:
    """One object on its way; `virtual` where the bucket is in the host's name."""

    def __init__(self, s3, site, key, version, user="frodo", virtual=False, spell=by_segment):
        self.s3, self.site, self.version, self.user, self.virtual = s3, site, version, user, virtual
        self.path = spell(key)
        self.host = f"{s3['uploads']}.localhost:{s3['port']}"
        self.id = None

    def request(self, method, query, content_type="", body=b"", more=None, change=lambda text: text):
        """Has the request signed, sends it, and gives S3's answer; None where it was not signed."""
        now = datetime.datetime.now(datetime.timezone.utc)
        headers = dict(more or {})
        if self.version == 2:
            headers["x-amz-date"] = f"{now:%a, %d %b %Y %H:%M:%S GMT}"
            lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
            text = f"{method}\n\n{content_type}\n\n{lines}/{self.s3['uploads']}/{self.path}?{query}"
            authorization = f"AWS {self.s3['uploader_key']}:{{}}"
        else:
            payload = hashlib.sha256(body).hexdigest()
            headers.update({"host": self.host, "x-amz-content-sha256": payload, "x-amz-date": f"{now:%Y%m%dT%H%M%SZ}"})
            lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
            names = ";".join(sorted(headers))
            scope = f"{now:%Y%m%d}/{self.s3['region']}/s3/aws4_request"
            text = "\n".join(["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, method, "/" + self.path,
                              query + "=" * (query == "uploads"), lines, names, payload])
            authorization = (f"AWS4-HMAC-SHA256 Credential={self.s3['uploader_key']}/{scope},"
                             f"SignedHeaders={names},Signature={{}}")
        self.answer = sign_text(self.site.url, change(text), self.version, self.user)
        if self.answer.status_code != 200:
            return None
        headers["Authorization"] = authorization.format(self.answer.json()["signature"])
        if content_type:
            headers["Content-Type"] = content_type
        return self.send(method, query, headers, body)

    def send(self, method, query, headers, body=b""):
        self.sent = method, query, headers
        if self.virtual:
            url, headers = f"{self.s3['url']}/{self.path}?{query}", {**headers, "Host": self.host}
        else:
            url = f"{self.s3['url']}/{self.s3['uploads']}/{self.path}?{query}"
        return requests.request(method, url, data=body, headers=headers, timeout=30, allow_redirects=False)

    def initiate(self, content_type="text/plain", name="note.txt", change=lambda text: text):
        more = {"x-amz-acl": "private", "x-amz-meta-qqfilename": quote(name, safe="!'()*")}
        answer = self.request("POST", "uploads", content_type, more=more, change=change)
        if answer is not None and answer.status_code == 200:
            self.id = re.search("<UploadId>(.*)</UploadId>", answer.text).group(1)
        return answer

    def part(self, number, body, change=lambda text: text):
        return self.request("PUT", f"partNumber={number}&uploadId={self.id}", body=body, change=change)

    def complete(self, etags):
        parts = "".join(f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"
                        for number, etag in enumerate(etags, 1))
        body = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()
        return self.request("POST", f"uploadId={self.id}", XML, body)

    def abort(self):
        return self.request("DELETE", f"uploadId={self.id}")


def sign_text(url, text, version, user="frodo"):
    """POST sign with a request of a chunked upload, and its answer."""
    return requests.post(url + "/upload/sign" + ("?v4=true" if version == 4 else ""),
                         data=json.dumps({"headers": text}), headers={**FINE_UPLOADER, **login(user)}, timeout=30)
