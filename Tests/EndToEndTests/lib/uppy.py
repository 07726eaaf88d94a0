"""Uppy's uploads in parts as its plugins send them, three generations; a failure is what their users would see.

`send(method, path, headers, body)` carries a request to the site and gives (status, headers, body).
"""

import json
from urllib.parse import quote

import requests


class Failure(Exception):
    """What the plugin reports: the message and, where there was an answer, its status."""

    def __init__(self, message, status=None):
        super().__init__(message)
        self.message, self.status = message, status


def put(url, data):
    """A part's PUT: no headers of the plugin's own. Gives the ETag as S3 wrote it."""
    response = requests.put(url, data=data, timeout=30)
    if response.status_code != 200:
        raise Failure(response.text, response.status_code)
    return response.headers["ETag"]


class Companion51:
    """@uppy/aws-s3 5.1 with its companion-client: every 2xx must be JSON, an `error` in it is a failure."""

    slash = ""  # what the plugin leaves at the end of its endpoint
    version_header = {}
    strict = True

    def __init__(self, send):
        self.send = send

    def fetch(self, method, path, value=None):
        headers = {"Accept": "application/json", **self.version_header}
        body = None
        if value is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(value).encode()
        status, _, text = self.send(method, self.slash + "/s3" + path, headers, body)
        return self.read(status, text)

    def read(self, status, text):
        if status == 401:
            raise Failure("Authorization required", status)
        if not 200 <= status < 300:
            message = json.loads(text)["message"]  # Companion's own errors have none, and so users never see them
            raise Failure(message, status)
        value = json.loads(text)
        if isinstance(value, dict) and value.get("error"):
            raise Failure(value["message"], status)
        return value

    @staticmethod
    def path(upload, rest=""):
        return f"/multipart/{quote(upload['uploadId'], safe='')}{rest}?key={quote(upload['key'], safe='')}"

    @staticmethod
    def metadata(meta):
        return {name: str(value) for name, value in meta.items() if value is not None}

    def create(self, name, content_type=None, **meta):
        meta = {"name": name, "type": content_type, **meta}
        body = {"filename": name, "type": content_type, "metadata": self.metadata(meta)}
        upload = self.fetch("POST", "/multipart", body)
        assert upload["key"] and upload["uploadId"]
        return {"key": upload["key"], "uploadId": upload["uploadId"]}  # all that is kept over a reload

    def sign(self, upload, number):
        answer = self.fetch("GET", self.path(upload, f"/{number}"))
        assert isinstance(answer["expires"], int)
        return answer["url"]

    def list(self, upload):
        parts = self.fetch("GET", self.path(upload))
        assert all(type(part["PartNumber"]) is int and isinstance(part["ETag"], str) for part in parts)
        return parts

    def part(self, upload, number, data):
        return {"PartNumber": number, "ETag": put(self.sign(upload, number), data)}

    def complete(self, upload, parts):
        return self.fetch("POST", self.path(upload, "/complete"), {"parts": parts})

    def abort(self, upload):
        self.fetch("DELETE", self.path(upload))

    def upload(self, name, pieces, content_type=None, **meta):
        upload = self.create(name, content_type, **meta)
        parts = [self.part(upload, number, data) for number, data in enumerate(pieces, 1)]
        answer = self.complete(upload, parts)
        assert answer["location"]
        return upload, answer


class Companion3(Companion51):
    """3.x before 3.3: asks which headers may go along, names its version, signs in batches."""

    version_header = {"Uppy-Versions": "@uppy/companion-client=3.1.0"}

    def __init__(self, send):
        super().__init__(send)
        self.asked = False

    def fetch(self, method, path, value=None):
        if not self.asked:
            status, headers, _ = self.send("OPTIONS", "/s3" + path, {}, None)
            assert status in (200, 204)
            allowed = [each.strip().lower() for each in headers["Access-Control-Allow-Headers"].split(",")]
            assert {"accept", "content-type", "uppy-versions"} <= set(allowed)
            self.asked = True
        return super().fetch(method, path, value)

    def sign_all(self, upload, numbers):
        path = self.path(upload, "/batch") + "&partNumbers=" + ",".join(map(str, numbers))
        return self.fetch("GET", path)["presignedUrls"]

    def part(self, upload, number, data):
        return {"PartNumber": number, "ETag": put(self.sign_all(upload, [number])[str(number)], data)}


class Rewrite(Companion51):
    """The coming major version: plain fetch, no Accept, raw metadata, tags without quotes, needs `location` and `key`."""

    slash = "/"

    def fetch(self, method, path, value=None):
        headers, body = {}, None
        if value is not None:
            headers, body = {"content-type": "application/json"}, json.dumps(value).encode()
        status, _, text = self.send(method, self.slash + "/s3" + path, headers, body)
        if not 200 <= status < 300:
            raise Failure(f"Companion request failed: {status}", status)
        return None if method == "DELETE" else json.loads(text)

    @staticmethod
    def metadata(meta):
        return meta

    def part(self, upload, number, data):
        return {"PartNumber": number, "ETag": super().part(upload, number, data)["ETag"].strip('"')}

    def complete(self, upload, parts):
        answer = super().complete(upload, parts)
        assert answer["location"] and answer["key"]
        return answer


GENERATIONS = [Companion3, Companion51, Rewrite]
