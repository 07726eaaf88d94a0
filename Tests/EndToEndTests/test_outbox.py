"""The site's hook is down, and uploads are accepted: nothing is lost, every upload is told at least once, always under
the same webhook-id."""

import concurrent.futures
import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

import processes
import servers
from faults import clock, responder
from faults.responder import Reply, form, parameters
from faults.store import wait_for
from test_completion_faults import DEADLINE, KEY, Case

DOWN = (503, {})
UP = (200, {})
SPOOL_CALLS = Path(__file__).parent / "faults/spool.c"


class Outbox(Case):
    """A case whose hook is down, and whose uploads are accepted all the same."""

    def __init__(self, name, spool=None, operations=None, begins=True, **hook):
        super().__init__(name, start=False)
        self.spool = Path(spool or self.installation.directory / "spool")
        self.installation.values["hook"].update({"when_down": "accept", "spool": str(self.spool), **hook})
        if operations:
            self.installation.values["operations"] = operations
        self.installation.write()
        self.hook.say(DOWN)
        self.begins = begins

    def __enter__(self):
        try:
            if self.begins:
                self.start()
        except BaseException:
            self.close()
            raise
        return self

    def names(self, box="new"):
        folder = self.spool / box
        return sorted(each.name for each in folder.iterdir()) if folder.is_dir() else []

    def hurry(self):
        """What waits is due now."""
        for name in self.names():
            with contextlib.suppress(FileNotFoundError):
                os.utime(self.spool / "new" / name, (1, 1))

    def delivers(self):
        """The site is there again, and hears of everything."""
        self.hook.say(UP)
        self.hurry()
        wait_for(lambda: not self.names(), seconds=60)
        assert self.names("dead") == []

    def calls(self):
        return [each.id for each in self.hook.deliveries]

    def operator(self, *words, status=0):
        """What `countersign spool …` prints, run as the user that the service runs as."""
        program = self.installation.directory / "countersign-operator"
        if not program.exists():
            shutil.copy2(servers.operator(), program)
            program.chmod(0o755)
        run = subprocess.run(
            processes.as_server_user([str(self.installation.program), "spool", *words,
                                      "--config", str(self.installation.config)]),
            env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, timeout=60)
        assert run.returncode == status, run
        return run.stdout + run.stderr

    def cgi(self, **more):
        """One completion by a process that answers one request."""
        body = form(**self.fields(**more))
        run = subprocess.run(
            processes.as_server_user([str(self.installation.program)]), input=body, capture_output=True, timeout=60,
            env={"PATH": "/usr/bin:/bin", "COUNTERSIGN_CONFIG": str(self.installation.config),
                 **parameters(length=len(body))})
        return Reply(run.stdout, 0)


@pytest.fixture(scope="module", autouse=True)
def tidy():
    yield
    clock.forget()
    responder.forget_shared_program()


def test_accepted_and_delivered_once():
    with Outbox("accepted", operations={"public": ["health", "time", "metrics"]}) as case:
        reply = case.succeeds()
        assert "receipt" not in reply.json and reply.json["size"] == len(case.upload.data)
        name, = case.names()
        assert name == case.calls()[0] and case.names("tmp") == []
        assert case.spool.stat().st_mode & 0o777 == 0o700
        assert (case.spool / "new" / name).stat().st_mode & 0o777 == 0o600
        tried = len(case.calls())
        assert case.succeeds().body == reply.body, "a repeat gets the recorded answer"
        assert len(case.calls()) == tried, "and asks nobody"
        metrics = case.responder.post(b"", method="GET", route="/metrics", content_type=None).body.decode()
        assert "countersign_outbox_waiting 1\n" in metrics and "countersign_outbox_dead 0\n" in metrics
        case.delivers()
        assert set(case.calls()) == {name} and [each.status for each in case.hook.deliveries].count(200) == 1
        event = case.hook.deliveries[-1]
        assert event.data()["key"] == reply.json["key"] and event.data()["user"] == "frodo"
        metrics = case.responder.post(b"", method="GET", route="/metrics", content_type=None).body.decode()
        assert "countersign_outbox_waiting 0\n" in metrics
        assert 'countersign_outbox_deliveries_total{result="delivered"} 1\n' in metrics
        case.is_done(reply)
        assert [each.status for each in case.hook.deliveries].count(200) == 1


