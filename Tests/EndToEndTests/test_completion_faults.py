"""Every fault that S3, the hook, the disk or the clock can do to a completion, and what must come out of it.

The list with the reasons is faults/completion_faults.json. Each fault has a store, a hook and processes of its own, so
they run side by side; every test then asks the storage bucket how many objects there are, posts again, and reads all
that was printed for secrets.
"""

import concurrent.futures
import contextlib
import hashlib
import itertools
import json
import re
import signal
import threading
import time
from pathlib import Path

import pytest

import processes
from faults import certificates, clock, responder
from faults.hook import Hook
from faults.responder import HOOK_SECRET, KEEPER, UPLOADER, Installation, Unanswered, complaints
from faults.store import CLAIMS, Object, Sparse, Store, error_body, wait_for
from faults.wire import Fault, Trap

LIST = json.loads((Path(__file__).parent / "faults/completion_faults.json").read_text())
FAULTS = {fault["name"]: fault for fault in next(each for each in LIST.values() if isinstance(each, list)
                                                 and isinstance(each[0], dict))}
AT_ONCE = 14  # faults that run side by side
DEADLINE = 20  # seconds, of every program unless it is what ends a fault: more than the busiest machine needs
SLACK = 5  # seconds that an answer may be late on a busy machine
PATIENCE = 60  # seconds in which a repeat must have ended well, where a deadline is short
PEAK = 96 << 10  # KiB of memory that no completion may need
DESCRIPTORS = 64
INVALID = "Invalid key or bad ETag"
KEY = "frodo/6a3c1b/holiday.jpg"
EMPTY = "d41d8cd98f00b204e9800998ecf8427e"  # the tag in the list's made-up answers
RIGHTS = {UPLOADER[0]: {("PUT", "uploads"), ("ABORT", "uploads")}}


class Case:
    """One fault's surroundings: a store with an upload in it, a hook, a configuration, and processes."""

    def __init__(self, name, deadline=DEADLINE, hook=True, tls=None, endpoint=None, environment=None, ahead=None,
                 size=3000, start=True, error_log=None, **sections):
        self.name, self.deadline = name, deadline
        self.patience = 0 if deadline >= DEADLINE else PATIENCE
        self.over = []
        self.clock = None
        directory = processes.temporary_directory()
        self.over.append(lambda: processes.remove(directory))
        if ahead is not None:
            if clock.library() is None:
                pytest.skip("no C compiler for a clock of the program's own")
            self.clock = clock.Clock(directory, ahead)
            environment = dict(environment or {}, **self.clock.environment())
        now = self.clock.now if self.clock else time.time
        self.store = Store({access: secret for access, secret in (UPLOADER, KEEPER)}, rights=RIGHTS, tls=tls, clock=now)
        self.over.append(self.store.stop)
        self.hook = Hook(HOOK_SECRET, clock=now) if hook else None
        if hook:
            self.over.append(self.hook.stop)
        self.upload = self.store.put("uploads", KEY, hashlib.shake_256(name.encode()).digest(size),
                                     content_type="image/jpeg")
        self.installation = Installation(endpoint or self.store.url, self.hook.address if hook else None, deadline,
                                         **sections)
        self.replies, self.problems = [], []
        self.environment, self.error_log = environment, error_log
        self.responder = None
        if start:
            try:
                self.start()
            except BaseException:
                self.close()
                raise

    def start(self):
        self.responder = self.installation.start(environment=self.environment, error_log=self.error_log)
        return self.responder

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        output = self.close()
        if kind is None:
            problems = complaints(output, "the log")
            for reply in self.replies:
                problems += complaints(reply.raw.decode("latin-1"), "an answer")
            for path, claim in self.store.claims().items():
                problems += complaints(path + claim.data.decode("latin-1"), "a claim")
            assert not problems + self.problems
            assert not self.store.errors
            if self.hook:
                assert not self.hook.errors and not self.hook.problems()

    def close(self):
        output = ""
        try:
            output = self.installation.close()
        finally:
            for end in self.over:
                end()
        return output

    # --- posts -----------------------------------------------------------------------------------------------------

    def fields(self, **more):
        return dict({"key": KEY, "uuid": "6a3c1b00-0000-4000-8000-000000000000", "name": "holiday.jpg",
                     "bucket": "uploads", "etag": f'"{self.upload.etag}"'}, **more)

    def post(self, user="frodo", to=None, **more):
        """Posts, and sees that the answer is one and in time."""
        reply = (to or self.responder).post(self.fields(**more), user=user, timeout=self.deadline + 10)
        self.replies.append(reply)
        assert reply.seconds < self.deadline + SLACK, reply
        assert len(reply.body) < 4096 and len(reply.head) < 2048, reply
        assert (reply.header("content-type") or "").startswith("application/json"), reply
        if reply.status == 200:
            assert "error" in reply.json or reply.is_success, reply
        else:
            assert 400 <= reply.status < 600, reply
            self.check_error(reply)
        return reply

    @staticmethod
    def check_error(reply):
        value = reply.json
        assert value.get("invalid") is True and value.get("success") is False, reply
        assert isinstance(value["error"], str) and 0 < len(value["error"]) <= 300, reply
        assert isinstance(value["message"], str) and isinstance(value["code"], str), reply
        text = reply.raw.decode("latin-1")
        for internal in (KEEPER[0], UPLOADER[0], "127.0.0.1", "169.254", "REQUEST0", "HOSTID", "<Error", "<?xml",
                         "RequestTimeTooSkewed", "SignatureDoesNotMatch", "AccessDenied", "/etc/", "swift"):
            assert internal not in text, (internal, reply)

    def says_try_again(self, **more):
        """503, 502 or 504, and that it may be repeated."""
        reply = self.post(**more)
        assert reply.status in (502, 503, 504), reply
        again = reply.header("retry-after")
        if again is None or not again.isdigit() or int(again) < 1:
            self.problems.append(f"no Retry-After where the post may be repeated: {reply}")
        return reply

    def says(self, status, error=None, **more):
        reply = self.post(**more)
        allowed = status if isinstance(status, tuple) else (status,)
        assert reply.status in allowed, reply
        assert error is None or reply.error == error, reply
        return reply

    def succeeds(self, patience=0, **more):
        end = time.monotonic() + (patience or self.patience)
        reply = self.post(**more)
        while not reply.is_success and time.monotonic() < end:
            time.sleep(0.1)
            reply = self.post(**more)
        assert reply.is_success, reply
        return reply

    def dies(self, **more):
        with pytest.raises(Unanswered):
            self.post(**more)
        self.responder.process.wait(timeout=30)

    # --- what must hold --------------------------------------------------------------------------------------------

    def holds(self, count):
        """So many stored objects, each with the upload's bytes; nothing of the upload is lost."""
        stored = self.store.stored()
        assert len(stored) == count, (stored.keys(), self.store.calls)
        assert all(thing.data == self.upload.data for thing in stored.values()), stored.keys()
        return stored

    def keeps_the_source(self):
        assert self.store.buckets["uploads"][KEY].data == self.upload.data
        assert not self.store.count("DELETE", bucket="uploads")

    def is_done(self, reply):
        """One object, where the answer says; the claim says accepted; a repeat says the same."""
        stored = self.holds(1)
        value = reply.json
        assert value["key"] in stored and value["bucket"] == "storage", (reply, stored.keys())
        assert value["size"] == len(self.upload.data), reply
        claims = self.store.claims()
        assert len(claims) == 1 and b"accepted" in next(iter(claims.values())).data, claims
        copies = self.store.count("COPY") + self.store.count("COMPLETE")
        again = self.succeeds()
        assert again.json["key"] == value["key"], (reply, again)
        assert self.store.count("COPY") + self.store.count("COMPLETE") == copies, "an accepted upload is not copied anew"
        self.holds(1)
        self.keeps_the_source()
        return again

    def heals(self, patience=0):
        """The fault is over: the same post ends well, with one object."""
        self.store.heal()
        return self.is_done(self.succeeds(patience))

    def is_bounded(self):
        peak, descriptors = self.responder.peak(), self.responder.descriptors()
        assert peak < PEAK, f"{peak} KiB"
        assert descriptors < DESCRIPTORS, f"{descriptors} descriptors"

    def log(self):
        return "".join(each.text() for each in self.installation.running)

    def was_met(self, count=1):
        """The fault did happen: else a test of it says nothing."""
        met = sum(call.fault is not None for call in self.store.calls)
        assert met >= count, self.store.calls


