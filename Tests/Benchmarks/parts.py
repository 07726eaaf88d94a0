"""What the URL of one part costs: the bare hashes, our library, our responder, boto3."""

import argparse
import contextlib
import hashlib
import hmac
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.parse

HERE = pathlib.Path(__file__).parent
END_TO_END = HERE.parent / "EndToEndTests"
sys.path[1:1] = [str(END_TO_END), str(END_TO_END / "lib")]

import fastcgi  # noqa: E402
import results  # noqa: E402
from contestants import Failed, cpu_clock  # noqa: E402
from faults import responder  # noqa: E402
from faults import store as faults  # noqa: E402
from results import Measured, say  # noqa: E402

FULL = dict(rounds=11, parts=10_000, boto3=500, singles=500, callgrind=(1000, 5000))
SMOKE = dict(rounds=1, parts=2000, boto3=50, singles=50, callgrind=(100, 300))
BATCH = 10_000

REGION = "eu-west-1"
BUCKET = "uploads"
KEY_ID = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
KEY = "frodo/0d1f5e2a-7c3b-4b8e-9a6d-52f0c1e4b7a9/The Shire.mp4"
# As long as those of S3 are.
UPLOAD_ID = "VXBsb2FkIElEIGZvciA2aWWpbmcncyBteS1tb3ZpZS5tMnRzIHVwbG9hZA" + "_.kQm7TzR4" * 7

AIM_BARE = 3.0  # times the bare hashes
AIM_BOTO3 = 50.0  # times less than boto3


class Boto3:
    name = "boto3"

    def __init__(self):
        import boto3
        from botocore.config import Config

        self.client = boto3.client(
            "s3",
            region_name=REGION,
            aws_access_key_id=KEY_ID,
            aws_secret_access_key=SECRET,
            endpoint_url=f"https://s3.{REGION}.amazonaws.com",
            config=Config(signature_version="s3v4", s3={"addressing_style": "virtual"}),
        )

    def url(self, number):
        given = {"Bucket": BUCKET, "Key": KEY, "UploadId": UPLOAD_ID, "PartNumber": number}
        return self.client.generate_presigned_url("upload_part", Params=given, ExpiresIn=300)

    def measure(self, count, moment):
        start = time.process_time()
        for number in range(1, count + 1):
            self.url(number)
        return (time.process_time() - start) / count


