"""A program that runs for years: reload, restart, service manager, logs, and what operators see."""

import json
import os
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

import servers
from activation import (Load, NotifySocket, PARAMETERS, UnixHTTP, Unit, ask, fastcgi, is_connectable, listening, request,
                        sample, samples)
from processes import Process, as_server_user, wait_until
from uploads import login, new_key, policy, sign

# The long form: Tests/slow.sh.
RESTARTS = int(os.environ.get("COUNTERSIGN_RESTARTS", "4"))

OPERATIONS = """
[operations]
listen = "unix:{directory}/operations"
"""

SLOW_HOOK = """
[hook]
command = ["/bin/sleep", "6"]
timeout = 40
authorize = true
"""


@pytest.fixture
def units(s3):
    """Makes programs, and stops them."""
    made = []

    def make(more=OPERATIONS, environment=None):
        unit = Unit(s3, environment=environment)
        unit.text += more.format(directory=unit.directory)
        unit.config.write_text(unit.text)
        made.append(unit)
        return unit

    yield make
    for unit in made:
        unit.stop()


def desk(unit):
    status, body = request(unit.socket)
    assert status == 200, body
    return json.loads(body)


# --- reload ------------------------------------------------------------------------------------------------------------

def test_a_reload_is_taken_whole(units):
    unit = units().start()
    pid = unit.process.pid
    assert desk(unit)["maxSize"] == 5 << 20
    with fastcgi.Connection(str(unit.socket), 30) as kept:
        kept.send(fastcgi.head(PARAMETERS) + fastcgi.record(fastcgi.STDIN))
        assert json.loads(kept.answer()[1])["maxSize"] == 5 << 20
        unit.rewrite(('max_size = "5MiB"', 'max_size = "7MiB"'))
        unit.hang_up()
        kept.send(fastcgi.head(PARAMETERS) + fastcgi.record(fastcgi.STDIN))
        assert json.loads(kept.answer()[1])["maxSize"] == 7 << 20, "connections stay, and see the new site"
    assert desk(unit)["maxSize"] == 7 << 20
    found = unit.metrics()
    assert sample(found, "countersign_reloads_total", result="ok") == 1
    assert sample(found, "countersign_last_reload_successful") == 1
    assert unit.process.pid == pid and unit.process.process.poll() is None


def break_file(unit):
    unit.rewrite(('max_size = "5MiB"', 'max_size = "7 elephants"'))


def make_it_unreadable(unit):
    unit.rewrite(('max_size = "5MiB"', 'max_size = "7MiB"'))
    unit.config.chmod(0)


def take_it_away(unit):
    unit.config.unlink()


def take_a_secret_away(unit):
    unit.rewrite(('max_size = "5MiB"', 'max_size = "7MiB"'))
    (unit.directory / "seal.secret").unlink()


@pytest.mark.parametrize("spoil", [break_file, make_it_unreadable, take_it_away, take_a_secret_away])
def test_a_bad_file_keeps_the_old_one(units, spoil):
    unit = units().start()
    spoil(unit)
    unit.hang_up("the old one stays")
    assert desk(unit)["maxSize"] == 5 << 20
    found = unit.metrics()
    assert sample(found, "countersign_reloads_total", result="failed") == 1
    assert sample(found, "countersign_reloads_total", result="ok") == 0
    assert sample(found, "countersign_last_reload_successful") == 0
    ready = json.loads(unit.ask("/ready").body)
    assert ready["reload"]["ok"] is False and ready["ready"] is True, "what is in use still works"