def test_the_first_spool_comes_by_a_reload():
    with Outbox("reload", begins=False) as case:
        hook = case.installation.values["hook"]
        later = {name: hook.pop(name) for name in ("when_down", "spool")}
        case.installation.write()
        case.start()
        is_undecided(case)
        hook.update(later)
        case.installation.write()
        os.kill(case.responder.pid, signal.SIGHUP)
        wait_for(lambda: "configuration was read again" in case.log(), seconds=60)
        assert "restart" not in case.log()
        reply = case.succeeds()
        assert len(case.names()) == 1
        case.delivers()
        case.is_done(reply)


def test_nobody_listens():
    """No connection at all, as while the site is restarted."""
    with Outbox("nobody", url=f"http://127.0.0.1:{processes.free_port()}/") as case:
        case.is_done(case.succeeds())
        record = json.loads((case.spool / "new" / case.names()[0]).read_text())
        assert "cannot be reached" in record["reason"]


def test_a_refusal_comes_too_late():
    with Outbox("refused") as case:
        reply = case.succeeds()
        case.hook.say((422, {"error": "No orcs"}))
        case.hurry()
        wait_for(lambda: case.names("dead"), seconds=60)
        wait_for(lambda: not case.names(), seconds=60)
        case.is_done(reply)
        assert "result=refused" in case.log() and "No orcs" in case.log()
        identity, = case.names("dead")
        assert "No orcs" in case.operator("list") and "0 waiting, 1 dead" in case.operator("list")
        shown = json.loads(case.operator("show", identity))
        assert shown["state"] == "dead" and shown["data"]["key"] == reply.json["key"]
        case.hook.say(UP)
        case.operator("retry", identity)
        wait_for(lambda: not case.names() and not case.names("dead"), seconds=60)
        assert case.hook.deliveries[-1].status == 200 and case.hook.deliveries[-1].id == identity


def test_a_site_that_said_no_is_not_down():
    with Outbox("no") as case:
        case.hook.say((422, {"error": "No orcs"}))
        case.says(422, "No orcs")
        assert case.names() == []
        case.holds(0)


def test_the_question_before_the_copy_is_never_skipped():
    with Outbox("authorize", authorize=True) as case:
        assert case.says_try_again().json["code"] == "site_undecided"
        case.holds(0)
        assert case.names() == []
        # Down between the question and the call.
        case.hook.say(UP, DOWN)
        reply = case.succeeds()
        case.delivers()
        case.is_done(reply)


CALLS = 6  # create, write, time, flush, rename, flush of the folder


def dies_at(call, when, hook_is_up):
    """A process that dies at a system call on the spool, started anew without; then all must end well."""
    with Outbox("killed", begins=False) as case:
        case.environment = {"LD_PRELOAD": str(clock.library(SPOOL_CALLS)), "FAULTS_DIE": f"{call}{when}",
                            "FAULTS_SPOOL": str(case.spool)}
        case.start()
        case.environment = None
        if call > CALLS:
            case.succeeds()
            assert case.responder.end() == 0
        else:
            case.dies()
            assert len(case.names()) == (call > 5 or call == 5 and when == "+")
        case.hook.say(UP if hook_is_up else DOWN)
        case.start()
        reply = case.succeeds(patience=DEADLINE)
        case.delivers()
        assert len(case.hook.ids()) == 1, case.calls()
        assert 1 <= [each.status for each in case.hook.deliveries].count(200) <= 2
        case.is_done(reply)


def test_killed_at_every_call_to_the_disk():
    if clock.library(SPOOL_CALLS) is None:
        pytest.skip("no C compiler for calls that kill")
    points = [(call, when, up) for call in range(1, CALLS + 1) for when in "-+" for up in (False, True)]
    points += [(CALLS + 1, when, False) for when in "-+"]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for point, end in [(point, pool.submit(dies_at, *point)) for point in points]:
            try:
                end.result(timeout=300)
            except Exception as error:
                raise AssertionError(f"killed at {point}") from error


@pytest.mark.parametrize("point", ["before", "after"])
def test_killed_around_the_verdict(point):
    """The record is there; that the upload is accepted is not written down, or is, and nobody was told."""
    with Outbox("verdict-" + point) as case:
        def kill(_):
            case.responder.kill()
            case.responder.process.wait(timeout=30)

        how = {"after": kill} if point == "after" else {"before": kill, "apply": False, "raw": b""}
        case.store.fail("PUT", claim=True, skip=1, times=1, **how)
        case.dies()
        case.was_met()
        assert len(case.names()) == 1
        case.start()
        case.delivers()
        reply = case.succeeds(patience=DEADLINE)
        assert len(case.hook.ids()) == 1
        case.is_done(reply)


