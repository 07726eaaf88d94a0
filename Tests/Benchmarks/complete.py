"""What a completion costs: beside the bare calls to S3, beside `aws s3 cp`, in memory, and to those who wait."""

import argparse
import contextlib
import functools
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).parent
END_TO_END = HERE.parent / "EndToEndTests"
sys.path[1:1] = [str(END_TO_END), str(END_TO_END / "lib"), str(END_TO_END / "s3")]

import fastcgi  # noqa: E402
import gateway as s3_gateway  # noqa: E402
import results  # noqa: E402
import s3_calls  # noqa: E402
import sign_request  # noqa: E402
from contestants import WORKERS, Failed  # noqa: E402
from faults import responder  # noqa: E402
from faults import store as faults  # noqa: E402
from results import Measured, say  # noqa: E402

MIB = 1 << 20
FULL = dict(pairs=200, large=512 * MIB, copies=5, memory=3, rounds=21, signs=200)
SMOKE = dict(pairs=10, large=16 * MIB, copies=1, memory=1, rounds=1, signs=50)
HUGE = 6 << 30
PERMITTED = WORKERS - 4  # the most that talk to S3 at once

AIM_CALLS = 1.3  # times the bare calls
AIM_COPY = 1.0  # times aws s3 cp
AIM_MEMORY = 1.1  # times the peak of 1 MB
AIM_WAIT = 2.0  # times an idle server


class Desk:
    """One running program over one kept connection."""

    def __init__(self, program):
        self.program = program
        self.connection = fastcgi.Connection(str(program.socket), timeout=600)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.__exit__()

    def complete(self, key, etag):
        """Seconds until the answer of success is there, and the answer."""
        body = completion(key, etag)
        request = fastcgi.head(responder.parameters(length=len(body))) + fastcgi.body(body)
        began = time.perf_counter()
        self.connection.send(request)
        status, answer = self.connection.answer()
        took = time.perf_counter() - began
        if status != 200 or json.loads(answer).get("success") is not True:
            raise Failed(f"a completion got {status}: {answer[:300]!r}; {self.program.text()[-500:]}")
        return took, json.loads(answer)


def completion(key, etag=None):
    """The body that says that an upload is complete."""
    fields = dict(key=key, uuid="0f8fad5b-d9cb-469f-a165-70867728950e", name=key.rpartition("/")[2], bucket="uploads")
    return responder.form(**fields, etag=etag)


# (a) beside the bare calls


def beside_bare_calls(gateway, plan, replay_program, measured):
    facts, client = gateway.facts, gateway.client
    signer = s3_calls.Signer(facts["port"], facts["region"], facts["keeper_key"], facts["keeper_secret"])
    with contextlib.ExitStack() as stack:
        replay = stack.enter_context(s3_calls.Replay(replay_program, facts["port"]))
        program = stack.enter_context(gateway.installation()).start()
        desk = stack.enter_context(Desk(program))
        # What S3 keeps is as long as what the program writes there.
        client.put_object(Bucket="uploads", Key="frodo/first/holiday.jpg", Body=b"first", ContentType="image/jpeg")
        desk.complete("frodo/first/holiday.jpg", None)
        claims = client.list_objects_v2(Bucket="storage", Prefix=".countersign/claims/")["Contents"]
        accepted = max((client.get_object(Bucket="storage", Key=one["Key"])["Body"].read() for one in claims), key=len)
        opened = accepted[: accepted.index(b'"answer"')]

        def ours(key, etag, number):
            before, own = s3_calls.cpu_of(gateway.pids), s3_calls.cpu_of([program.pid])
            wall, _ = desk.complete(key, etag)
            time.sleep(0.005)  # what follows the answer belongs to it
            return wall, 0, s3_calls.cpu_of([program.pid]) - own, s3_calls.cpu_of(gateway.pids) - before

        def bare(key, etag, number):
            claim = f".countersign/claims/{number:064x}/{etag}", opened, accepted
            requests = s3_calls.completion(signer, facts, key, etag, f"frodo/{number:032x}.jpg", claim)
            before = s3_calls.cpu_of(gateway.pids)
            walls, cpu = replay.send(requests)
            time.sleep(0.005)
            return sum(walls), walls[1] + walls[4], cpu, s3_calls.cpu_of(gateway.pids) - before

        for number in range(-5, plan["pairs"]):
            found = {}
            order = [("countersign", ours), ("bare calls", bare)]
            for name, one in order if number % 2 else reversed(order):
                key = f"frodo/{name[0]}{number}/holiday.jpg"
                answer = client.put_object(Bucket="uploads", Key=key, Body=os.urandom(1000), ContentType="image/jpeg")
                found[name] = one(key, answer["ETag"].strip('"'), number + 5)
            if number < 0:
                continue  # connections, keys and pages of memory
            puts = found["bare calls"][1]
            for name, (wall, _, cpu, s3) in found.items():
                measured.add("wall", name, wall)
                measured.add("wall aside", name, wall - puts)
                measured.add("cpu", name, cpu)
                measured.add("s3 cpu", name, s3)