def test_a_rotated_secret(units, s3):
    """Id and secret change together: each signature is of one pair."""
    unit = units().start()
    (unit.directory / "uploads.secret").write_text("a-new-secret\n")
    unit.rewrite((s3["uploader_key"], "AKIANEW"))
    unit.hang_up()
    document = policy({**s3, "uploader_key": "AKIANEW"}, new_key())
    status, body = request(
        unit.socket, {**PARAMETERS, "SCRIPT_NAME": "/upload/sign", "QUERY_STRING": "v4=true",
                      "CONTENT_TYPE": "application/json"}, json.dumps(document).encode())
    assert status == 200, body
    signed = json.loads(body)
    import hashlib
    import hmac
    key = b"AWS4a-new-secret"
    date = next(c["x-amz-date"] for c in document["conditions"] if "x-amz-date" in c)
    for part in (date[:8], s3["region"], "s3", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    assert hmac.new(key, signed["policy"].encode(), hashlib.sha256).hexdigest() == signed["signature"]
    for secret in ("a-new-secret", s3["uploader_secret"], signed["signature"]):
        assert secret not in unit.log()


def test_reloads_under_load(units):
    """No request fails, and each is answered by one configuration or by the other."""
    unit = units().start()
    seen = set()

    def once():
        status, body = request(unit.socket)
        assert status == 200
        answer = json.loads(body)
        seen.add((answer["maxSize"], answer["acl"]))

    with Load(once, threads=4) as load:
        for number in range(20):
            change = number % 2 == 0
            unit.rewrite(*([('max_size = "5MiB"', 'max_size = "7MiB"'),
                            ("[uploads]", '[uploads]\nacl = "bucket-owner-full-control"')] if change else []))
            unit.hang_up()
        wait_until(lambda: load.answered > 20, "a load worth its name")
    assert not load.failures
    assert seen == {(5 << 20, "private"), (7 << 20, "bucket-owner-full-control")}


# --- the service manager -----------------------------------------------------------------------------------------------

@pytest.mark.parametrize("kind", ["path", "abstract"])
def test_the_service_manager_is_told(units, kind):
    unit = units(environment={"WATCHDOG_USEC": "600000"})
    name = f"@countersign-{os.getpid()}-{unit.directory.name}" if kind == "abstract" else str(unit.directory / "notify")
    manager = NotifySocket(name)
    unit.environment["NOTIFY_SOCKET"] = name
    unit.start()
    first = manager.next()
    assert first["READY"] == "1" and first["STATUS"] == "Serving"

    def next_but_signs_of_life():
        words = manager.next()
        while words == {"WATCHDOG": "1"}:
            words = manager.next()
        return words

    before = time.monotonic()
    signs = [manager.next() for _ in range(3)]
    assert signs == [{"WATCHDOG": "1"}] * 3 and time.monotonic() - before < 10, "of a machine that is busy, too"
    unit.hang_up()
    words = next_but_signs_of_life()
    assert words["RELOADING"] == "1"
    assert 0 < int(words["MONOTONIC_USEC"]) / 1e6 <= time.monotonic()
    assert next_but_signs_of_life()["READY"] == "1"
    break_file(unit)
    unit.hang_up("the old one stays")
    assert next_but_signs_of_life()["RELOADING"] == "1"
    words = next_but_signs_of_life()
    assert words["READY"] == "1" and "old configuration" in words["STATUS"]
    unit.process.process.send_signal(signal.SIGTERM)
    assert next_but_signs_of_life()["STOPPING"] == "1"
    manager.close()


def test_activation_by_systemd(units):
    """Its own activator, with a second socket that is for operators by its name."""
    unit = units(more="")
    command = ["systemd-socket-activate", "-l", str(unit.socket), "-l", str(unit.operations),
               "--fdname", "countersign:operations", str(unit.program), "serve", "--config", str(unit.config)]
    unit.process = Process(as_server_user(command), unit.directory / "log", environment={"PATH": "/usr/bin:/bin"})
    unit.started.append(unit.process)
    unit.process.wait_until(lambda: is_connectable(unit.operations), "systemd's sockets")
    assert desk(unit)["maxSize"] == 5 << 20
    assert unit.ask("/health").status == 200
    assert sample(unit.metrics(), "countersign_requests_total", route="prefix", outcome="ok") == 1


def test_processes_share_one_socket(units):
    unit = units(more="")
    shared = listening(unit.socket)
    places = []
    for number in range(3):
        places.append(unit.directory / f"operations{number}")
        unit.environment["COUNTERSIGN_OPERATIONS_LISTEN"] = f"unix:{places[-1]}"
        unit.start([shared], log=f"log{number}")
        wait_until(lambda: is_connectable(places[-1]), "the operators' socket")

    def once():
        assert request(unit.socket)[0] == 200

    def counts():
        return [sample(unit.metrics(place), "countersign_requests_total", route="prefix", outcome="ok")
                for place in places]

    with Load(once, threads=8) as load:
        wait_until(lambda: all(counts()), "a share for each")
    assert not load.failures
    assert sum(counts()) == load.answered, counts()
    # One of them goes: the others take its share.
    with Load(once, threads=8) as load:
        time.sleep(0.2)
        assert unit.started[0].stop() == 0
        time.sleep(0.3)
    assert not load.failures and load.answered
    shared.close()


# --- restart -----------------------------------------------------------------------------------------------------------

def restart(unit, shared, overlapping):
    old = unit.process
    if overlapping:
        unit.start([shared], log=f"log{len(unit.started)}")
        assert old.stop() == 0
    else:
        assert old.stop() == 0
        unit.start([shared], log=f"log{len(unit.started)}")


@pytest.mark.parametrize("overlapping", [False, True], ids=["one-after-the-other", "overlapping"])
def test_a_restart_through_the_socket_loses_no_request(units, s3, overlapping):
    """Each request on a connection of its own, which nobody would repeat."""
    unit = units(more="")
    shared = listening(unit.socket)
    unit.start([shared])
    body = json.dumps(policy(s3, new_key())).encode()
    parameters = {**PARAMETERS, "SCRIPT_NAME": "/upload/sign", "QUERY_STRING": "v4=true",
                  "CONTENT_TYPE": "application/json"}

    def once():
        status, answer = request(unit.socket, parameters, body)
        assert status == 200 and b'"signature"' in answer, answer

    with Load(once) as load:
        for _ in range(RESTARTS):
            time.sleep(0.2)
            restart(unit, shared, overlapping)
        wait_until(lambda: load.answered > 10 * RESTARTS, "a load worth its name")
    assert not load.failures, load.failures[:5]
    shared.close()


def test_a_restart_behind_nginx_loses_no_request(units, s3):
    """nginx keeps its connections, and repeats what a connection that just ended did not take."""
    unit = units(more="")
    shared = listening(unit.socket)
    unit.start([shared])
    nginx = servers.Nginx(unit.socket, servers=servers.NGINX_BASIC)
    nginx.start()
    try:
        def once():
            response = sign(nginx.url("basic"), policy(s3, new_key()))
            assert response.status_code == 200 and "signature" in response.json(), response.text

        with Load(once, threads=4) as load:
            for _ in range(RESTARTS):
                time.sleep(0.3)
                restart(unit, shared, overlapping=False)
            wait_until(lambda: load.answered > 5 * RESTARTS, "a load worth its name")
        assert not load.failures, load.failures[:5]
    finally:
        nginx.stop()
        shared.close()


# --- the log -----------------------------------------------------------------------------------------------------------

def lines(unit):
    return unit.log().splitlines()


@pytest.mark.parametrize("level", ["info", "debug"])
def test_who_asks_how_we_are_is_not_news(units, level):
    unit = units(OPERATIONS + f'[log]\nlevel = "{level}"\n').start()
    for page in ("health", "ready", "metrics", "time"):
        unit.ask("/" + page)
        request(unit.socket, {**PARAMETERS, "SCRIPT_NAME": f"/upload/{page}"})
    desk(unit)
    wait_until(lambda: "action=prefix" in unit.log(), "the request in the log")
    quiet = [line for line in lines(unit) if "action=prefix" not in line]
    assert len(quiet) == (8 if level == "debug" else 0), quiet


def test_lines_of_json(units):
    unit = units('[log]\nformat = "json"\n').start()
    desk(unit)
    request(unit.socket, {**PARAMETERS, "SCRIPT_NAME": '/upload/"\\\x01', "REQUEST_ID": 'a"b\\c\x1bé'})
    unit.hang_up()
    entries = [json.loads(line) for line in lines(unit)]
    assert entries[0]["action"] == "prefix" and entries[0]["status"] == 200 and entries[0]["level"] == "info"
    assert entries[1]["id"] == 'a"b\\c\\x1bé' and entries[1]["reason"] == "not_found"
    assert all(abs(time.time() - parsed(entry["time"])) < 60 for entry in entries)


def parsed(text):
    import datetime
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z").timestamp()


def test_the_journal_gets_severities_and_no_time(units):
    unit = units()
    log = unit.directory / "log"
    log.touch()
    status = log.stat()
    unit.environment["JOURNAL_STREAM"] = f"{status.st_dev}:{status.st_ino}"
    unit.start()
    desk(unit)
    break_file(unit)
    unit.hang_up("the old one stays")
    found = lines(unit)
    assert found[0].startswith("<6>id=") and found[1].startswith("<3>event=")
    assert not any("time=" in line or "level=" in line for line in found)
    assert len(set(found)) == len(found), "nothing twice"


def test_elsewhere_a_line_has_its_time(units):
    unit = units(environment={"JOURNAL_STREAM": "1:2"}).start()
    desk(unit)
    words = dict(word.split("=", 1) for word in lines(unit)[0].split())
    assert abs(time.time() - parsed(words["time"])) < 60 and words["level"] == "info"


# --- what operators see ------------------------------------------------------------------------------------------------

def test_ready(units, s3):
    unit = units().start()
    answer = unit.ask("/ready")
    assert answer.status == 200, answer.body
    body = json.loads(answer.body)
    assert body["ready"] is True and body["s3"] == {"ok": True} and abs(body["clockDrift"]) <= 2
    assert body["credentials"] == {"uploads": {"ok": True}, "storage": {"ok": True}}


def test_not_ready(units, s3):
    unit = units()
    (unit.directory / "storage.secret").write_text("not-the-secret\n")
    unit.start()
    answer = unit.ask("/ready")
    assert answer.status == 503, answer.body + unit.log()
    assert json.loads(answer.body)["s3"] == {"ok": False}
    assert "S3 answers 403" in unit.log() and "403" not in answer.body
    assert "not-the-secret" not in unit.log()


def test_not_ready_while_it_answers_its_last_request(units, s3):
    unit = units(OPERATIONS + SLOW_HOOK).start()
    body = json.dumps(policy(s3, new_key())).encode()
    parameters = {**PARAMETERS, "SCRIPT_NAME": "/upload/sign", "CONTENT_TYPE": "application/json"}
    with ThreadPoolExecutor(1) as pool:
        last = pool.submit(request, unit.socket, parameters, body)
        wait_until(lambda: sample(unit.metrics(), "countersign_workers_busy") == 1, "a busy worker")
        assert unit.ask("/ready").status == 200
        unit.process.process.send_signal(signal.SIGTERM)
        wait_until(lambda: unit.ask("/ready").status == 503, "another answer")
        assert not last.done(), "it waits for the hook"
        assert json.loads(unit.ask("/ready").body) == {"ready": False, "draining": True}
        assert unit.ask("/health").status == 200
        assert last.result()[0] in (200, 400), "it was answered"
    assert unit.process.process.wait(20) == 0


def test_threads_have_names(units):
    unit = units().start()

    def names():
        tasks = f"/proc/{unit.process.pid}/task"
        return [open(f"{tasks}/{task}/comm").read().strip() for task in os.listdir(tasks)]

    wait_until(lambda: names().count("worker") == 32 and names().count("operators") == 3, "threads by these names")


def test_asking_for_readiness_asks_s3_once(units):
    unit = units().start()

    def once():
        unit.ask("/ready")

    with Load(once, threads=6) as load:
        wait_until(lambda: load.answered > 10, "some answers")
    assert not load.failures
    found = unit.metrics()
    calls = sum(value for (name, _), value in found.items() if name == "countersign_s3_calls_total")
    assert calls == 1


def test_the_public_gets_neither_ready_nor_metrics(units):
    unit = units().start()
    for page, status in {"health": 200, "time": 200, "ready": 404, "metrics": 404}.items():
        assert request(unit.socket, {**PARAMETERS, "SCRIPT_NAME": f"/upload/{page}"})[0] == status
    assert unit.ask("/upload/sign").status == 404 and unit.ask("/").status == 404


def test_shut_to_outsiders_by_nginx(units):
    """The README's other way: open in our configuration, shut in nginx's."""
    unit = units('[operations]\npublic = ["health", "ready", "metrics", "time"]\n').start()
    places = """
    server {{
        listen 127.0.0.1:{basic};
        location ^~ /upload/ {{ set $countersign_user ""; include {directory}/countersign.conf; }}
        location ^~ /upload/metrics {{
            allow 127.0.0.1;
            deny  all;
            set $countersign_user "";
            include {directory}/countersign.conf;
        }}
        location ^~ /upload/ready {{
            deny  all;
            set $countersign_user "";
            include {directory}/countersign.conf;
        }}
    }}
    """
    nginx = servers.Nginx(unit.socket, servers=places)
    nginx.start()
    try:
        url = nginx.url("basic") + "/upload/"
        assert requests.get(url + "ready", timeout=30).status_code == 403
        response = requests.get(url + "metrics", timeout=30)
        assert response.status_code == 200 and samples(response.text)
        assert requests.get(url + "health", timeout=30).json() == {"status": "ok"}
    finally:
        nginx.stop()


def test_cgi_says_why_it_counts_nothing(units):
    unit = units('[operations]\npublic = ["ready", "metrics"]\n')
    for page in ("ready", "metrics"):
        result = subprocess.run(
            as_server_user([str(unit.program)]), capture_output=True, timeout=30,
            env={**PARAMETERS, "SCRIPT_NAME": f"/upload/{page}", "GATEWAY_INTERFACE": "CGI/1.1",
                 "COUNTERSIGN_CONFIG": str(unit.config)})
        status, body = fastcgi.parse_cgi(result.stdout)
        assert status == 404 and json.loads(body)["code"] == "one_request_only"
        assert b"time=" not in result.stderr, "the web server's log has the time"


@pytest.mark.parametrize("query, status", [
    ("", 0), ("v4=true", 0), ("--version=", 0), ("v4", 64), ("--config+/dev/null", 64), ("check", 64),
])
def test_a_cgi_script_may_name_the_configuration(units, query, status):
    """As far as no client can have written the arguments: RFC 3875, section 4.4."""
    unit = units()
    result = subprocess.run(
        as_server_user([str(unit.program), "--config", str(unit.config)]), capture_output=True, timeout=30,
        env={**PARAMETERS, "SCRIPT_NAME": "/upload/health", "GATEWAY_INTERFACE": "CGI/1.1", "QUERY_STRING": query})
    assert result.returncode == status
    if status:
        assert not result.stdout and b"COUNTERSIGN_CONFIG" in result.stderr
    else:
        assert fastcgi.parse_cgi(result.stdout)[0] == 200


def test_metrics(units, s3):
    unit = units().start()
    for _ in range(3):
        desk(unit)
    request(unit.socket, {**PARAMETERS, "SCRIPT_NAME": "/upload/sign"}, b"{")
    request(unit.socket, {**PARAMETERS, "SCRIPT_NAME": "/upload/nowhere"})
    unit.ask("/ready")
    answer = unit.ask("/metrics")
    assert answer.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    found = samples(answer.body)
    assert sample(found, "countersign_requests_total", route="prefix", outcome="ok") == 3
    assert sample(found, "countersign_requests_total", route="none", outcome="refused") == 1
    assert sample(found, "countersign_refusals_total", code="unsupported_media_type") == 1
    assert sample(found, "countersign_sign_duration_seconds_count") == 1
    calls = {labels: value for (name, labels), value in found.items()
             if name == "countersign_s3_calls_total" and ("operation", "GetObject") in labels and value}
    assert list(calls.values()) == [1], calls
    # Other tests may have left something under the name that is asked for.
    assert dict(next(iter(calls)))["result"] in ("not_found", "ok"), calls
    assert sample(found, "countersign_workers") == 32
    assert abs(time.time() - sample(found, "countersign_start_timestamp_seconds")) < 120


def test_both_formats_please_promtool(units):
    unit = units().start()
    desk(unit)
    request(unit.socket, {**PARAMETERS, "SCRIPT_NAME": "/upload/nowhere"})
    text = unit.ask("/metrics", headers={"Accept": "text/plain;version=0.0.4"})
    assert text.headers["Content-Type"].startswith("text/plain")
    result = subprocess.run(["promtool", "check", "metrics"], input=text.body, capture_output=True, text=True,
                            timeout=60)
    assert result.returncode == 0, result.stdout + result.stderr


def test_operators_are_answered_while_every_worker_is_busy(units, s3):
    """One worker, whose request waits for a hook that takes its time."""
    unit = units(OPERATIONS + SLOW_HOOK, environment={"COUNTERSIGN_SERVER_WORKERS": "1"}).start()
    body = json.dumps(policy(s3, new_key())).encode()
    parameters = {**PARAMETERS, "SCRIPT_NAME": "/upload/sign", "CONTENT_TYPE": "application/json"}
    with Load(lambda: request(unit.socket, parameters, body), threads=2) as load:
        wait_until(lambda: sample(unit.metrics(), "countersign_workers_busy") == 1, "a busy worker")
        load.over.set()
        assert unit.ask("/health").status == 200
        assert not load.answered, "the first still waits for the hook"
        assert sample(unit.metrics(), "countersign_connections") >= 1
    assert not load.failures


@pytest.mark.parametrize("sent", [b"", b"GET /health HTTP/1.1\r\n", b"\x00" * 9000, b"GET /health HTTP/9\r\n\r\n"])
def test_a_broken_question_harms_nobody(units, sent):
    unit = units().start()
    connection = UnixHTTP(unit.operations)
    connection.connect()
    connection.sock.sendall(sent)
    assert ask(unit.operations, "/health").status == 200
    connection.sock.close()
    assert unit.process.process.poll() is None
