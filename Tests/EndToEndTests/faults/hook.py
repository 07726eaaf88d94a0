"""A site's webhook that can answer in every way; it checks who calls and that a repeat says it is one.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hashlib
import hmac
import json
import time

from faults.wire import Answer, Fault, Server

TOLERANCE = 300  # seconds between a call's timestamp and our clock


class Delivery:
    """One call as it came, and what is wrong with it."""

    def __init__(self, request, secret, clock):
        self.request = request
        self.id = request.header("webhook-id") or ""
        self.status = None
        self.problem = self.check(request, secret, clock)
        try:
            self.event = json.loads(request.body)
        except ValueError:
            self.event, self.problem = {}, self.problem or "the body is not JSON"

    def check(self, request, secret, clock):
        stamp = request.header("webhook-timestamp") or ""
        given = (request.header("webhook-signature") or "").split()
        if request.method != "POST":
            return f"{request.method} instead of POST"
        if not self.id or "." in self.id:
            return "no usable webhook-id"
        if not stamp.isdigit() or abs(int(stamp) - clock()) > TOLERANCE:
            return f"webhook-timestamp {stamp!r}"
        message = f"{self.id}.{stamp}.".encode() + request.body
        right = base64.b64encode(hmac.new(secret, message, hashlib.sha256).digest()).decode()
        if f"v1,{right}" not in given:
            return "wrong webhook-signature"
        return None

    def data(self):
        return self.event.get("data", self.event)


class Hook(Server):
    """`secret` is the `whsec_…` of the configuration. It accepts unless `answers` says otherwise: one each, the last
    one for ever."""

    def __init__(self, secret, clock=time.time):
        self.secret, self.clock = base64.b64decode(secret.removeprefix("whsec_")), clock
        self.deliveries = []
        self.answers = []
        super().__init__()

    @property
    def address(self):
        return self.url + "/completed"

    def say(self, *answers):
        """Each is a status and a body (JSON or bytes), and perhaps headers and a fault."""
        with self.lock:
            self.answers = list(answers)

    def exchange(self, connection, request):
        delivery = Delivery(request, self.secret, self.clock)
        with self.lock:
            self.deliveries.append(delivery)
            given = (self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]) if self.answers else (200, {})
        status, body, headers, fault = (*given, *((None,) * (4 - len(given))))
        if callable(body):
            body = body(delivery)
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        headers = dict({"Content-Type": "application/json"}, **(headers or {}))
        delivery.status = status
        self.deliver(connection, request, Answer(status, list(headers.items()), body), fault or Fault())
        if fault and fault.afterwards:
            fault.afterwards(delivery)

    def problems(self):
        return [each.problem for each in self.deliveries if each.problem]

    def ids(self):
        return {each.id for each in self.deliveries}
