"""Two or three faults in one completion, drawn by a seed: S3's, the hook's, and the end of a process, under posts at once.

Whatever meets whatever: while it lasts an answer is a success or says `try again`, no success is taken back, and there
is one object at most. When it is over the same post ends well, with one object, one key and one hook id.
"""

import concurrent.futures
import random
import signal
import time

import pytest

from faults import responder
from faults.responder import Unanswered
from faults.store import error_body, wait_for
from faults.wire import Fault
from test_completion_faults import DESCRIPTORS, PEAK, Case, in_parts

SEEDS = range(10)
AT_ONCE = 8
REFUSAL = "No room for another"
SMALL = {"HEAD": dict(bucket="uploads"), "GET": dict(claim=True), "PUT": dict(claim=True), "COPY": {}, "*": {}}
LARGE = dict(SMALL, CREATE={}, UPLOADPARTCOPY={}, LISTPARTS={}, COMPLETE={})
del LARGE["COPY"], LARGE["HEAD"]
WRITES = {"PUT", "COPY", "CREATE", "UPLOADPARTCOPY", "COMPLETE", "*"}
HOOKS = [
    [(500, {}), (200, {})],
    [(200, b"{"), (200, {})],
    [(200, {}, None, Fault(reset_after=0)), (200, {})],
    [(422, {"error": REFUSAL}), (200, {})],
    [(200, {}), (422, {"error": REFUSAL})],
]


class Trial:
    """Some processes before one store, and the faults that wait for them."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.is_large = self.chance.random() < 0.4
        self.may_refuse = False
        self.replies = []
        self.story = []
        self.leaving = []

    def run(self, seed):
        with (in_parts if self.is_large else Case)(f"pair{seed}") as self.case:
            self.processes = [self.case.responder] + [self.case.start() for _ in range(self.chance.choice([0, 1]))]
            for _ in range(self.chance.choice([2, 2, 3])):
                if self.chance.random() < 0.2:
                    self.misguide_the_hook()
                else:
                    self.break_something()
            for _ in range(self.chance.choice([1, 2])):
                self.revive()
                self.post_at_once(self.chance.choice([1, 1, 2, 4]))
                self.check_what_is_there()
            assert wait_for(self.case.store.is_quiet)
            self.case.store.heal()
            self.check_the_end(self.heal())

    # --- what goes wrong -----------------------------------------------------------------------------------------------

    def misguide_the_hook(self):
        answers = self.chance.choice(HOOKS)
        self.may_refuse = self.may_refuse or any(status == 422 for status, *_ in answers)
        self.case.hook.say(*answers)
        self.story.append(("hook", answers))

    def break_something(self):
        operation = self.chance.choice(list(LARGE if self.is_large else SMALL))
        applied = operation in WRITES and self.chance.random() < 0.5
        fault = self.chance.choice([
            dict(status=500, body=error_body("InternalError"), apply=applied),
            dict(status=503, body=error_body("SlowDown"), apply=applied),
            dict(status=409, body=error_body("ConditionalRequestConflict"), apply=applied),
            dict(reset_after=self.chance.choice([0, 20]), apply=applied),
            dict(close_after=self.chance.choice([0, 60]), apply=applied),
            dict(raw=b"BOGUS 200\r\n\r\n", apply=applied),
            dict(content_length=99_999, apply=applied),
            dict(delay=0.3, apply=applied or None),
            dict(after=lambda _: self.end(signal.SIGKILL)) if applied else
            dict(before=lambda _: self.end(signal.SIGKILL), raw=b"", apply=False),
            dict(hold=0.1, before=lambda _: self.end(signal.SIGTERM)),
        ])
        ends_processes = "before" in fault or "after" in fault
        skip, times = self.chance.choice([0, 0, 1, 2, 5]), 1 if ends_processes else self.chance.choice([1, 1, 2, -1])
        self.case.store.fail(operation, skip=skip, times=times, **LARGE.get(operation, SMALL.get(operation)), **fault)
        self.story.append((operation, skip, times, fault))

    def end(self, how):
        for process in self.processes:
            if process.process.poll() is None:
                process.process.send_signal(how)
                if how == signal.SIGKILL:
                    process.process.wait(timeout=30)
                else:
                    self.leaving.append(process)

    def revive(self):
        for process in self.leaving:
            process.process.wait(timeout=30)
        self.leaving = []
        self.processes = [each if each.process.poll() is None else self.case.start() for each in self.processes]
        self.case.responder = self.processes[0]

    # --- what is asked -------------------------------------------------------------------------------------------------

    def post(self, to, **more):
        try:
            return self.case.post(to=to, **more)
        except (Unanswered, OSError):
            return None  # it was ended: a web server would say 502

    def post_at_once(self, count):
        with concurrent.futures.ThreadPoolExecutor(count) as pool:
            posts = [pool.submit(self.post, self.processes[number % len(self.processes)],
                                 **({} if number % 2 == 0 else {"name": "other.png"})) for number in range(count)]
            self.replies += [post.result() for post in posts if post.result() is not None]

    def heal(self):
        end = time.monotonic() + 60
        while True:
            self.revive()
            reply = self.post(self.processes[0])
            if reply is not None and (reply.is_success or reply.status == 422) or time.monotonic() > end:
                return reply
            time.sleep(0.1)

    # --- what must hold ------------------------------------------------------------------------------------------------

    def keys(self):
        return {reply.json["key"] for reply in self.replies if reply.is_success}

    def check_what_is_there(self):
        stored = set(self.case.store.stored())
        assert len(stored) <= 1 and self.keys() <= stored, (stored, self.replies)
        for reply in self.replies:
            if reply.status == 422:
                assert self.may_refuse and reply.error == REFUSAL, reply
            else:
                assert reply.is_success or reply.status in (502, 503, 504), reply

    def check_the_end(self, reply):
        assert reply is not None and (reply.is_success or self.may_refuse and reply.status == 422), reply
        if reply.is_success:
            assert self.keys() <= {reply.json["key"]}, (self.replies, reply)
            assert all(each.status != 422 for each in self.replies), (self.replies, reply)
            self.case.is_done(reply)
        else:
            assert not self.keys(), (self.replies, reply)
            self.case.holds(0)
        self.case.keeps_the_source()
        assert len(self.case.hook.ids()) <= 1
        for process in self.processes:
            assert process.peak() < PEAK and process.descriptors() < DESCRIPTORS


@pytest.fixture(scope="module")
def running():
    trials = {seed: Trial(seed) for seed in SEEDS}
    pool = concurrent.futures.ThreadPoolExecutor(AT_ONCE)
    try:
        yield {seed: (trial, pool.submit(trial.run, seed)) for seed, trial in trials.items()}
    finally:
        pool.shutdown(cancel_futures=True)
        responder.forget_shared_program()


@pytest.mark.parametrize("seed", SEEDS)
def test_faults_together(seed, running):
    trial, future = running[seed]
    try:
        future.result(timeout=300)
    except AssertionError as error:
        raise AssertionError(f"{error}\nfaults: {trial.story}\ncalls: {trial.case.store.calls}") from error