# (b) a large object


def beside_aws(gateway, plan, measured, notes):
    facts, client = gateway.facts, gateway.client
    if not shutil.which("aws"):
        notes.append("aws s3 cp: skipped, awscli is not installed")
    key = "frodo/large/film.bin"
    piece = os.urandom(min(plan["large"], 64 * MIB))
    upload = client.create_multipart_upload(Bucket="uploads", Key=key, ContentType="application/octet-stream")["UploadId"]
    parts = []
    for number in range(1, plan["large"] // len(piece) + 1):
        tag = client.upload_part(Bucket="uploads", Key=key, UploadId=upload, PartNumber=number, Body=piece)["ETag"]
        parts.append({"PartNumber": number, "ETag": tag})
    client.complete_multipart_upload(Bucket="uploads", Key=key, UploadId=upload, MultipartUpload={"Parts": parts})
    client.put_object(Bucket="uploads", Key="frodo/small", Body=b"x")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
        "AWS_ACCESS_KEY_ID": facts["keeper_key"],
        "AWS_SECRET_ACCESS_KEY": facts["keeper_secret"],
        "AWS_DEFAULT_REGION": facts["region"],
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
        # Newer ones ask for checksums that this gateway does not know.
        "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
        "AWS_RESPONSE_CHECKSUM_VALIDATION": "when_required",
    }

    def aws(source):
        command = ["aws", "s3", "cp", f"s3://uploads/{source}", "s3://storage/by-aws", "--only-show-errors"]
        began = time.perf_counter()
        done = subprocess.run([*command, "--endpoint-url", facts["url"]], env=environment, capture_output=True, timeout=600)
        took = time.perf_counter() - began
        if done.returncode != 0:
            raise Failed(f"aws s3 cp: {done.stderr[-500:]!r}")
        if client.head_object(Bucket="storage", Key="by-aws")["ContentLength"] != (plan["large"] if source == key else 1):
            raise Failed("aws s3 cp copied something else")
        return took

    # Below 20 MiB only the lowest threshold makes parts.
    threshold = "5MiB" if plan["large"] <= 256 * MIB else "256MiB"
    with contextlib.ExitStack() as stack:
        program = stack.enter_context(gateway.installation(storage={"part_copy_threshold": threshold})).start()
        desk = stack.enter_context(Desk(program))

        def ours():
            own = s3_calls.cpu_of([program.pid])
            took, answer = desk.complete(key, None)
            if client.head_object(Bucket="storage", Key=answer["key"])["ContentLength"] != plan["large"]:
                raise Failed("the copy has another size")
            measured.add("large cpu", "countersign", s3_calls.cpu_of([program.pid]) - own)
            return took

        for number in range(plan["copies"]):
            order = ["countersign", "aws s3 cp"] if number % 2 else ["aws s3 cp", "countersign"]
            for name in order:
                if name == "countersign":
                    measured.add("large", name, ours())
                elif shutil.which("aws"):
                    start = aws("frodo/small")
                    took = aws(key)
                    measured.add("large", name, took)
                    measured.add("large aside", name, took - start)
                gateway.sweep()
            measured.add("large aside", "countersign", measured["large"]["countersign"][-1])


# (c) memory


def peaks(plan, measured):
    for _ in range(plan["memory"]):
        for name, size in (("6 GiB", HUGE), ("1 MB", 10**6)):
            with work_alike(deadline=120, rules={"max_size": "10GiB"}) as (store, installation):
                etag = store.put("uploads", "frodo/1/film.bin", faults.Sparse("film", size), content_type="video/mp4").etag
                program = installation.start()
                with Desk(program) as desk:
                    desk.complete("frodo/1/film.bin", etag)
                measured.add("peak", name, program.peak() * 1024)
                kinds = {call.operation for call in store.calls}
                if ("UPLOADPARTCOPY" in kinds) != (size == HUGE):
                    raise Failed(f"{name} was copied by {kinds}")