def test_killed_during_the_delivery():
    with Outbox("delivery") as case:
        reply = case.succeeds()

        def kill(_):
            case.responder.kill()
            case.responder.process.wait(timeout=30)
            return {}

        case.hook.say((200, kill), UP)
        case.hurry()
        assert case.responder.process.wait(timeout=60) == -signal.SIGKILL
        assert len(case.names()) == 1, "it may have been heard, or not"
        case.start()
        case.delivers()
        assert len(case.hook.ids()) == 1
        case.is_done(reply)


def test_many_processes_on_one_folder():
    """Two responders and the command at once: each call is made once."""
    with Outbox("many") as case:
        uploads = [case.store.put("uploads", f"frodo/{number}/a.bin", bytes([number]) * 100) for number in range(12)]
        for number, upload in enumerate(uploads):
            case.succeeds(key=f"frodo/{number}/a.bin", name="a.bin", etag=f'"{upload.etag}"')
        assert len(case.names()) == 12
        case.start()
        before = len(case.calls())
        case.hook.say(UP)
        case.hurry()
        case.operator("deliver")
        wait_for(lambda: not case.names(), seconds=60)
        calls = case.calls()[before:]
        assert len(calls) == 12 and len(set(calls)) == 12


def test_cgi_and_the_command():
    """No process runs on: cron delivers."""
    with Outbox("cgi", begins=False) as case:
        reply = case.cgi()
        assert reply.is_success, reply
        assert case.cgi().body == reply.body
        identity, = case.names()
        later = time.time() + 3600
        os.utime(case.spool / "new" / identity, (later, later))
        assert case.operator("deliver") == "", "it is not due yet"
        case.operator("retry", "--all")
        assert "postponed: the hook answered 503" in case.operator("deliver")
        assert "tried 1x" in case.operator("list")
        case.hook.say(UP)
        case.operator("retry", identity)
        assert json.loads(case.operator("deliver", "--json")) == [{"id": identity, "result": "delivered", "reason": ""}]
        assert case.operator("list") == "0 waiting, 0 dead\n"
        assert set(case.calls()) == {identity}
        case.cgi()
        case.operator("drop", identity, status=1)
        case.operator("show", "../../etc/passwd", status=1)


@contextlib.contextmanager
def small_disk():
    """A file system of 64 KiB."""
    place = processes.temporary_directory()
    run = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(place)], capture_output=True)
    if run.returncode:
        processes.remove(place)
        pytest.skip("only root can make a small disk")
    try:
        processes.give(place)
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)
        processes.remove(place)


def is_undecided(case):
    reply = case.says_try_again()
    assert reply.status == 503 and reply.json["code"] == "site_undecided", reply
    claim, = case.store.claims().values()
    assert b'"open"' in claim.data and b"accepted" not in claim.data
    assert case.names() == case.names("tmp") == []


def test_the_disk_is_full():
    with small_disk() as disk, Outbox("full", spool=disk / "spool") as case:
        filler = disk / "filler"
        with open(filler, "wb") as out, contextlib.suppress(OSError):
            while True:
                os.write(out.fileno(), bytes(4096))
        is_undecided(case)
        assert "No space left on device" in case.log()
        filler.unlink()
        reply = case.succeeds()
        case.delivers()
        case.is_done(reply)


@pytest.mark.parametrize("obstacle", ["no right", "read-only"])
def test_the_disk_takes_nothing(obstacle):
    with contextlib.ExitStack() as stack:
        disk = stack.enter_context(small_disk()) if obstacle == "read-only" else None
        case = stack.enter_context(Outbox("readonly", spool=disk and disk / "spool"))
        processes.wait_until(lambda: (case.spool / "dead").is_dir(), "the folders")
        if disk:
            subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        else:
            (case.spool / "tmp").chmod(0o500)
        is_undecided(case)
        assert ("Read-only file system" if disk else "Permission denied") in case.log()
        if disk:
            subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
        else:
            (case.spool / "tmp").chmod(0o700)
        reply = case.succeeds()
        case.delivers()
        case.is_done(reply)


def test_check_wants_a_folder():
    with Outbox("check") as case:
        for value, problem in ((None, "hook.spool: is missing"), ("spool", "must be the absolute path"),
                               ("/", "must be the absolute path")):
            case.installation.values["hook"].pop("spool", None)
            if value:
                case.installation.values["hook"]["spool"] = value
            case.installation.write()
            run = subprocess.run(
                processes.as_server_user([str(case.installation.program), "check", "--config",
                                          str(case.installation.config)]), capture_output=True, text=True)
            assert run.returncode == 78 and problem in run.stderr, run