def claim_of(case):
    (path, thing), = case.store.claims().items()
    return path, thing


# --- what the list gives as an answer --------------------------------------------------------------------------------

HAPPENS = "copy may exist"
AGAIN = "bounded retry"


def words(answer, etag):
    """The list's words for an answer, in the store's."""
    given = {}
    for name in ("status", "reset_after", "close_after", "delay", "header_bytes", "body_bytes", "content_length",
                 "chunked", "apply", "headers"):
        if name in answer:
            given[name] = answer[name]
    if "body" in answer:
        given["body"] = answer["body"].replace(EMPTY, etag).encode()
    if "raw" in answer:
        given["raw"] = answer["raw"].encode()
    if "drip_ms" in answer:
        given["drip"] = answer["drip_ms"] / 1000
    return given


def goes_wrong(case, operation, answer, **more):
    """Makes that operation on that side go wrong: HEAD of the upload, COPY to storage."""
    given = dict(words(answer, case.upload.etag), **more)
    times = answer.get("times", -1)
    if operation == "HEAD":
        # HEAD cannot say why: what S3 has against the one it has against the GET that asks for the reason.
        permanent = "status" in answer and "times" not in answer and answer["status"] >= 300
        return case.store.fail(("HEAD", "GET") if permanent else "HEAD", bucket="uploads", times=times, **given)
    return case.store.fail(operation, times=times, **given)


def transient(name):
    """Fails once or for ever, then it is over."""
    fault = FAULTS[name]
    with Case(name) as case:
        goes_wrong(case, fault["op"], fault["answer"])
        if fault["client_sees"].startswith("success"):
            reply = case.succeeds()
            case.was_met()
            case.is_done(reply)
        else:
            case.says_try_again()
            case.was_met()
            attempts = case.store.count(fault["op"])
            assert 1 < attempts <= 8, f"{attempts} attempts"
            case.holds(0)
            case.heals()
        case.is_bounded()


def broken(name, least=1):
    """An answer that is lost or no answer: a write may have happened, or not; both are tried."""
    fault = FAULTS[name]
    never = "delay" in fault["answer"] or "drip_ms" in fault["answer"]
    for applied in ((False, True) if HAPPENS in fault["end_state"] else (False,)):
        with Case(name, deadline=4 if never else DEADLINE, hook=not never) as case:
            goes_wrong(case, fault["op"], fault["answer"], apply=applied)
            case.says_try_again()
            case.was_met(least)
            assert case.store.count(fault["op"]) <= 8
            case.holds(1 if applied else 0)
            case.is_bounded()
            case.heals()


def refused_for_good(name):
    """S3 says no, and will say it again: asked once or twice, told to the client in one word, to the log in more."""
    fault = FAULTS[name]
    code = re.search(r"<Code>(\w+)", fault["answer"]["body"]).group(1)
    with Case(name) as case:
        goes_wrong(case, fault["op"], fault["answer"])
        if code in ("NoSuchKey", "PreconditionFailed"):
            case.says(400, INVALID)
        else:
            case.says(502)
            assert code in case.log() or f"answers {fault['answer']['status']}" in case.log(), case.log()
        case.was_met()
        assert case.store.count(fault["op"]) <= 3, "no storm of retries"
        case.holds(0)
        case.is_bounded()
        case.heals()


def redirected(name):
    """Never followed: neither where the list says, nor to a listener that would see it."""
    fault = FAULTS[name]
    with Case(name) as case:
        trap = Trap()
        case.over.append(trap.stop)
        for location in (fault["answer"]["headers"]["Location"], trap.url + "/latest/meta-data/"):
            if location == "loop":
                location = case.store.url + "/storage/" + KEY
            case.store.heal()
            answer = dict(fault["answer"], headers=dict(fault["answer"]["headers"], Location=location))
            goes_wrong(case, fault["op"], answer)
            before = case.store.count(fault["op"])
            case.says(502)
            case.was_met()
            assert case.store.count(fault["op"]) - before <= 3
        assert trap.connections == 0
        assert "eu-west-1" in case.log(), "the log names the region that S3 named"
        case.holds(0)
        case.heals()


def lied_of_success(name):
    """A success in an unusual form."""
    fault = FAULTS[name]
    with Case(name) as case:
        given = words(fault["answer"], case.upload.etag)
        if "raw" in given:
            given = {"interim": b"HTTP/1.1 100 Continue\r\n\r\n"}
        if given.pop("delay", None):
            given = {"white_space": 1.5}
        case.store.fail(fault["op"], bucket="uploads" if fault["op"] == "HEAD" else None, **dict(given, apply=True))
        reply = case.succeeds()
        case.was_met()
        case.is_bounded()
        case.store.heal()
        case.is_done(reply)


def unreachable(name):
    """Nobody listens, at once or between two calls."""
    with Case(name) as case:
        if FAULTS[name]["op"] == "HEAD":
            case.store.refuse()
        else:
            cut_before_the_copy(case, case.store.refuse)
        case.says_try_again()
        assert not case.store.count("COPY")
        case.holds(0)
        case.store.heal()
        case.store.listen()
        case.heals()


def cut_before_the_copy(case, then):
    """When the claim stands `then` is done, and every connection ends; the next call needs a new one."""
    case.store.fail("PUT", claim=True, times=1, close=True, after=lambda _: then(),
                    afterwards=lambda _: case.store.end_connections())


def untrusted(name):
    """TLS with a certificate that is for another name or has expired."""
    with certified(name) as (case, contexts):
        wrong = contexts.wrong_name if name.endswith("bad_cert") else contexts.expired
        if FAULTS[name]["op"] == "HEAD":
            case.store.tls = wrong
        else:
            cut_before_the_copy(case, lambda: setattr(case.store, "tls", wrong))
        case.says_try_again()
        assert case.store.count("HEAD") == (0 if FAULTS[name]["op"] == "HEAD" else 1), "nothing is sent in spite of it"
        assert not case.store.count("COPY")
        case.holds(0)
        case.store.tls = contexts.good
        case.heals()


