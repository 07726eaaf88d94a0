"""An S3 in memory that can fail in every way that a real one can.

It checks every signature, keeps conditions atomically, records every request, and breaks the exchanges that a test
names. What it does when nothing is broken is what Amazon documents: ETags in quotes, `If-None-Match` and
`x-amz-copy-source-if-match` honoured, errors as XML, HEAD without a body.
"""

import base64
import calendar
import email.utils
import hashlib
import hmac
import threading
import time
import urllib.parse
import xml.etree.ElementTree
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from faults.wire import Answer, Fault, Server

XML = b'<?xml version="1.0" encoding="UTF-8"?>\n'
NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
SKEW = 900  # seconds that S3 tolerates
CLAIMS = ".countersign/claims/"
PROBE = CLAIMS + "probe"  # written to find out whether conditions count
KEPT = ("content-type", "content-disposition", "cache-control", "content-encoding", "content-language", "expires",
        "x-amz-storage-class", "x-amz-server-side-encryption", "x-amz-acl", "x-amz-tagging")


class Refusal(Exception):
    def __init__(self, status, code, message="x", more=""):
        super().__init__(code)
        self.status, self.code, self.message, self.more = status, code, message, more


def error_body(code, message="x", more="", request_id="REQUESTID0"):
    return XML + (f"<Error><Code>{code}</Code><Message>{escape(message)}</Message>{more}<RequestId>{request_id}"
                  f"</RequestId><HostId>HOSTID0</HostId></Error>").encode()


class Sparse:
    """Bytes that need no memory: so many of one name, from `first` on. As large as S3 may have them."""

    def __init__(self, name, size, first=0):
        self.name, self.size, self.first = name, size, first

    def __len__(self):
        return self.size

    def __getitem__(self, span):
        first, end, _ = span.indices(self.size)
        return Sparse(self.name, max(0, end - first), self.first + first)

    def __bytes__(self):
        """What a reader gets: only ever a few, to learn whether there is something."""
        return bytes(self.size)

    def __eq__(self, other):
        return isinstance(other, Sparse) and repr(self) == repr(other)

    def __repr__(self):
        return f"{self.name}[{self.first}:{self.first + self.size}]"


def joined(pieces):
    """The pieces as one; sparse ones must follow one another."""
    if not isinstance(pieces[0], Sparse):
        return b"".join(pieces)
    whole = pieces[0]
    for piece in pieces[1:]:
        if (piece.name, piece.first) != (whole.name, whole.first + whole.size):
            raise Refusal(500, "OutOfOrder")
        whole = Sparse(whole.name, whole.size + piece.size, whole.first)
    return whole


@dataclass
class Object:
    data: bytes
    headers: dict = field(default_factory=dict)
    etag: str = ""  # without quotes
    modified: float = field(default_factory=time.time)

    def __post_init__(self):
        data = repr(self.data).encode() if isinstance(self.data, Sparse) else self.data
        self.etag = self.etag or hashlib.md5(data).hexdigest()


@dataclass
class Call:
    """One request as it was understood."""

    operation: str
    bucket: str
    key: str
    query: dict
    request: object
    access_key: str = ""
    status: int | None = None
    code: str = ""
    fault: Fault | None = None

    def header(self, name):
        return self.request.header(name)

    @property
    def is_claim(self):
        return self.key.startswith(CLAIMS) and self.key != PROBE

    def __repr__(self):
        return f"{self.operation} {self.bucket}/{self.key} -> {self.status} {self.code}{' (faulted)' if self.fault else ''}"


@dataclass
class Rule:
    matches: object
    fault: Fault
    skip: int = 0
    times: int = -1
    used: int = 0