# (d) slow completions


def signs(connection, count):
    """Sorted wall times of so many signatures, one after the other."""
    walls = []
    for _ in range(count):
        body = sign_request.policy()
        request = fastcgi.head(sign_request.parameters(body)) + fastcgi.body(body)
        began = time.perf_counter()
        connection.send(request)
        status, answer = connection.answer()
        walls.append(time.perf_counter() - began)
        sign_request.check(body, status, answer)
    return sorted(walls)


def beside_slow_ones(plan, measured):
    server = {"workers": WORKERS, "mount": sign_request.MOUNT}
    with work_alike(deadline=120, server=server, uploads={"access_key_id": sign_request.KEY_ID}) as (store, installation):
        installation.secret("uploads", sign_request.SECRET)
        program = installation.start()
        go = threading.Event()
        held = threading.Semaphore(0)

        def hold(_):
            held.release()
            go.wait(60)

        number = 0
        with fastcgi.Connection(str(program.socket), timeout=60) as connection:
            signs(connection, 20)
            for _ in range(plan["rounds"]):
                walls = signs(connection, plan["signs"])
                measured.add("sign p50", "idle", walls[len(walls) // 2])
                measured.add("sign p95", "idle", walls[len(walls) * 95 // 100])
                go.clear()
                store.heal()
                store.fail("COPY", before=hold)
                answers, threads = [], []
                for _ in range(WORKERS):
                    number += 1
                    store.put("uploads", f"frodo/{number}/a.jpg", b"%d" % number, content_type="image/jpeg")

                    def complete(key=f"frodo/{number}/a.jpg"):
                        answers.append(program.post(completion(key), timeout=90).status)

                    threads.append(threading.Thread(target=complete))
                    threads[-1].start()
                try:
                    if not all(held.acquire(timeout=30) for _ in range(PERMITTED)):
                        raise Failed(f"not {PERMITTED} completions at once: {answers}; {program.text()[-500:]}")
                    walls = signs(connection, plan["signs"])
                finally:
                    go.set()
                    for thread in threads:
                        thread.join()
                if answers.count(200) < PERMITTED or set(answers) - {200, 503}:
                    raise Failed(f"the slow completions got {answers}; {program.text()[-500:]}")
                while held.acquire(blocking=False):
                    pass
                measured.add("sign p50", "beside them", walls[len(walls) // 2])
                measured.add("sign p95", "beside them", walls[len(walls) * 95 // 100])


# the parts


@contextlib.contextmanager
def work_alike(deadline, **sections):
    """The store of the tests, and a configuration that uses it."""
    store = faults.Store(dict([responder.UPLOADER, responder.KEEPER]))
    installation = responder.Installation(store.url, deadline=deadline, **sections)
    try:
        yield store, installation
        if store.errors:
            raise Failed(f"the work-alike: {store.errors[:3]}")
    finally:
        installation.close()
        store.stop()


class Gateway:
    """Ceph's, as the tests have it."""

    def __init__(self, directory):
        self.directory = directory / "s3"
        self.command = [sys.executable, str(END_TO_END / "s3/gateway.py")]

    def __enter__(self):
        subprocess.run([*self.command, "up", str(self.directory)], check=True, stdout=subprocess.DEVNULL, timeout=180)
        self.facts = json.loads((self.directory / "s3.json").read_text())
        lines = map(str.split, (self.directory / "pids").read_text().splitlines())
        self.pids = [int(pid) for pid, name in lines if name in ("mon", "osd", "rgw")]
        self.client = s3_gateway.client(self.facts["url"])
        return self

    def __exit__(self, *_):
        subprocess.run([*self.command, "down", str(self.directory)], check=True, timeout=60)

    @contextlib.contextmanager
    def installation(self, **sections):
        facts = self.facts
        storage = {"access_key_id": facts["keeper_key"], **sections.pop("storage", {})}
        made = responder.Installation(
            facts["url"], deadline=300, uploads={"access_key_id": facts["uploader_key"]}, storage=storage, **sections
        )
        made.secret("uploads", facts["uploader_secret"])
        made.secret("storage", facts["keeper_secret"])
        try:
            yield made
        finally:
            made.close()

    def sweep(self):
        """Removes all that was copied, and its memory."""
        for one in self.client.list_objects_v2(Bucket="storage").get("Contents", []):
            self.client.delete_object(Bucket="storage", Key=one["Key"])
        collect = ["radosgw-admin", "-c", str(self.directory / "ceph.conf"), "--no-mon-config", "-n", "client.rgw"]
        subprocess.run([*collect, "gc", "process", "--include-all"], check=True, capture_output=True, timeout=120)


CALLS = [
    ("wall", "wall time of a completion, ms", 1e3, "{:.2f}"),
    ("wall aside", "the same, the claim's two PUTs aside, ms", 1e3, "{:.2f}"),
    ("cpu", "CPU of the program, µs", 1e6, "{:.0f}"),
    ("s3 cpu", "CPU of S3, ms", 1e3, "{:.2f}"),
]
COPIES = [
    ("large", "wall time of the copy, s", 1, "{:.2f}"),
    ("large aside", "the same, aws's own start aside, s", 1, "{:.2f}"),
    ("large cpu", "CPU of the program, ms", 1e3, "{:.1f}"),
]
PEAKS = [("peak", "peak memory (VmHWM), MB", 1e-6, "{:.2f}")]
WAITS = [
    ("sign p50", "wall time of a sign, median, ms", 1e3, "{:.3f}"),
    ("sign p95", "wall time of a sign, 95 %, ms", 1e3, "{:.3f}"),
]


def report(measured, notes, plan, smoke):
    results.title("completion", smoke)
    size = f"{plan['large'] // MIB} MiB"
    for what, rows, names in (
        ("1000 bytes; bare calls: HEAD, PUT, copy, HEAD, PUT, signed before", CALLS, ["countersign", "bare calls"]),
        (f"{size} from bucket to bucket", COPIES, ["countersign", "aws s3 cp"]),
        ("a process that completes one object", PEAKS, ["6 GiB", "1 MB"]),
        (f"a sign beside {WORKERS} completions with {WORKERS} workers and a silent S3", WAITS, ["beside them", "idle"]),
    ):
        if rows[0][0] in measured:
            print(f"\n{what}")
            results.table(measured, rows, names, names[-1])
    print()
    for note in notes:
        print(note)
    ours = functools.partial(measured.against, "countersign")
    beside = functools.partial(measured.against, "beside them")
    results.aims(
        [
            ("completion ≤ 1.3 × bare calls, PUTs aside", ours("wall aside", AIM_CALLS, "{:.2f}", "bare calls")),
            ("copy of a large object ≤ 1.0 × aws s3 cp", ours("large", AIM_COPY, "{:.2f}", "aws s3 cp")),
            ("peak memory of 6 GiB ≤ 1.1 × 1 MB", measured.against("6 GiB", "peak", AIM_MEMORY, "{:.2f}", "1 MB")),
            ("sign beside slow ones ≤ 2 × idle, median", beside("sign p50", AIM_WAIT, "{:.2f}", "idle")),
            ("sign beside slow ones ≤ 2 × idle, 95 %", beside("sign p95", AIM_WAIT, "{:.2f}", "idle")),
        ]
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--countersign", required=True, help="path of the program")
    parser.add_argument("--tools", required=True, help="directory of the built replay")
    parser.add_argument("--directory", required=True, help="an empty directory")
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--only", default="calls,copy,memory,waits", help="parts, with commas")
    parser.add_argument("--json", help="also write every value there")
    options = parser.parse_args()
    plan = SMOKE if options.smoke else FULL
    parts = set(options.only.split(","))
    os.environ["COUNTERSIGN"] = options.countersign
    measured, notes = Measured(), []
    try:
        if parts & {"calls", "copy"}:
            with Gateway(pathlib.Path(options.directory)) as gateway:
                if "calls" in parts:
                    say("completions beside the bare calls")
                    beside_bare_calls(gateway, plan, f"{options.tools}/replay", measured)
                    gateway.sweep()
                if "copy" in parts:
                    say("a large object beside aws s3 cp")
                    beside_aws(gateway, plan, measured, notes)
        if "memory" in parts:
            say("peak memory")
            peaks(plan, measured)
        if "waits" in parts:
            say("signs beside slow completions")
            beside_slow_ones(plan, measured)
    finally:
        responder.forget_shared_program()
    report(measured, notes, plan, options.smoke)
    results.keep(measured, options.json)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("benchmarks: stopped"))
    try:
        main()
    except (Failed, OSError, subprocess.SubprocessError, sign_request.WrongAnswer) as failure:
        sys.exit(f"benchmarks: {failure}")