@contextlib.contextmanager
def certified(name):
    if clock.library() is None:
        pytest.skip("no C compiler, which makes the expired certificate")
    directory = processes.temporary_directory()
    try:
        contexts = certificates.Certificates(directory)
        trust = {"LD_PRELOAD": str(clock.library()), "FAULTS_CA": str(contexts.authority)}
        with Case(name, tls=contexts.good, environment=trust) as case:
            yield case, contexts
    finally:
        processes.remove(directory)


def head_dns_fail(name):
    with Case(name, endpoint="http://s3.does-not-exist.invalid:9") as case:
        case.says_try_again()
        case.holds(0)
        case.installation.values["s3"]["endpoint"] = case.store.url
        case.installation.write()
        case.responder.end()
        case.start()
        case.heals()


def copy_dns_fail(name):
    """The name is gone between the claim and the copy; libcurl may still know the address, and then all is well."""
    with Case(name, ahead=0, start=False) as case:
        case.installation.values["s3"]["endpoint"] = f"http://s3.faults.test:{case.store.port}"
        case.installation.write()
        case.start()
        cut_before_the_copy(case, case.clock.no_dns.touch)
        reply = case.post()
        assert reply.is_success or reply.status in (502, 503, 504), reply
        case.was_met()
        case.holds(1 if reply.is_success else 0)
        case.responder.kill()
        case.responder.process.wait(timeout=30)
        case.start()  # a new process knows no address
        case.says_try_again()
        case.clock.no_dns.unlink()
        case.heals()


def head_size_over_limit(name):
    with Case(name) as case:
        case.store.fail("HEAD", bucket="uploads", apply=True, headers={"Content-Length": "5368709121"})
        reply = case.post()
        assert 400 <= reply.status < 500, reply
        case.was_met()
        assert not case.store.claims() and not case.store.count("COPY")
        case.holds(0)
        case.heals()


def head_no_etag(name):
    with Case(name) as case:
        case.store.fail("HEAD", bucket="uploads", apply=True, headers={"ETag": None})
        case.says((502, 503))
        case.was_met()
        assert not case.store.claims()
        case.holds(0)
        case.heals()


def head_content_type_html(name):
    with Case(name) as case:
        case.store.buckets["uploads"][KEY].headers["content-type"] = "text/html"
        reply = case.post()
        if reply.is_success:
            thing, = case.holds(1).values()
            assert thing.headers.get("content-disposition", "").startswith("attachment"), thing.headers
            copy = next(call for call in case.store.calls if call.operation == "COPY")
            assert copy.header("x-amz-metadata-directive") == "REPLACE"
            case.is_done(reply)
        else:
            assert 400 <= reply.status < 500, reply
            case.holds(0)


def head_etag_swap(name):
    """What was checked is not what is there: once by the answer of HEAD, once by an overwrite between the two calls."""
    with Case(name) as case:
        case.store.fail("HEAD", bucket="uploads", apply=True, times=1, headers={"ETag": '"aaaa"'})
        case.says(400, INVALID, etag=None)
        case.holds(0)
        case.store.heal()
        evil = Object(b"evil" * 700)

        def overwrite(call):
            case.store.buckets["uploads"][KEY] = evil

        case.store.fail("HEAD", bucket="uploads", times=1, afterwards=overwrite)
        case.says(400, INVALID)
        case.was_met(2)
        case.holds(0)
        case.says(400, INVALID)  # the posted tag is not the object's any more
        case.upload = evil
        reply = case.succeeds()
        assert reply.json["etag"].strip('"') == evil.etag
        case.holds(1)


def copy_412_exists(name):
    """The copy was made, its answer lost, and the next try finds something there: our own work."""
    with Case(name) as case:
        case.store.fail("COPY", times=1, apply=True, reset_after=0)
        reply = case.succeeds()
        case.was_met()
        case.is_done(reply)
    with Case(name) as case:
        case.store.fail("COPY", times=1, apply=True, status=412, body=error_body("PreconditionFailed"),
                        when=lambda call: call.header("if-none-match") == "*")
        reply = case.post()
        if case.store.count("COPY") and any(call.fault for call in case.store.calls):
            assert reply.is_success, reply
        case.heals()


def copy_done_answer_lost(name):
    with Case(name) as case:
        case.store.fail("COPY", apply=True, reset_after=0)
        reply = case.post()
        case.was_met()
        case.holds(1)
        assert reply.is_success or reply.status in (502, 503, 504), reply
        case.heals()
        assert len({call.key for call in case.store.calls if call.operation == "COPY"}) == 1


def copy_over_5gib(name):
    """Six gibibytes: never one CopyObject, which S3 would refuse."""
    with in_parts(name, size=6 << 30) as case:
        reply = case.succeeds()
        assert not case.store.count("COPY") and case.store.count("CREATE") == 1
        assert case.store.count("UPLOADPARTCOPY") >= 2
        case.is_bounded()
        case.is_done(reply)


def copy_etag_differs(name):
    with Case(name) as case:
        case.store.fail("COPY", apply=True, body=FAULTS[name]["answer"]["body"].encode())
        reply = case.succeeds()
        case.was_met()
        case.heals()
        assert reply.json["key"] in case.store.stored()


# --- a copy in parts -------------------------------------------------------------------------------------------------

MIB = 1 << 20
LARGE = 300 * MIB  # of which the store keeps only the number; copied in five parts


def in_parts(name, size=LARGE, **more):
    case = Case(name, rules={"max_size": "10GiB"}, **more)
    case.upload = case.store.put("uploads", KEY, Sparse(name, size), content_type="image/jpeg")
    return case


def mpcopy_complete_200_error(name):
    with in_parts(name) as case:
        goes_wrong(case, "COMPLETE", FAULTS[name]["answer"])
        case.says_try_again()
        case.was_met()
        case.holds(0)
        case.heals()
        assert len(case.store.multiparts) <= 1, "no heap of uploads in parts"


def mpcopy_complete_lost(name):
    """Completed, and nobody heard of it: the next try finds no upload in parts, and the object."""
    for times in (1, -1):
        with in_parts(name) as case:
            case.store.fail("COMPLETE", apply=True, reset_after=0, times=times)
            reply = case.succeeds() if times == 1 else case.says_try_again()
            case.was_met()
            case.holds(1)
            if times == 1:
                case.is_done(reply)
            else:
                case.heals()


def mpcopy_part_503(name):
    with in_parts(name) as case:
        goes_wrong(case, "UPLOADPARTCOPY", FAULTS[name]["answer"])
        reply = case.succeeds()
        case.was_met(2)
        case.is_done(reply)
        case.is_bounded()
        assert not case.store.multiparts


def mpcopy_abort_fails(name):
    with in_parts(name) as case:
        case.store.fail("UPLOADPARTCOPY", status=412, body=error_body("PreconditionFailed"))
        goes_wrong(case, "ABORT", FAULTS[name]["answer"])
        case.says(400, INVALID)
        case.was_met()
        case.holds(0)