class Program:
    """One that tells its CPU time and what it made last."""

    def command(self, count, moment):
        raise NotImplementedError

    def run(self, count, moment):
        done = subprocess.run(self.command(count, moment), capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise Failed(f"{self.name} ended with {done.returncode}: {done.stderr}")
        return done.stdout.split()

    def signature(self, count, moment):
        return self.run(count, moment)[-1].rpartition("=")[2]

    def measure(self, count, moment):
        return int(self.run(count, moment)[0]) / 1e9 / count

    def instructions(self, few, many, moment, directory):
        def collected(count):
            out = f"--callgrind-out-file={directory / 'callgrind.out'}"
            command = ["valgrind", "--tool=callgrind", out, *self.command(count, moment)]
            done = subprocess.run(command, capture_output=True, text=True, timeout=300)
            found = re.search(r"Collected : (\d+)", done.stderr)
            if done.returncode != 0 or not found:
                raise Failed(f"{self.name} under callgrind: {done.stderr[-500:]}")
            return int(found[1])

        return (collected(many) - collected(few)) / (many - few)


class Bare(Program):
    name = "bare hashes"

    def __init__(self, binary):
        self.binary = binary

    def command(self, count, moment):
        scope = f"{moment[:8]}/{REGION}/s3/aws4_request"
        query = {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": f"{KEY_ID}/{scope}",
            "X-Amz-Date": moment,
            "X-Amz-Expires": "300",
            "X-Amz-SignedHeaders": "host",
        }
        text = urllib.parse.urlencode(query, quote_via=urllib.parse.quote)
        head = f"PUT\n/{urllib.parse.quote(KEY)}\n{text}&partNumber="
        host = f"{BUCKET}.s3.{REGION}.amazonaws.com"
        tail = f"&uploadId={UPLOAD_ID}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD"
        link = ("AWS4" + SECRET).encode()
        for part in scope.split("/"):
            link = hmac.digest(link, part.encode(), hashlib.sha256)
        return [self.binary, head, tail, f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n", link.hex(), str(count)]


class Library(Program):
    name = "countersign"

    def __init__(self, binary):
        self.binary = binary

    def command(self, count, moment):
        return [self.binary, moment, REGION, KEY_ID, SECRET, KEY, UPLOAD_ID, str(count)]


class Desk:
    """The running program, and an upload in parts that it has begun."""

    def __init__(self, stack, binary):
        os.environ["COUNTERSIGN"] = binary
        stack.callback(responder.forget_shared_program)
        store = faults.Store(dict([responder.UPLOADER, responder.KEEPER]))
        stack.callback(store.stop)
        installation = responder.Installation(store.url)
        stack.callback(installation.close)
        self.program = installation.start()
        self.connection = stack.enter_context(fastcgi.Connection(str(self.program.socket), timeout=60))
        wish = json.dumps({"filename": "The Shire.mp4", "type": "video/mp4"}).encode()
        begun = json.loads(
            self.ask(wish, method="POST", route="/s3/multipart", content_type="application/json", length=len(wish))
        )
        self.route = f"/s3/multipart/{urllib.parse.quote(begun['uploadId'], safe='')}"
        self.key = urllib.parse.quote(begun["key"], safe="")

    def ask(self, body, **given):
        self.connection.send(fastcgi.head(responder.parameters(**given)) + fastcgi.body(body))
        status, answer = self.connection.answer()
        if status != 200:
            raise Failed(f"{given} got {status}: {answer[:300]!r}; {self.program.text()[-500:]}")
        return answer

    def get(self, which, more=""):
        return self.ask(b"", method="GET", route=f"{self.route}/{which}", query=f"key={self.key}{more}", content_type=None)

    def batch(self):
        """Seconds of wall time and of CPU, and the answer."""
        before, began = cpu_clock(self.program.pid), time.perf_counter()
        answer = self.get("batch", f"&partNumbers=1-{BATCH}")
        took = time.perf_counter() - began
        time.sleep(0.02)  # what a worker does after its answer belongs to the request
        return took, cpu_clock(self.program.pid) - before, answer

    def singles(self, count):
        """Seconds of CPU for one URL, asked for alone."""
        before = cpu_clock(self.program.pid)
        for number in range(1, count + 1):
            self.get(number)
        time.sleep(0.02)
        return (cpu_clock(self.program.pid) - before) / count


def check_batch(answer):
    """Every part has its URL, and the signature of each is right."""
    urls = json.loads(answer)["presignedUrls"]
    if list(map(int, urls)) != list(range(1, BATCH + 1)):
        raise Failed(f"not the URLs of {BATCH} parts: {list(urls)[:20]}")
    for number, url in urls.items():
        parts = urllib.parse.urlsplit(url)
        query, _, signature = parts.query.rpartition("&X-Amz-Signature=")
        given = dict(urllib.parse.parse_qsl(query))
        canonical = "\n".join(["PUT", parts.path, "&".join(sorted(query.split("&"))), f"host:{parts.netloc}", ""])
        digest = hashlib.sha256(f"{canonical}\nhost\nUNSIGNED-PAYLOAD".encode()).hexdigest()
        access, _, scope = given["X-Amz-Credential"].partition("/")
        link = ("AWS4" + dict([responder.UPLOADER])[access]).encode()
        for part in (*scope.split("/"), f"AWS4-HMAC-SHA256\n{given['X-Amz-Date']}\n{scope}\n{digest}"):
            link = hmac.digest(link, part.encode(), hashlib.sha256)
        if link.hex() != signature or given["partNumber"] != number:
            raise Failed(f"wrong: {url}")


def check(boto3, programs):
    """All must sign as boto3 does."""
    for number in (1, 9, 10, 10_000):
        url = boto3.url(number)
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)
        moment, right = query["X-Amz-Date"][0], query["X-Amz-Signature"][0]
        for one in programs:
            if one.signature(number, moment) != right:
                raise Failed(f"{one.name} signs part {number} as {one.signature(number, moment)}; boto3: {right}, {url}")
    return moment


ROWS = [
    ("instructions", "instructions a part, library", 1, "{:,.0f}"),
    ("cpu", "CPU a part, library, µs", 1e6, "{:.2f}"),
    ("rate", "parts a second of CPU, library", 1, "{:,.0f}"),
    ("batch cpu", "CPU a part, responder, in a batch of 10,000, µs", 1e6, "{:.2f}"),
    ("single cpu", "CPU a part, responder, asked for alone, µs", 1e6, "{:.1f}"),
    ("batch wall", "wall time of a batch of 10,000, ms", 1e3, "{:.1f}"),
    ("batch bytes", "bytes of a batch of 10,000", 1, "{:,.0f}"),
]


def rounds(plan, bare, library, boto3, desk, moment, measured):
    check_batch(desk.batch()[2])
    desk.singles(20)
    for number in range(plan["rounds"]):
        say(f"CPU of part URLs, round {number + 1} of {plan['rounds']}")
        for one in [bare, library, boto3, desk] if number % 2 else [desk, boto3, library, bare]:
            if one is desk:
                wall, cpu, answer = desk.batch()
                measured.add("batch wall", library.name, wall)
                measured.add("batch cpu", library.name, cpu / BATCH)
                measured.add("batch bytes", library.name, len(answer))
                measured.add("single cpu", library.name, desk.singles(plan["singles"]))
                continue
            cost = one.measure(plan["boto3"] if one is boto3 else plan["parts"], moment)
            measured.add("cpu", one.name, cost)
            measured.add("rate", one.name, 1 / cost)
            if one is not library:
                measured.add("batch cpu", one.name, cost)


def report(measured, notes, library, boto3, bare, smoke):
    results.title("part URLs", smoke)
    print(f"version 4, a key of {len(KEY)} bytes, an upload's id of {len(UPLOAD_ID)}, {len(boto3.url(BATCH))} bytes a URL")
    print()
    results.table(measured, ROWS, [library.name, boto3.name, bare.name], bare.name)
    print()
    for note in notes:
        print(note)

    def ours(row):
        return measured.against(library.name, row, AIM_BARE, "{:.2f}", bare.name)

    def times(row):
        factor = measured.ratio(row, boto3.name, library.name)
        return f"{factor:.0f}", factor >= AIM_BOTO3

    results.aims(
        [
            ("library, CPU ≤ 3 × bare hashes", ours("cpu")),
            ("library, instructions ≤ 3 × bare hashes", ours("instructions")),
            ("library, boto3's CPU ≥ 50 × ours", times("cpu")),
            ("responder's batch, CPU ≤ 3 × bare hashes", ours("batch cpu")),
            ("responder's batch, boto3's CPU ≥ 50 × ours", times("batch cpu")),
        ]
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--countersign", required=True, help="path of the program")
    parser.add_argument("--part-urls", required=True, help="path of the release build of Tests/PartURLs")
    parser.add_argument("--tools", required=True, help="directory of the built part_floor")
    parser.add_argument("--directory", required=True, help="an empty directory")
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--json", help="also write every value there")
    options = parser.parse_args()
    plan = SMOKE if options.smoke else FULL
    measured, notes = Measured(), []
    bare, library, boto3 = Bare(f"{options.tools}/part_floor"), Library(options.part_urls), Boto3()
    moment = check(boto3, [bare, library])
    with contextlib.ExitStack() as stack:
        rounds(plan, bare, library, boto3, Desk(stack, options.countersign), moment, measured)
    if shutil.which("valgrind"):
        for one in (bare, library):
            say(f"instructions of {one.name}")
            cost = one.instructions(*plan["callgrind"], moment, pathlib.Path(options.directory))
            measured.add("instructions", one.name, cost)
    else:
        notes.append("instructions: skipped, valgrind is not installed")
    report(measured, notes, library, boto3, bare, options.smoke)
    results.keep(measured, options.json)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("benchmarks: stopped"))
    try:
        main()
    except (Failed, OSError, subprocess.SubprocessError) as failure:
        sys.exit(f"benchmarks: {failure}")
