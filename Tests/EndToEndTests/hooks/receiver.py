#!/usr/bin/env python3
"""Countersign calls this server when an upload is complete: [hook] url = "http://127.0.0.1:8000/".

Answer 2xx to take the upload (a JSON object is passed on to the page), 422 with {"error": "…"} to refuse it.
Anything else, a crash included, means: ask again later.
"""

import base64
import hashlib
import hmac
import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def verified_event(body, headers, secret, now):
    """The event, or None where the call was not signed with our secret: Standard Webhooks' scheme."""
    stamp = headers.get("webhook-timestamp", "")
    if not (stamp.isascii() and stamp.isdigit()) or abs(now - int(stamp)) > 300:
        return None  # older than five minutes: a replay
    key = base64.b64decode(secret[6:], validate=True) if secret.startswith("whsec_") else secret.encode()
    signed = f"{headers.get('webhook-id', '')}.{stamp}.".encode() + body
    expected = b"v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
    for signature in headers.get("webhook-signature", "").split(" "):
        if hmac.compare_digest(expected, signature.encode("ascii", "replace")):
            return json.loads(body)
    return None


class Receiver(BaseHTTPRequestHandler):
    secret = ""

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        event = verified_event(body, self.headers, self.secret, time.time())
        if event is None:
            return self.answer(401, {"error": "bad signature"})
        # The same upload may be told of more than once, always with this id: do the work once, give the same answer.
        upload_id = self.headers["webhook-id"]
        upload = event["data"]
        if upload["name"].lower().endswith(".exe"):
            return self.answer(422, {"error": "Programs are not welcome here"})
        return self.answer(200, {"photo": hashlib.sha256(upload_id.encode()).hexdigest()[:8]})

    def answer(self, status, members):
        body = json.dumps(members).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    with open(sys.argv[2], encoding="ascii") as file:
        Receiver.secret = file.read().rstrip("\r\n")
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