def copy_longer_than_deadline(name):
    """Each part takes half the deadline; the copy goes on where it was."""
    with in_parts(name, size=384 * MIB, deadline=6) as case:
        case.store.fail("UPLOADPARTCOPY", hold=3.0)
        end, rounds = time.monotonic() + PATIENCE, 0
        reply = case.post()
        while not reply.is_success and time.monotonic() < end:
            assert reply.status == 503 and reply.header("retry-after"), reply
            case.holds(0)
            rounds += 1
            reply = case.post()
        assert reply.is_success, reply
        assert case.store.count("CREATE") == 1, "the copy goes on, not from zero"
        numbers = [call.query["partNumber"] for call in case.store.calls
                   if call.operation == "UPLOADPARTCOPY" and call.status == 200]
        assert len(numbers) <= 6 + 6 * rounds
        case.store.heal()
        case.is_done(reply)


# --- the process dies ------------------------------------------------------------------------------------------------

def killed(name):
    """SIGKILL at a point of the way, a new process, and the same post."""
    with Case(name) as case:
        def kill(_):
            case.responder.kill()
            case.responder.process.wait(timeout=30)

        if name == "kill_before_intent":
            case.store.fail("PUT", claim=True, times=1, before=kill, apply=False, raw=b"")
        elif name == "kill_after_intent":
            case.store.fail("PUT", claim=True, times=1, after=kill)
        elif name == "kill_during_copy":
            case.store.fail("COPY", times=1, before=kill, hold=0.2)
        elif name == "kill_after_copy":
            case.store.fail("COPY", times=1, after=kill)
        elif name == "kill_after_record":
            case.store.fail("PUT", claim=True, skip=1, times=1, after=kill)
        else:
            case.hook.say((200, lambda delivery: kill(delivery) or {}), (200, {}))
        case.dies()
        assert wait_for(lambda: not case.store.open)
        case.start()
        reply = case.succeeds(patience=DEADLINE)
        if name == "kill_after_hook":
            assert len(case.hook.deliveries) == 2 and len(case.hook.ids()) == 1, "the repeat says that it is one"
        elif name != "kill_after_record":
            assert len(case.hook.ids()) == 1
        case.is_done(reply)


def sigterm_in_flight(name):
    with Case(name) as case:
        case.store.fail("COPY", times=1, hold=0.7, before=lambda _: case.responder.process.send_signal(signal.SIGTERM))
        reply = case.post()
        assert reply.is_success or reply.status == 503, reply
        case.was_met()
        assert case.responder.process.wait(timeout=30) == 0
        case.start()
        case.is_done(case.succeeds(patience=DEADLINE))


# --- several at once -------------------------------------------------------------------------------------------------

def at_once(*posts):
    """All posts at the same instant; their replies in order."""
    barrier = threading.Barrier(len(posts))

    def run(post):
        barrier.wait(timeout=60)
        return post()

    with concurrent.futures.ThreadPoolExecutor(len(posts)) as pool:
        return [future.result() for future in [pool.submit(run, post) for post in posts]]


def agree(case, replies):
    """At least one success, all of them the same, and nothing worse than `try again`."""
    good = [reply for reply in replies if reply.is_success]
    assert good, replies
    assert len({reply.json["key"] for reply in good}) == 1, good
    for reply in replies:
        assert reply.is_success or reply.status in (409, 503) and reply.header("retry-after"), reply
    return good[0]


def race_2(name):
    with Case(name) as case:
        case.is_done(agree(case, at_once(case.post, case.post)))
        assert len(case.hook.ids()) == 1


def race_50(name):
    with Case(name) as case:
        several = [case.responder, case.start(), case.start(), case.start()]
        replies = at_once(*((lambda to=several[number % 4]: case.post(to=to)) for number in range(50)))
        case.is_done(agree(case, replies))
        assert len(case.hook.ids()) == 1
        for each in several:
            assert each.peak() < PEAK and each.descriptors() < DESCRIPTORS


def race_two_names(name):
    with Case(name) as case:
        replies = at_once(lambda: case.post(name="holiday.jpg", uuid="11111111-1111-4111-8111-111111111111"),
                          lambda: case.post(name="other.png", uuid="22222222-2222-4222-8222-222222222222"))
        case.is_done(agree(case, replies))


def race_two_users(name):
    with Case(name) as case:
        mine, theirs = at_once(case.post, lambda: case.post(user="sam"))
        assert theirs.status == 403, theirs
        assert mine.is_success, mine
        case.is_done(mine)
        assert case.says(403, user="sam")
        case.holds(1)


def race_with_overwrite(name):
    """The browser uploads the same key again while the first is completed."""
    with Case(name) as case:
        new = Object(hashlib.shake_256(b"new").digest(2000), {"content-type": "image/jpeg"})
        case.store.fail("PUT", claim=True, times=1,
                        after=lambda _: case.store.buckets["uploads"].__setitem__(KEY, new))
        reply = case.post()
        case.was_met()
        if reply.is_success:
            assert reply.json["etag"].strip('"') in (case.upload.etag, new.etag)
            stored, = case.store.stored().values()
            assert stored.etag == reply.json["etag"].strip('"')
        else:
            assert reply.error == INVALID, reply
            assert not case.store.stored()
        case.upload = new
        assert case.succeeds().json["etag"].strip('"') == new.etag


def replay_after_day(name):
    with Case(name, ahead=0) as case:
        first = case.succeeds()
        del case.store.buckets["uploads"][KEY]
        case.clock.set(86_400)
        case.store.fail("COPY", status=500, body=error_body("InternalError"))
        for etag in (f'"{case.upload.etag}"', None):
            again = case.succeeds(etag=etag)
            assert again.json["key"] == first.json["key"]
        other = case.succeeds(name="other.png", uuid="99999999-9999-4999-8999-999999999999")
        assert other.json["key"] == first.json["key"]
        case.says((400, 403), user="sam")
        case.says(400, INVALID, etag='"00000000000000000000000000000000"')
        case.holds(1)
        assert case.store.count("COPY") == 1


def replay_after_delete(name):
    with Case(name) as case:
        first = case.succeeds()
        del case.store.buckets["storage"][first.json["key"]]
        for gone in (False, True):
            if gone:
                del case.store.buckets["uploads"][KEY]
            reply = case.post()
            assert not reply.is_success, reply
            assert case.store.count("COPY") == 1
            case.holds(0)


# --- the hook --------------------------------------------------------------------------------------------------------

def hook_undecided(name):
    """No verdict: the client is told to come again, the copy stays, and nothing is copied twice."""
    with Case(name, deadline=5 if name == "hook_timeout" else DEADLINE) as case:
        trap = Trap()
        case.over.append(trap.stop)
        if name == "hook_refused":
            case.hook.refuse()
        elif name == "hook_timeout":
            case.hook.say((200, {}, None, Fault(delay=3600)))
        elif name == "hook_500":
            case.hook.say((500, {"error": "out of order"}))
        elif name == "hook_redirect_internal":
            case.hook.say((302, {}, {"Location": "http://169.254.169.254/"}), (302, {}, {"Location": trap.url + "/"}))
            case.says_try_again()
        case.says_try_again()
        case.holds(1)
        case.keeps_the_source()
        assert trap.connections == 0
        case.hook.say((200, {}))
        if name == "hook_refused":
            case.hook.listen()
        reply = case.succeeds()
        assert case.store.count("COPY") == 1, "one copy, however often the hook is asked"
        assert len(case.hook.ids()) == 1
        case.is_bounded()
        case.is_done(reply)