class Store(Server):
    """`keys` says whose secrets are known, `rights` what each may do: a set of (operation, bucket), or None for all."""

    def __init__(self, keys, buckets=("uploads", "storage"), rights=None, tls=None, clock=time.time):
        self.keys, self.rights, self.clock = keys, rights or {}, clock
        self.buckets = {bucket: {} for bucket in buckets}
        self.multiparts = {}
        self.aborted = []
        self.calls = []
        self.rules = []
        self.ignores_conditions = False
        self.date = None  # what every answer gives as its Date; None: the clock's
        self.number = 0
        self.smallest_part = 5 << 20
        super().__init__(tls=tls)

    # --- what tests say and ask ------------------------------------------------------------------------------------

    def fail(self, operation, *, bucket=None, claim=None, skip=0, times=-1, when=None, **fault):
        """From now on such a call goes wrong: after `skip` good ones, `times` times (-1: for ever)."""
        operations = {operation} if isinstance(operation, str) else set(operation)

        def matches(call):
            return ((call.operation in operations or "*" in operations)
                    and (bucket is None or call.bucket == bucket)
                    and (claim is None or call.is_claim == claim)
                    and (when is None or when(call)))

        rule = Rule(matches, Fault(**fault), skip, times)
        with self.lock:
            self.rules.append(rule)
        return rule

    def heal(self):
        with self.lock:
            self.rules.clear()

    def put(self, bucket, key, data, **headers):
        thing = Object(data, {name.replace("_", "-"): value for name, value in headers.items()})
        with self.lock:
            self.buckets[bucket][key] = thing
        return thing

    def stored(self):
        """What is in the storage bucket, claims aside."""
        with self.lock:
            return {key: each for key, each in self.buckets["storage"].items() if not key.startswith(CLAIMS)}

    def claims(self):
        with self.lock:
            return {key: each for key, each in self.buckets["storage"].items()
                    if key.startswith(CLAIMS) and key != PROBE}

    def count(self, operation, since=0, **more):
        with self.lock:
            return sum(call.operation == operation and all(getattr(call, name) == value for name, value in more.items())
                       for call in self.calls[since:])

    # --- one request -----------------------------------------------------------------------------------------------

    def exchange(self, connection, request):
        call = self.understand(request)
        with self.lock:
            self.number += 1
            number = self.number
            rule = None
            for each in self.rules:
                if each.matches(call):
                    each.used += 1
                    if each.used > each.skip and (each.times < 0 or each.used <= each.skip + each.times):
                        rule = each
                        break
            self.calls.append(call)
        fault = rule.fault if rule else Fault()
        call.fault = rule.fault if rule else None
        self.tell(fault.before, call)
        if fault.hold:
            self.closing.wait(fault.hold)
        answer = self.perform(call) if fault.applies() else Answer()
        self.tell(fault.after, call)
        if fault.status is not None:
            answer = Answer(fault.status, list(answer.headers), fault.body if fault.body is not None else b"")
        elif fault.body is not None:
            answer.body = fault.body
        for name, value in (fault.headers or {}).items():
            answer.headers = [each for each in answer.headers if each[0].lower() != name.lower()]
            if value is not None:
                answer.headers.append((name, value))
        call.status = answer.status
        answer.headers.append(("x-amz-request-id", f"REQUEST{number:09d}"))
        date = self.date or email.utils.formatdate(self.clock(), usegmt=True)
        try:
            self.deliver(connection, request, answer, fault, date)
        finally:
            self.tell(fault.afterwards, call)

    def tell(self, listener, call):
        """A listener that fails must not look like a connection that breaks."""
        if listener:
            try:
                listener(call)
            except Exception as error:
                self.errors.append(repr(error))

    def understand(self, request):
        path, _, query = request.target.partition("?")
        parts = urllib.parse.unquote(path[1:], errors="surrogateescape").split("/", 1)
        pairs = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        bucket, key = parts[0], parts[1] if len(parts) > 1 else ""
        method, source = request.method, request.header("x-amz-copy-source")
        if "uploadId" in pairs:
            name = {"PUT": "UPLOADPARTCOPY" if source else "UPLOADPART", "GET": "LISTPARTS", "POST": "COMPLETE",
                    "DELETE": "ABORT"}.get(method, method)
        elif "uploads" in pairs and method == "POST":
            name = "CREATE"
        elif method == "PUT" and source is not None:
            name = "COPY"
        elif method == "GET" and not key:
            name = "LIST"
        else:
            name = method
        return Call(name, bucket, key, pairs, request)

    def perform(self, call):
        try:
            self.authenticate(call)
            if call.bucket not in self.buckets:
                raise Refusal(404, "NoSuchBucket")
            work = getattr(self, "do_" + call.operation.lower(), None)
            if work is None:
                raise Refusal(405, "MethodNotAllowed")
            with self.lock:
                return work(call)
        except Refusal as refusal:
            call.code = refusal.code
            body = b"" if call.request.method == "HEAD" else error_body(refusal.code, refusal.message, refusal.more)
            return Answer(refusal.status, [("Content-Type", "application/xml")], body)

    # --- signatures: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html -----------------

    def authenticate(self, call):
        request = call.request
        given = request.header("authorization") or ""
        if not given.startswith("AWS4-HMAC-SHA256 "):
            raise Refusal(403, "AccessDenied")
        fields = dict(part.strip().split("=", 1) for part in given[17:].split(","))
        access, date, region, service, end = fields["Credential"].split("/")
        call.access_key = access
        secret = self.keys.get(access)
        if secret is None:
            raise Refusal(403, "InvalidAccessKeyId")
        stamp = request.header("x-amz-date") or ""
        signed = fields["SignedHeaders"].split(";")
        must = {name.lower() for name, _ in request.headers if name.lower().startswith("x-amz-")} | {"host"}
        must |= {name.lower() for name, _ in request.headers if name.lower() in ("content-type", "content-md5")}
        if not must <= set(signed):
            raise Refusal(403, "AccessDenied", "There were headers present in the request which were not signed")
        declared = request.header("x-amz-content-sha256") or ""
        if declared != "UNSIGNED-PAYLOAD" and declared != hashlib.sha256(request.body).hexdigest():
            raise Refusal(400, "XAmzContentSHA256Mismatch")
        path, _, query = request.target.partition("?")
        pairs = sorted(part if "=" in part else part + "=" for part in query.split("&") if part)
        canonical = "\n".join([
            request.method, path, "&".join(pairs),
            *(f"{name}:{' '.join((request.header(name) or '').split())}" for name in signed), "",
            fields["SignedHeaders"], declared])
        scope = f"{date}/{region}/{service}/{end}"
        to_sign = "\n".join(["AWS4-HMAC-SHA256", stamp, scope,
                             hashlib.sha256(canonical.encode("latin-1")).hexdigest()])
        key = ("AWS4" + secret).encode()
        for part in (date, region, service, end, to_sign):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        if service != "s3" or not stamp.startswith(date) or not hmac.compare_digest(key.hex(), fields["Signature"]):
            raise Refusal(403, "SignatureDoesNotMatch", "The request signature we calculated does not match",
                          f"<AWSAccessKeyId>{access}</AWSAccessKeyId><StringToSign>{escape(to_sign)}</StringToSign>"
                          f"<SignatureProvided>{escape(fields['Signature'])}</SignatureProvided>")
        if abs(calendar.timegm(time.strptime(stamp, "%Y%m%dT%H%M%SZ")) - self.clock()) > SKEW:
            raise Refusal(403, "RequestTimeTooSkewed")
        rights = self.rights.get(access)
        if rights is not None and (call.operation, call.bucket) not in rights:
            raise Refusal(403, "AccessDenied")

    # --- operations ------------------------------------------------------------------------------------------------

    def find(self, bucket, key):
        thing = self.buckets.get(bucket, {}).get(key)
        if thing is None:
            raise Refusal(404, "NoSuchKey" if bucket in self.buckets else "NoSuchBucket")
        return thing

    def check_write(self, call):
        if self.ignores_conditions:
            return
        present = self.buckets[call.bucket].get(call.key)
        if call.header("if-none-match") == "*" and present is not None:
            raise Refusal(412, "PreconditionFailed")
        wanted = call.header("if-match")
        if wanted is not None:
            if present is None:
                raise Refusal(404, "NoSuchKey")
            if wanted.strip('"') != present.etag:
                raise Refusal(412, "PreconditionFailed")

    @staticmethod
    def describe(thing):
        return [("ETag", f'"{thing.etag}"'), ("Last-Modified", email.utils.formatdate(thing.modified, usegmt=True)),
                ("Accept-Ranges", "bytes"),
                *((name, value) for name, value in thing.headers.items()
                  if name not in ("x-amz-acl", "x-amz-tagging"))]

    @staticmethod
    def kept(request):
        return {name.lower(): value for name, value in request.headers
                if name.lower() in KEPT or name.lower().startswith("x-amz-meta-")}

    def do_head(self, call):
        thing = self.find(call.bucket, call.key)
        return Answer(200, [*self.describe(thing), ("Content-Length", str(len(thing.data)))])

    def do_get(self, call):
        thing = self.find(call.bucket, call.key)
        wanted = call.header("if-match")
        if wanted is not None and wanted.strip('"') != thing.etag:
            raise Refusal(412, "PreconditionFailed")
        given = call.header("range")
        if given is None:
            return Answer(200, self.describe(thing), thing.data)
        first, _, last = given.removeprefix("bytes=").partition("-")
        first, last = int(first), min(int(last or len(thing.data)), len(thing.data) - 1)
        if first >= len(thing.data):
            raise Refusal(416, "InvalidRange")
        return Answer(206, [*self.describe(thing), ("Content-Range", f"bytes {first}-{last}/{len(thing.data)}")],
                      bytes(thing.data[first:last + 1]))

    def do_put(self, call):
        self.check_write(call)
        thing = Object(call.request.body, self.kept(call.request), modified=self.clock())
        self.buckets[call.bucket][call.key] = thing
        return Answer(200, [("ETag", f'"{thing.etag}"')])

    def source(self, call):
        given = call.header("x-amz-copy-source").partition("?")[0].lstrip("/")
        bucket, _, key = urllib.parse.unquote(given, errors="surrogateescape").partition("/")
        thing = self.find(bucket, key)
        wanted = call.header("x-amz-copy-source-if-match")
        if wanted is not None and wanted.strip('"') != thing.etag:
            raise Refusal(412, "PreconditionFailed")
        return thing

    def do_copy(self, call):
        source = self.source(call)
        if len(source.data) > 5 << 30:
            raise Refusal(400, "InvalidRequest", "The specified copy source is larger than the maximum allowable size")
        self.check_write(call)
        replaces = call.header("x-amz-metadata-directive") == "REPLACE"
        headers = self.kept(call.request) if replaces else dict(source.headers)
        if call.header("x-amz-tagging-directive") != "REPLACE" and "x-amz-tagging" in source.headers:
            headers["x-amz-tagging"] = source.headers["x-amz-tagging"]
        # A copy has the tag of its bytes, also where the source was uploaded in parts.
        thing = Object(source.data, headers, modified=self.clock())
        self.buckets[call.bucket][call.key] = thing
        return Answer(200, [("Content-Type", "application/xml")], copy_result(thing.etag))

    def do_delete(self, call):
        self.buckets[call.bucket].pop(call.key, None)
        return Answer(204)

    def do_list(self, call):
        query = call.query
        if query.get("list-type") != "2":
            raise Refusal(501, "NotImplemented")
        keys = sorted((key for key in self.buckets[call.bucket] if key.startswith(query.get("prefix", ""))),
                      key=lambda key: key.encode(errors="surrogateescape"))
        after = query.get("start-after", "")
        if "continuation-token" in query:
            after = base64.urlsafe_b64decode(query["continuation-token"]).decode()
        keys = [key for key in keys if key > after]
        count = min(int(query.get("max-keys", 1000)), 1000)
        page, rest = keys[:count], keys[count:]
        encoded = query.get("encoding-type") == "url"
        quote = urllib.parse.quote_plus if encoded else escape
        lines = [f"<ListBucketResult {NAMESPACE}><Name>{call.bucket}</Name><KeyCount>{len(page)}</KeyCount>",
                 "<EncodingType>url</EncodingType>" if encoded else "",
                 f"<MaxKeys>{count}</MaxKeys><IsTruncated>{'true' if rest else 'false'}</IsTruncated>"]
        if rest and page:
            lines.append("<NextContinuationToken>" + base64.urlsafe_b64encode(page[-1].encode()).decode()
                         + "</NextContinuationToken>")
        for key in page:
            thing = self.buckets[call.bucket][key]
            lines.append(f"<Contents><Key>{quote(key)}</Key><LastModified>{iso(thing.modified)}</LastModified>"
                         f"<ETag>&quot;{thing.etag}&quot;</ETag><Size>{len(thing.data)}</Size></Contents>")
        return Answer(200, [("Content-Type", "application/xml")],
                      XML + ("".join(lines) + "</ListBucketResult>").encode())

    def do_create(self, call):
        identifier = f"upload-{len(self.multiparts) + len(self.aborted) + 1}"
        self.multiparts[identifier] = {"bucket": call.bucket, "key": call.key, "headers": self.kept(call.request),
                                       "parts": {}}
        return Answer(200, [], XML + (
            f"<InitiateMultipartUploadResult {NAMESPACE}><Bucket>{call.bucket}</Bucket><Key>{escape(call.key)}</Key>"
            f"<UploadId>{identifier}</UploadId></InitiateMultipartUploadResult>").encode())

    def multipart(self, call):
        upload = self.multiparts.get(call.query["uploadId"])
        if upload is None or (upload["bucket"], upload["key"]) != (call.bucket, call.key):
            raise Refusal(404, "NoSuchUpload")
        return upload

    def do_uploadpartcopy(self, call):
        upload, source = self.multipart(call), self.source(call)
        data = source.data
        given = call.header("x-amz-copy-source-range")
        if given:
            first, last = map(int, given.removeprefix("bytes=").split("-"))
            if last >= len(data):
                raise Refusal(400, "InvalidArgument")
            data = data[first:last + 1]
        if len(data) > 5 << 30:
            raise Refusal(400, "InvalidRequest")
        part = Object(data)
        upload["parts"][int(call.query["partNumber"])] = part
        return Answer(200, [], XML + (f"<CopyPartResult {NAMESPACE}><LastModified>{iso(part.modified)}</LastModified>"
                                      f"<ETag>&quot;{part.etag}&quot;</ETag></CopyPartResult>").encode())

    def do_listparts(self, call):
        parts = self.multipart(call)["parts"]
        after, count = int(call.query.get("part-number-marker", 0)), int(call.query.get("max-parts", 1000))
        numbers = [number for number in sorted(parts) if number > after]
        page = numbers[:count]
        lines = [f"<ListPartsResult {NAMESPACE}><UploadId>{call.query['uploadId']}</UploadId>",
                 f"<IsTruncated>{'true' if numbers[count:] else 'false'}</IsTruncated>",
                 f"<NextPartNumberMarker>{page[-1] if page else 0}</NextPartNumberMarker>"]
        lines += [f"<Part><PartNumber>{number}</PartNumber><ETag>&quot;{parts[number].etag}&quot;</ETag>"
                  f"<Size>{len(parts[number].data)}</Size></Part>" for number in page]
        return Answer(200, [], XML + ("".join(lines) + "</ListPartsResult>").encode())

    def do_complete(self, call):
        upload = self.multipart(call)
        self.check_write(call)
        root = xml.etree.ElementTree.fromstring(call.request.body)
        chosen = []
        for part in root:
            values = {child.tag.rpartition("}")[2]: child.text for child in part}
            thing = upload["parts"].get(int(values["PartNumber"]))
            if thing is None or thing.etag != values["ETag"].strip('"'):
                raise Refusal(400, "InvalidPart")
            chosen.append(thing)
        if not chosen:
            raise Refusal(400, "MalformedXML")
        if any(len(part.data) < self.smallest_part for part in chosen[:-1]):
            raise Refusal(400, "EntityTooSmall")
        digest = hashlib.md5(b"".join(bytes.fromhex(part.etag) for part in chosen)).hexdigest()
        thing = Object(joined([part.data for part in chosen]), upload["headers"], f"{digest}-{len(chosen)}",
                       self.clock())
        self.buckets[call.bucket][call.key] = thing
        del self.multiparts[call.query["uploadId"]]
        self.aborted.append(call.query["uploadId"])
        return Answer(200, [], XML + (
            f"<CompleteMultipartUploadResult {NAMESPACE}><Location>x</Location><Bucket>{call.bucket}</Bucket>"
            f"<Key>{escape(call.key)}</Key><ETag>&quot;{thing.etag}&quot;</ETag></CompleteMultipartUploadResult>"
        ).encode())

    def do_abort(self, call):
        self.multipart(call)
        del self.multiparts[call.query["uploadId"]]
        self.aborted.append(call.query["uploadId"])
        return Answer(204)


def iso(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(seconds))


def copy_result(etag):
    return XML + (f"<CopyObjectResult {NAMESPACE}><LastModified>{iso(time.time())}</LastModified>"
                  f"<ETag>&quot;{etag}&quot;</ETag></CopyObjectResult>").encode()


def wait_for(condition, seconds=30):
    end = time.monotonic() + seconds
    while True:
        is_over = time.monotonic() >= end  # before the last look: this process may have been held up since the one before
        if condition():
            return True
        if is_over:
            return False
        threading.Event().wait(0.01)
