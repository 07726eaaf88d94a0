"""The bare calls of a completion, signed and written out before anybody looks at a clock, and the program that sends them."""

import datetime
import hashlib
import hmac
import struct
import subprocess
import urllib.parse

from contestants import Failed, cpu_clock

ALGORITHM = "AWS4-HMAC-SHA256"


class Signer:
    """Signature version 4 in the headers, for an S3 with paths on 127.0.0.1."""

    def __init__(self, port, region, access, secret):
        self.host, self.region, self.access, self.secret = f"127.0.0.1:{port}", region, access, secret

    def request(self, method, bucket, key, headers=(), body=b""):
        """The bytes to send."""
        moment = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        path = "/" + urllib.parse.quote(f"{bucket}/{key}")
        digest = hashlib.sha256(body).hexdigest()
        fields = {name.lower(): value for name, value in headers}
        fields |= {"host": self.host, "x-amz-date": moment, "x-amz-content-sha256": digest}
        names = ";".join(sorted(fields))
        lines = "".join(f"{name}:{fields[name]}\n" for name in sorted(fields))
        canonical = f"{method}\n{path}\n\n{lines}\n{names}\n{digest}"
        scope = f"{moment[:8]}/{self.region}/s3/aws4_request"
        signed = f"{ALGORITHM}\n{moment}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        link = ("AWS4" + self.secret).encode()
        for part in (*scope.split("/"), signed):
            link = hmac.digest(link, part.encode(), "sha256")
        fields["authorization"] = f"{ALGORITHM} Credential={self.access}/{scope}, SignedHeaders={names}, Signature={link.hex()}"
        if method != "HEAD":
            fields["content-length"] = str(len(body))
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body


def completion(signer, facts, key, etag, target, claim):
    """Ask for the upload, claim it, copy it, ask for the copy, write the verdict on the claim: what cannot be left out.

    `claim` is (key, first body, second body); the two PUTs are the second and the last.
    """
    place, opened, accepted = claim
    tag = hashlib.md5(opened).hexdigest()
    copying = [
        ("x-amz-copy-source", urllib.parse.quote(f"/{facts['uploads']}/{key}")),
        ("x-amz-copy-source-if-match", etag),
        ("x-amz-metadata-directive", "REPLACE"),
        ("x-amz-tagging-directive", "REPLACE"),
        ("content-type", "image/jpeg"),
        ("content-disposition", 'inline; filename="holiday.jpg"'),
        ("x-amz-meta-filename", "holiday.jpg"),
        ("x-amz-meta-user", "frodo"),
        ("x-amz-meta-source-etag", etag),
    ]
    json = ("content-type", "application/json")
    storage = facts["storage"]
    return [
        signer.request("HEAD", facts["uploads"], key),
        signer.request("PUT", storage, place, [json, ("if-none-match", "*")], opened),
        signer.request("PUT", storage, target, copying),
        signer.request("HEAD", storage, target),
        signer.request("PUT", storage, place, [json, ("if-match", tag)], accepted),
    ]


class Replay:
    """replay.c, running."""

    def __init__(self, program, port):
        self.process = subprocess.Popen([program, str(port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def send(self, requests):
        """Seconds of each request, and seconds of CPU of them all."""
        self.process.stdin.write(struct.pack("=I", len(requests)))
        for request in requests:
            self.process.stdin.write(struct.pack("=I", len(request)) + request)
        self.process.stdin.flush()
        count = len(requests)
        form = f"={count}q{count}Iq"
        told = self.process.stdout.read(struct.calcsize(form))
        if len(told) < struct.calcsize(form):
            raise Failed(f"replay ended with {self.process.wait()}")
        values = struct.unpack(form, told)
        if any(status not in (200, 204) for status in values[count:-1]):
            raise Failed(f"the bare calls got {values[count:-1]}")
        return [value / 1e9 for value in values[:count]], values[-1] / 1e9

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(20)


def cpu_of(pids):
    return sum(map(cpu_clock, pids))