def hook_422_reject(name):
    for answer in ((422, {"error": "No room for another"}), (403, {"refuse": True, "error": "No room for another"})):
        with Case(name) as case:
            case.hook.say(answer)
            first = case.post()
            assert 400 <= first.status < 500 and "No room for another" in first.error, first
            case.holds(0)
            case.keeps_the_source()
            case.hook.say((200, {}))
            again = case.post()
            assert (again.status, again.error) == (first.status, first.error), "the verdict stands"
            case.holds(0)
            assert case.store.count("COPY") == 1


def hook_huge_body(name):
    with Case(name) as case:
        case.hook.say((200, {}, None, Fault(body_bytes=1 << 30)))
        reply = case.post()
        assert reply.is_success or reply.status in (502, 503, 504), reply
        case.is_bounded()
        case.holds(1)
        case.hook.say((200, {}))
        case.is_done(case.succeeds())


def hook_crlf(name):
    evil = "x\r\nSet-Cookie: evil=1\r\n\r\n<script>"
    with Case(name) as case:
        case.hook.say((200, {"thumbnailUrl": evil, "note\r\nX-Evil: 1": evil}))
        reply = case.succeeds()
        assert not re.search(r"(?im)^(set-cookie|x-evil)", reply.head), reply
        assert b"\r" not in reply.body and b"evil=1" not in reply.body.replace(b"Set-Cookie: evil=1", b""), reply
        assert reply.json.get("thumbnailUrl") in (None, evil)
        case.is_done(reply)
    for malformed in (b"", b"{", b"\xff\xfe", b"[1]", b'"text"', b'{"a":1,"a":2}', b"<html>"):
        with Case(name) as case:
            case.hook.say((200, malformed))
            reply = case.post()
            assert reply.is_success or reply.status in (502, 503, 504), (malformed, reply)
            case.holds(1)
            case.hook.say((200, {}))
            case.is_done(case.succeeds())


def hook_401_after_accept(name):
    with Case(name) as case:
        first = case.succeeds()
        for status in (401, 404, 409, 422):
            case.hook.say((status, {"error": "no", "refuse": True}))
            assert case.succeeds().json == first.json
            case.holds(1)
        case.is_done(first)


def hook_race_accept_refuse(name):
    """Two posts at once, and the hook says yes to one and no to the other; both ways round."""
    for answers in (((200, {}), (422, {"error": "No"})), ((422, {"error": "No"}), (200, {}))):
        with Case(name) as case:
            case.hook.say(*((status, body, None, Fault(delay=delay))
                            for (status, body), delay in zip(answers, (0.4, 0.1))), (200, {}))
            replies = at_once(case.post, case.post)
            repeat = case.post()
            verdicts = {reply.is_success for reply in (*replies, repeat) if reply.status not in (409, 502, 503, 504)}
            assert len(verdicts) == 1, (replies, repeat)
            case.holds(1 if repeat.is_success else 0)
            assert b"accepted" in claim_of(case)[1].data if repeat.is_success else b"refused" in claim_of(case)[1].data


# --- the claim -------------------------------------------------------------------------------------------------------

def claim_refused(name):
    for status, code in ((507, "InsufficientStorage"), (500, "InternalError"), (503, "SlowDown")):
        with Case(name) as case:
            case.store.fail("PUT", claim=True, status=status, body=error_body(code))
            reply = case.says_try_again()
            assert reply.status == 503 or status == 507, reply
            case.was_met()
            assert not case.store.count("COPY") and not case.hook.deliveries
            case.holds(0)
            case.heals()


def claim_denied(name):
    with Case(name) as case:
        case.store.fail("PUT", claim=True, status=403, body=error_body("AccessDenied"))
        case.says((502, 503))
        case.was_met()
        assert "AccessDenied" in case.log()
        assert not case.store.count("COPY")
        case.holds(0)
        case.heals()


def claim_answer_lost(name):
    with Case(name) as case:
        case.store.fail("PUT", claim=True, times=1, apply=True, reset_after=0)
        reply = case.succeeds()
        case.was_met()
        case.is_done(reply)
    with Case(name) as case:
        case.store.fail("PUT", claim=True, apply=True, reset_after=0)
        reply = case.post()
        assert not reply.is_success, "the verdict cannot have been recorded"
        case.heals()


def claim_conflict_409(name):
    with Case(name) as case:
        case.store.fail("PUT", claim=True, times=2, status=409, body=error_body("ConditionalRequestConflict"))
        reply = case.succeeds()
        case.was_met(2)
        case.is_done(reply)


def claim_garbled(name):
    for damage in (lambda data: b"", lambda data: data[:len(data) // 2], lambda data: b"\xff\xfe not JSON",
                   lambda data: b"{}", lambda data: b"[]"):
        with Case(name) as case:
            case.succeeds()
            path, good = claim_of(case)
            bad = Object(damage(good.data), good.headers)
            case.store.buckets["storage"][path] = bad
            lines = len(case.log())
            reply = case.post()
            assert reply.status == 503 or reply.status in (500, 502) and not reply.is_success, reply
            assert "claim" in case.log()[lines:], "the log says which"
            case.post(name="other.png", uuid="99999999-9999-4999-8999-999999999999")
            case.holds(1)
            assert case.store.buckets["storage"][path].data == bad.data, "what is garbled is left for a person to see"
            case.store.buckets["storage"][path] = good
            case.is_done(case.succeeds())
    with Case(name) as case:  # nothing is copied on the word of a claim that says nothing
        path = f"{CLAIMS}{hashlib.sha256(b'uploads' + bytes(1) + KEY.encode()).hexdigest()}/{case.upload.etag}"
        case.store.put("storage", path, b"")
        case.says((500, 502, 503))
        assert any(call.key == path for call in case.store.calls), "the claim's name is the documented one"
        case.holds(0)
        del case.store.buckets["storage"][path]
        case.heals()


def claim_foreign(name):
    with Case(name) as case:
        case.succeeds()
        path, good = claim_of(case)
        value = json.loads(good.data)
        assert value["owner"] == "frodo/", value
        case.store.buckets["storage"][path] = Object(json.dumps(dict(value, owner="sam/")).encode(), good.headers)
        case.says(400, INVALID)
        case.says((400, 403), user="sam")
        case.holds(1)
        del case.store.buckets["uploads"][KEY]
        case.says(400, INVALID)


def claim_deleted(name):
    with Case(name) as case:
        first = case.succeeds()
        del case.store.buckets["storage"][claim_of(case)[0]]
        reply = case.post()
        assert not reply.is_success or reply.json["key"] == first.json["key"], (first, reply)
        case.holds(1)
        case.post()
        case.holds(1)


def claim_ignores_condition(name):
    with Case(name) as case:
        case.store.ignores_conditions = True
        for _ in range(2):
            case.post()
        assert len(case.store.stored()) <= 1
        assert re.search(r"(?i)if-none-match|condition", case.log()), case.log()


# --- the machine -----------------------------------------------------------------------------------------------------

def fd_exhausted(name):
    """No, one or two descriptors to spare, from the very first completion on; then there are enough again."""
    for spare in (0, 1, 2, 3):
        with Case(name) as case:
            limits = Path(f"/proc/{case.responder.pid}/limits").read_text()
            many = int(re.search(r"Max open files +(\d+)", limits).group(1))
            time.sleep(0.2)  # until the connection that asked whether it runs is closed
            case.responder.limit("nofile", case.responder.descriptors() + spare)
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                waiting = pool.submit(case.responder.post, case.fields(), timeout=case.deadline + 10)
                time.sleep(0.5)
                case.responder.limit("nofile", many)
                with contextlib.suppress(Unanswered):  # to a web server no answer is a 502
                    reply = waiting.result()
                    case.replies.append(reply)
                    assert reply.is_success or reply.status in (502, 503, 504), (spare, reply)
            try:
                case.heals(patience=DEADLINE)
            except AssertionError as error:
                raise AssertionError(f"{spare} to spare: {error}\n{case.log()}") from None


def oom(name):
    with Case(name) as case:
        status = Path(f"/proc/{case.responder.pid}/status").read_text()
        size = int(re.search(r"VmSize:\s+(\d+)", status).group(1)) << 10
        case.store.fail("HEAD", bucket="uploads", times=1,
                        before=lambda _: case.responder.limit("as", size // 2))
        with contextlib.suppress(Unanswered):
            case.replies.append(case.responder.post(case.fields(), timeout=case.deadline + 10))
        case.responder.kill()
        case.responder.process.wait(timeout=30)
        case.start()
        case.is_done(case.succeeds(patience=DEADLINE))


def log_enospc(name):
    with Case(name, error_log="/dev/full") as case:
        case.store.fail("COPY", times=1, status=500, body=error_body("InternalError"))
        reply = case.succeeds()
        case.was_met()
        case.is_done(reply)
        case.store.fail("HEAD", bucket="uploads", status=403, body=error_body("AccessDenied"))
        case.post(key="frodo/other.jpg")
        case.heals()


# --- the clock -------------------------------------------------------------------------------------------------------

def skewed(name):
    """S3 thinks that we are 20 minutes off. We may take its word for the time, once, and say so."""
    with Case(name, ahead=0) as case:
        case.clock.set(1200 if name == "skew_plus_20min" else -1200)
        case.store.clock = case.hook.clock = time.time
        reply = case.post()
        assert reply.is_success or reply.status == 502, reply
        codes = [call.code for call in case.store.calls]
        assert 1 <= codes.count("RequestTimeTooSkewed") <= 4, codes
        case.holds(1 if reply.is_success else 0)
        case.clock.set(0)
        case.heals()
        assert re.search(r"(?i)skew|clock", case.log()), case.log()


def clock_jump_back(name):
    with Case(name, ahead=0) as case:
        case.store.clock = case.hook.clock = time.time
        case.store.fail("COPY", times=1, hold=0.3, before=lambda _: case.clock.set(-3600))
        reply = case.post()
        case.was_met()
        assert reply.is_success or reply.status in (502, 503, 504), reply
        assert len(case.store.calls) < 40, "no endless retry"
        case.clock.set(0)
        case.heals()


def leap_second(name):
    with Case(name) as case:
        case.store.date = "Thu, 31 Dec 2026 23:59:60 GMT"
        case.is_done(case.succeeds())


def day_boundary(name):
    evening, night = "20270131", "20270201"
    with Case(name, ahead=0) as case:
        end = time.monotonic() + PATIENCE
        days, number = set(), 0
        while days != {evening, night} and time.monotonic() < end:
            if evening not in days:
                case.clock.set(clock.seconds_until(2027, 1, 31, 23, 59, 58.5))
            number += 1
            key = f"frodo/{number}.jpg"
            case.store.put("uploads", key, case.upload.data, content_type="image/jpeg")
            case.succeeds(key=key, uuid=f"00000000-0000-4000-8000-{number:012d}")
            days = {call.header("authorization").split("/")[1] for call in case.store.calls}
        assert days == {evening, night}
        for call in case.store.calls:
            assert call.header("x-amz-date")[:8] == call.header("authorization").split("/")[1], call
            assert call.status != 403, call
        case.holds(number)


def year_2038(name):
    with Case(name, ahead=clock.seconds_until(2038, 1, 20)) as case:
        case.is_done(case.succeeds())
        assert case.store.calls[0].header("x-amz-date").startswith("20380120")


# --- the list, run ---------------------------------------------------------------------------------------------------

SPECIAL = {
    "head_dns_fail": head_dns_fail, "copy_dns_fail": copy_dns_fail,
    "head_refused": unreachable, "copy_refused": unreachable,
    "head_tls_bad_cert": untrusted, "head_tls_expired": untrusted,
    "copy_tls_bad_cert": untrusted, "copy_tls_expired": untrusted,
    "head_continue_100": lied_of_success, "copy_continue_100": lied_of_success,
    "copy_200_ws_then_ok": lied_of_success, "copy_200_error_in_comment": lied_of_success,
    "copy_200_etag_differs": copy_etag_differs,
    "head_size_over_limit": head_size_over_limit, "head_no_etag": head_no_etag,
    "head_content_type_html": head_content_type_html, "head_etag_swap": head_etag_swap,
    "copy_412_exists": copy_412_exists, "copy_done_answer_lost": copy_done_answer_lost,
    "copy_over_5GiB": copy_over_5gib, "copy_longer_than_deadline": copy_longer_than_deadline,
    "mpcopy_complete_200_error": mpcopy_complete_200_error, "mpcopy_complete_lost": mpcopy_complete_lost,
    "mpcopy_part_503": mpcopy_part_503, "mpcopy_abort_fails": mpcopy_abort_fails,
    "sigterm_in_flight": sigterm_in_flight,
    "race_2": race_2, "race_50": race_50, "race_two_names": race_two_names, "race_two_users": race_two_users,
    "race_with_overwrite": race_with_overwrite, "replay_after_day": replay_after_day,
    "replay_after_delete": replay_after_delete,
    "hook_refused": hook_undecided, "hook_timeout": hook_undecided, "hook_500": hook_undecided,
    "hook_redirect_internal": hook_undecided, "hook_422_reject": hook_422_reject, "hook_huge_body": hook_huge_body,
    "hook_crlf": hook_crlf, "hook_401_after_accept": hook_401_after_accept,
    "hook_race_accept_refuse": hook_race_accept_refuse,
    "claim_refused": claim_refused, "claim_denied": claim_denied, "claim_answer_lost": claim_answer_lost,
    "claim_conflict_409": claim_conflict_409, "claim_garbled": claim_garbled, "claim_foreign": claim_foreign,
    "claim_deleted": claim_deleted, "claim_ignores_condition": claim_ignores_condition,
    "fd_exhausted": fd_exhausted, "oom": oom, "log_enospc": log_enospc,
    "skew_plus_20min": skewed, "skew_minus_20min": skewed, "clock_jump_back": clock_jump_back,
    "leap_second": leap_second, "day_boundary": day_boundary, "year_2038": year_2038,
}


def way(name):
    """How a fault of the list is run."""
    if name in SPECIAL:
        return SPECIAL[name]
    fault = FAULTS[name]
    answer = fault["answer"]
    if name.startswith("kill_"):
        return killed
    if "times" in answer:
        return transient
    if 300 <= answer.get("status", 0) < 400:
        return redirected
    if answer.get("status", 0) >= 400:
        return refused_for_good
    return broken


# --- what the list does not name -------------------------------------------------------------------------------------

def sigkill_at_every_request(name):
    """Before and after each request of a whole completion, wherever it stands: repeat, and all is well."""
    with Case(name) as case:
        case.succeeds()
        steps = len(case.store.calls)
    assert steps >= 4
    for step in range(steps):
        for takes_effect in (False, True):
            with Case(name) as case:
                def kill(_, case=case):
                    case.responder.kill()
                    case.responder.process.wait(timeout=30)

                when = {"after": kill} if takes_effect else {"before": kill, "apply": False, "raw": b""}
                case.store.fail("*", skip=step, times=1, **when)
                case.dies()
                case.was_met()
                case.start()
                reply = case.succeeds(patience=DEADLINE)
                assert len(case.hook.ids()) == 1
                case.is_done(reply)


def sigterm_at_every_request(name):
    """The request under way is answered before the program ends, and ends with 0."""
    with Case(name) as case:
        case.succeeds()
        steps = len(case.store.calls)
    for step in range(steps):
        with Case(name) as case:
            case.store.fail("*", skip=step, times=1, hold=0.1,
                            before=lambda _, case=case: case.responder.process.send_signal(signal.SIGTERM))
            reply = case.post()
            case.was_met()
            assert reply.is_success or reply.status == 503, reply
            assert case.responder.process.wait(timeout=30) == 0
            case.start()
            case.is_done(case.succeeds(patience=DEADLINE))


def lost_at_every_request(name):
    """Each answer of a completion is lost once, whether the request took effect or not: one post is enough."""
    with Case(name) as case:
        case.succeeds()
        steps = len(case.store.calls)
    for step in range(steps):
        for applied in (False, True):
            with Case(name) as case:
                case.store.fail("*", skip=step, times=1, apply=applied, reset_after=0)
                reply = case.succeeds()
                case.was_met()
                case.store.heal()
                case.is_done(reply)


def lost_for_ever_from_every_request_on(name):
    """The store goes away in the middle and comes back: the repeat ends well."""
    with Case(name) as case:
        case.succeeds()
        steps = len(case.store.calls)
    for step in range(steps):
        with Case(name) as case:
            case.store.fail("*", skip=step, apply=True, reset_after=0)
            reply = case.post()
            case.was_met()
            assert not reply.is_success and reply.status in (502, 503, 504), (step, reply)
            case.heals()


def another_completes_the_parts(name):
    """Two processes copy one large object: whose upload in parts the other has completed finds the object instead."""
    with in_parts(name) as case:
        other, replies = case.start(), []
        case.store.fail("UPLOADPARTCOPY", times=1, before=lambda _: replies.append(case.succeeds(to=other)))
        replies.append(case.succeeds())
        case.was_met()
        case.is_done(agree(case, replies))
        assert len(case.hook.ids()) == 1
    with in_parts(name) as case:  # completed between our look at the claim and at its parts
        other, settled, replies = case.start(), threading.Event(), []
        case.hook.say((200, lambda _: settled.wait(5) and {}), (200, {}))
        rival = threading.Thread(target=lambda: replies.append(case.post(to=other)))

        def overtaken(_):
            rival.start()
            assert wait_for(lambda: case.hook.deliveries)

        case.store.fail("CREATE", times=1, after=overtaken)
        replies.append(case.succeeds())
        settled.set()
        rival.join(timeout=30)
        case.was_met()
        case.is_done(agree(case, replies))
        assert not case.store.multiparts and len(case.hook.ids()) == 1


def rotated_server_secret(name):
    """The secret of the server is another one for the repeat: it had no part in which upload is which."""
    with Case(name) as case:
        first = case.succeeds()
        case.responder.end()
        case.installation.secret("seal", "another-seal-of-tests-" + "t" * 42)
        case.start()
        assert case.succeeds().json["key"] == first.json["key"]
        case.is_done(first)
    with Case(name) as case:
        def kill(_):
            case.responder.kill()
            case.responder.process.wait(timeout=30)

        case.store.fail("COPY", times=1, after=kill)
        case.dies()
        case.installation.secret("seal", "another-seal-of-tests-" + "t" * 42)
        case.start()
        case.is_done(case.succeeds(patience=DEADLINE))


def one_of_four_dies_in_the_rush(name):
    """Twenty posts over four processes, one of which is killed in its first copy."""
    with Case(name) as case:
        several = [case.responder, case.start(), case.start(), case.start()]
        died = []

        def kill_all_but_one(_):
            died.append(True)
            for each in several[:3]:
                each.kill()

        case.store.fail("COPY", times=1, after=kill_all_but_one)

        def post(to):
            with contextlib.suppress(Unanswered):
                return case.post(to=to)

        replies = [reply for reply in at_once(*((lambda to=several[number % 4]: post(to)) for number in range(20)))
                   if reply is not None]
        assert died and len(replies) < 20
        case.responder = several[3]
        agree(case, [*replies, case.succeeds(patience=DEADLINE)])
        case.is_done(case.succeeds())


def repeats_leave_nothing_open(name):
    """Two hundred completions, good and bad: neither memory nor descriptors grow."""
    with Case(name, hook=False) as case:
        def some(count, first):
            for number in range(first, first + count):
                key = f"frodo/{number}.jpg"
                case.store.put("uploads", key, b"x" * 1000, content_type="image/jpeg")
                case.succeeds(key=key, etag=None)
                case.says(400, INVALID, key=f"frodo/{number}-missing.jpg")

        some(20, 0)
        descriptors, peak = case.responder.descriptors(), case.responder.peak()
        calls = itertools.count()
        case.store.fail("HEAD", reset_after=0, bucket="storage", when=lambda _: next(calls) % 5 == 0)
        some(80, 100)
        assert case.responder.descriptors() <= descriptors + 4
        assert case.responder.peak() <= peak + (8 << 10)


def slow_completions_leave_room(name):
    """More posts than may talk to S3 at once: some are told to come again, at once, and health is answered."""
    with Case(name) as case:
        case.store.fail("HEAD", bucket="uploads", hold=6)
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            posts = [pool.submit(case.post) for _ in range(16)]
            assert wait_for(lambda: any(post.done() for post in posts))
            health = responder.speak(case.responder.socket, responder.parameters(method="GET", route="/health"), b"", 5)
            assert health.status == 200 and health.seconds < 3, health
            replies = [post.result() for post in posts]
        busy = [reply for reply in replies if reply.status == 503 and reply.seconds < 5]
        assert busy and all(reply.header("retry-after") for reply in busy), replies
        case.store.heal()
        case.is_done(agree(case, replies))


def a_burst_is_shared_by_the_workers(name):
    """Connections that come at once do not wait behind the first one's slow S3."""
    with Case(name) as case:
        together = threading.Barrier(8)  # which S3 waits for: each must be at work before the first has its answer
        case.store.fail("HEAD", bucket="uploads", times=8, before=lambda _: together.wait(timeout=DEADLINE / 2))
        agree(case, at_once(*[case.post] * 8))
        case.was_met(8)


def wrong_secret(name):
    """A key that S3 does not accept: the operator's fault, and nothing that a client learns from."""
    with Case(name, start=False) as case:
        case.installation.secret("storage", "not-the-right-secret-0000000000000000000")
        case.start()
        case.says(502)
        assert "SignatureDoesNotMatch" in case.log()
        assert "not-the-right-secret" not in case.log()
        assert case.store.count("HEAD") <= 3
        case.holds(0)


OTHERS = {work.__name__: work for work in (
    sigkill_at_every_request, sigterm_at_every_request, lost_at_every_request, lost_for_ever_from_every_request_on,
    another_completes_the_parts, rotated_server_secret, one_of_four_dies_in_the_rush, repeats_leave_nothing_open, slow_completions_leave_room,
    a_burst_is_shared_by_the_workers, wrong_secret)}


@pytest.fixture(scope="module")
def running(request):
    """The chosen faults, all begun: a few at a time, in the order of the list."""
    chosen = [item.callspec.params["fault"] for item in request.session.items
              if item.module is request.module and item.originalname in ("test_fault", "test_other")]
    chosen.sort(key=lambda name: name not in OTHERS)  # the longest first
    pool = concurrent.futures.ThreadPoolExecutor(AT_ONCE)
    try:
        yield {name: pool.submit(OTHERS.get(name) or way(name), name) for name in chosen}
    finally:
        pool.shutdown(cancel_futures=True)
        clock.forget()
        responder.forget_shared_program()


@pytest.mark.parametrize("fault", FAULTS)
def test_fault(fault, running):
    running[fault].result(timeout=300)


@pytest.mark.parametrize("fault", OTHERS)
def test_other(fault, running):
    running[fault].result(timeout=300)


# --- the tools themselves --------------------------------------------------------------------------------------------

@pytest.fixture
def store():
    store = Store(dict([UPLOADER, KEEPER]), rights=RIGHTS)
    yield store
    store.stop()
    assert not store.errors


def boto(store, access=KEEPER[0], secret=KEEPER[1]):
    import boto3
    from botocore.config import Config
    return boto3.client("s3", endpoint_url=store.url, region_name="us-east-1", aws_access_key_id=access,
                        aws_secret_access_key=secret,
                        config=Config(signature_version="s3v4", s3={"addressing_style": "path"},
                                      retries={"max_attempts": 1}))


def code_of(call, **arguments):
    from botocore.exceptions import ClientError
    with pytest.raises(ClientError) as error:
        call(**arguments)
    return error.value.response["Error"]["Code"], error.value.response["ResponseMetadata"]["HTTPStatusCode"]


def test_the_store_does_what_s3_does(store):
    """Against Amazon's own client, which reads answers as it reads S3's."""
    client = boto(store)
    store.smallest_part = 1
    source = {"Bucket": "uploads", "Key": "a b/ü"}
    etag = client.put_object(**source, Body=b"12345", ContentType="x/y", Metadata={"evil": "1"})["ETag"]
    assert etag == f'"{hashlib.md5(b"12345").hexdigest()}"'
    assert client.head_object(**source)["Metadata"] == {"evil": "1"}
    assert client.get_object(**source, Range="bytes=1-2")["Body"].read() == b"23"
    target = {"Bucket": "storage", "Key": "k"}
    client.copy_object(**target, CopySource=source, CopySourceIfMatch=etag, MetadataDirective="REPLACE",
                       ContentType="p/q", Metadata={"ours": "1"})
    assert client.head_object(**target)["Metadata"] == {"ours": "1"}
    assert code_of(client.copy_object, **target, CopySource=source, CopySourceIfMatch='"x"') == (
        "PreconditionFailed", 412)
    for name, value in (("If-None-Match", "*"), ("If-Match", '"x"')):
        conditional = boto(store)  # Debian's client is older than conditional writes
        conditional.meta.events.register(
            "before-sign.s3.PutObject",
            lambda request, name=name, value=value, **_: request.headers.add_header(name, value))
        assert code_of(conditional.put_object, **target, Body=b"") == ("PreconditionFailed", 412)
    assert code_of(client.get_object, Bucket="storage", Key="none") == ("NoSuchKey", 404)
    assert code_of(client.get_object, Bucket="none", Key="none") == ("NoSuchBucket", 404)
    for number in range(5):
        client.put_object(Bucket="storage", Key=f"l/{number} +", Body=b"")
    pages = client.get_paginator("list_objects_v2").paginate(Bucket="storage", Prefix="l/", PaginationConfig={
        "PageSize": 2})
    assert [entry["Key"] for page in pages for entry in page["Contents"]] == [f"l/{number} +" for number in range(5)]
    upload = dict(Bucket="storage", Key="m")
    upload["UploadId"] = client.create_multipart_upload(**upload)["UploadId"]
    parts = [{"PartNumber": number, "ETag": client.upload_part_copy(
        **upload, PartNumber=number, CopySource=source, CopySourceRange=span)["CopyPartResult"]["ETag"]}
        for number, span in ((1, "bytes=0-2"), (2, "bytes=3-4"))]
    assert len(client.list_parts(**upload)["Parts"]) == 2
    assert client.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})["ETag"].endswith('-2"')
    assert client.get_object(Bucket="storage", Key="m")["Body"].read() == b"12345"
    assert code_of(client.list_parts, **upload) == ("NoSuchUpload", 404)
    client.delete_object(**target)
    assert "k" not in store.stored() and store.count("DELETE") == 1


def test_the_store_takes_no_wrong_signature(store):
    store.put("uploads", "k", b"")
    assert code_of(boto(store, secret="wrong").get_object, Bucket="uploads", Key="k") == ("SignatureDoesNotMatch", 403)
    assert code_of(boto(store, access="NOBODY").get_object, Bucket="uploads", Key="k") == ("InvalidAccessKeyId", 403)
    assert code_of(boto(store, *UPLOADER).get_object, Bucket="uploads", Key="k") == ("AccessDenied", 403)
    store.clock = lambda: time.time() + 1200
    assert code_of(boto(store).get_object, Bucket="uploads", Key="k") == ("RequestTimeTooSkewed", 403)


@pytest.mark.parametrize("fault", [
    {"reset_after": 0}, {"reset_after": 20}, {"close_after": 0}, {"delay": 30}, {"raw": b"BOGUS 200\r\n\r\n"},
    {"header_bytes": 1 << 20, "status": 200}, {"bad_chunk": True}, {"content_length": 9999}],
    ids=lambda fault: next(iter(fault)))
def test_the_store_can_fail(store, fault):
    """Each fault once: Python's client meets it, and the next call is good."""
    import http.client
    store.fail("*", times=1, **fault)

    def ask():
        connection = http.client.HTTPConnection("127.0.0.1", store.port, timeout=1 if "delay" in fault else 20)
        try:
            connection.request("GET", "/uploads/k")
            return connection.getresponse().read()
        finally:
            connection.close()

    with pytest.raises((OSError, http.client.HTTPException)):
        ask()
    assert b"AccessDenied" in ask()


def test_the_hook_knows_a_false_call():
    hook = Hook(HOOK_SECRET)
    try:
        import http.client
        connection = http.client.HTTPConnection("127.0.0.1", hook.port, timeout=20)
        connection.request("POST", "/completed", b"{}", {"webhook-id": "a", "webhook-timestamp": str(int(time.time())),
                                                         "webhook-signature": "v1,AAAA"})
        connection.getresponse().read()
        connection.close()
        assert hook.problems() == ["wrong webhook-signature"]
    finally:
        hook.stop()


def test_every_fault_of_the_list_is_run():
    assert len(FAULTS) == LIST["count"] >= 140
    assert all(callable(way(name)) for name in FAULTS) and set(SPECIAL) <= set(FAULTS)
