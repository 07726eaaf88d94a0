"""What one sign request costs: measures every contestant and prints one table. Called by run.sh, which builds what is needed."""

import argparse
import contextlib
import functools
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

import fastcgi
import http_load
import results
import sign_request
from contestants import PHP, UWSGI, WORKERS, Countersign, Failed, Floor, Nginx, Process, cpu_clock
from results import Measured, say

FULL = dict(callgrind=(300, 1300), pairs=2, rounds=11, requests=4000, starts=400, burst=20, latency=2000)
SMOKE = dict(callgrind=(50, 150), pairs=1, rounds=1, requests=300, starts=20, burst=2, latency=100)

# Row, way from nginx to the contestant, requests in flight, and which part of the requests.
LOADS = [("kept", "kept", 8, 1), ("each", "each", 8, 1), ("alone", "kept", 1, 4)]

AIM_INSTRUCTIONS = 90_000
AIM_CPU = 1.25  # times the floor
AIM_START = 5.0  # times the floor
AIM_MEMORY = 16e6  # bytes


# (a) instructions


def drive(path, count, timeout):
    """Makes `count` requests over one kept connection, straight to the FastCGI socket; the last answer."""
    body = sign_request.policy()
    request = fastcgi.head(sign_request.parameters(body)) + fastcgi.body(body)
    with fastcgi.Connection(str(path), timeout) as connection:
        for _ in range(count):
            connection.send(request)
            status, answer = connection.answer()
            if status != 200:
                raise Failed(f"status {status}: {answer[:300]!r}")
    return body, status, answer


def collected(contestant, count, directory):
    """Instructions of a whole run under callgrind that serves `count` requests."""
    name = f"{contestant.name}-callgrind"
    out = directory / "callgrind.out"
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", *contestant.command()]
    server = Process(name, command, directory, contestant.environment())
    try:
        server.wait_for(contestant.socket, seconds=90)
        drive(contestant.socket, count, timeout=90)
    finally:
        status = server.stop(seconds=60)
    found = re.search(r"Collected : (\d+)", server.log.read_text(errors="replace"))
    if status != 0 or not found:
        raise Failed(f"{name} ended with {status}: {server.said()}")
    contestant.socket.unlink(missing_ok=True)
    return int(found[1])


def instructions(contestant, plan, measured, directory):
    few, many = plan["callgrind"]
    for _ in range(plan["pairs"]):
        difference = collected(contestant, many, directory) - collected(contestant, few, directory)
        measured.add("instructions", contestant.name, difference / (many - few))


# (b) CPU through nginx


def cpu_per_request(contestant, way, count, width):
    body = sign_request.policy()
    port = contestant.ports[way]
    request = sign_request.http(body, port)
    http_load.load(port, request, min(200, count), width)
    family = contestant.server.family()
    before = sum(map(cpu_clock, family))
    http_load.load(port, request, count, width)
    time.sleep(0.02)  # what a worker does after its answer belongs to the request
    after = sum(map(cpu_clock, family))
    if contestant.server.family() != family:
        raise Failed(f"{contestant.name}: its processes changed under load")
    return (after - before) / count


# (c) cold start


def cgi_environment(body, contestants):
    parameters = sign_request.parameters(body)
    parameters["PATH"] = os.environ["PATH"]
    for contestant in contestants:
        if configuration := getattr(contestant, "configuration", None):
            parameters["COUNTERSIGN_CONFIG"] = str(configuration)  # as apache/countersign-cgi.conf says it
    return b"".join(f"{name}={value}\0".encode() for name, value in parameters.items())


def cold_start(contestants, launcher, rounds, measured, directory):
    body = sign_request.policy()
    (directory / "body").write_bytes(body)
    variables = cgi_environment(body, contestants)
    (directory / "environment").write_bytes(variables)
    environment = dict(one.split("=", 1) for one in variables.decode().split("\0") if one)
    command = [launcher, str(rounds), str(directory / "body"), str(directory / "environment")]
    for index, contestant in enumerate(contestants):
        once = subprocess.run(contestant.cgi_command(), input=body, env=environment, capture_output=True, timeout=20)
        if once.returncode != 0:
            raise Failed(f"{contestant.name} as CGI: status {once.returncode}, {once.stderr[-500:]!r}")
        verify(contestant, body, *fastcgi.parse_cgi(once.stdout))
        command += (["--"] if index else []) + contestant.cgi_command()
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    if done.returncode != 0:
        raise Failed(f"cold start: {done.stderr}")
    for contestant, line in zip(contestants, done.stdout.splitlines()):
        cpu, wall = map(float, line.split()[:2])
        measured.add("start cpu", contestant.name, cpu / 1e6)
        measured.add("start wall", contestant.name, wall / 1e6)


# memory


def occupy_all_workers(contestant):
    """One request in the hands of every worker at the same time: all but the body is sent to each before any body."""
    body = sign_request.policy()
    with contextlib.ExitStack() as stack:
        connections = [
            stack.enter_context(fastcgi.Connection(str(contestant.socket), timeout=20)) for _ in range(WORKERS)
        ]
        start = fastcgi.head(sign_request.parameters(body)) + fastcgi.record(fastcgi.STDIN, body[:64])
        for connection in connections:
            connection.send(start)
        time.sleep(0.2)
        for connection in connections:
            connection.send(fastcgi.body(body[64:]))
        for connection in connections:
            verify(contestant, body, *connection.answer())


def resident(contestant):
    """Resident bytes: VmRSS of a single process; of several, the sum of what each has of the pages it shares (Pss)."""
    family = contestant.server.family()
    if len(family) == 1:
        text = pathlib.Path(f"/proc/{family[0]}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", text)[1]) * 1024
    total = 0
    for pid in family:
        text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
        total += int(re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)[1]) * 1024
    return total


def burst(contestant, times):
    port = contestant.ports["each"]
    http_load.load(port, sign_request.http(sign_request.policy(), port), WORKERS * times, WORKERS)


def memory(contestant, times, measured):
    """To be called when nginx is gone: the floor gives a thread to every connection that nginx keeps."""
    if contestant.direct:
        for _ in range(times):
            occupy_all_workers(contestant)
    measured.add("memory", contestant.name, resident(contestant))


# wall latency


def latency(contestant, count, measured):
    port = contestant.ports["kept"]
    request = sign_request.http(sign_request.policy(), port)
    http_load.load(port, request, 50, 1)
    walls = sorted(http_load.load(port, request, count, 1))
    measured.add("latency p50", contestant.name, walls[len(walls) // 2])
    measured.add("latency p99", contestant.name, walls[len(walls) * 99 // 100])


# the answers


def verify(contestant, body, status, answer):
    try:
        if contestant.signs:
            sign_request.check(body, status, answer)
        elif status != 200 or len(answer) != contestant.size:
            raise sign_request.WrongAnswer(f"status {status}, {len(answer)} bytes")
    except sign_request.WrongAnswer as wrong:
        raise Failed(f"{contestant.name} does not do the job: {wrong}") from wrong


def refuses(contestant):
    """A contestant that signs must also refuse: the same policy for another user's key, and for another bucket."""
    body = sign_request.policy()
    port = contestant.ports["each"]
    for right, wrong in ((b'"frodo/', b'"gandf/'), (b'"uploads"', b'"storage"'), (b'"private"', b'"publicx"')):
        changed = body.replace(right, wrong)
        status, answer = http_load.once(port, sign_request.http(changed, port))
        if changed == body or status not in (400, 403) or b'"signature"' in answer:
            raise Failed(f"{contestant.name} signs what it should refuse ({wrong.decode()}): {status} {answer[:300]!r}")


def verify_all(contestants):
    for contestant in contestants:
        for port in contestant.ports.values():
            body = sign_request.policy()
            verify(contestant, body, *http_load.once(port, sign_request.http(body, port)))
        if contestant.direct:
            verify(contestant, *drive(contestant.socket, 2, timeout=20))
        if contestant.signs:
            refuses(contestant)


# the table

ROWS = [
    ("instructions", "instructions a request", 1, "{:,.0f}"),
    ("kept", "CPU a request, kept alive, µs", 1e6, "{:.1f}"),
    ("each", "CPU a request, new connection, µs", 1e6, "{:.1f}"),
    ("alone", "CPU a request, kept, one at a time, µs", 1e6, "{:.1f}"),
    ("start cpu", "cold start as CGI, CPU, ms", 1e3, "{:.2f}"),
    ("start wall", "cold start as CGI, wall, ms", 1e3, "{:.2f}"),
    ("memory", "resident memory, MB", 1e-6, "{:.1f}"),
    ("latency p50", "latency through nginx, median, ms", 1e3, "{:.3f}"),
    ("latency p99", "latency through nginx, 99 %, ms", 1e3, "{:.3f}"),
]


def aims(measured, us="countersign"):
    against = functools.partial(measured.against, us)
    results.aims(
        [
            ("instructions a request ≤ 90,000", against("instructions", AIM_INSTRUCTIONS, "{:,.0f}")),
            ("CPU kept alive ≤ 1.25 × floor", against("kept", AIM_CPU, "{:.2f}", "floor")),
            ("CPU kept alive < php-fpm", against("kept", 1, "{:.2f}", "php-fpm")),
            ("CPU kept alive < uWSGI", against("kept", 1, "{:.2f}", "uWSGI")),
            ("CPU new connection < php-fpm", against("each", 1, "{:.2f}", "php-fpm")),
            ("CPU new connection < uWSGI", against("each", 1, "{:.2f}", "uWSGI")),
            ("cold start, CPU ≤ 5 × floor", against("start cpu", AIM_START, "{:.2f}", "floor")),
            ("cold start, wall ≤ 5 × floor", against("start wall", AIM_START, "{:.2f}", "floor")),
            ("resident memory ≤ 16 MB", against("memory", AIM_MEMORY, "{:,.0f} bytes")),
        ]
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--countersign", help="path of the program; without it only floor and peers are measured")
    parser.add_argument("--tools", required=True, help="directory of the built floor and launch")
    parser.add_argument("--directory", required=True, help="an empty directory")
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--json", help="also write every value there")
    options = parser.parse_args()
    plan = SMOKE if options.smoke else FULL
    directory = pathlib.Path(options.directory)

    measured = Measured()
    notes = []
    floor = Floor(directory, f"{options.tools}/floor")
    floor.size = len(sign_request.model_answer(sign_request.policy()))
    contestants = [floor]
    if options.countersign:
        contestants.insert(0, Countersign(directory, options.countersign))
    for peer in (PHP, UWSGI):
        if missing := peer.missing():
            notes.append(f"{peer.name}: skipped, {missing}")
        else:
            contestants.append(peer(directory))
    direct = [one for one in contestants if one.direct]

    with contextlib.ExitStack() as stack:
        for contestant in contestants:
            if contestant is floor and options.countersign:
                _, _, answer = drive(contestants[0].socket, 1, timeout=20)
                floor.size = len(answer)  # the very size of ours
            contestant.start()
            stack.callback(contestant.stop)
        nginx = Nginx(directory, contestants)
        nginx.start()
        stack.callback(nginx.stop)
        say("checking the answers")
        verify_all(contestants)
        for number in range(plan["rounds"]):
            say(f"CPU through nginx, round {number + 1} of {plan['rounds']}")
            for row, way, width, share in LOADS:
                for contestant in contestants if number % 2 else reversed(contestants):
                    cost = cpu_per_request(contestant, way, plan["requests"] // share, width)
                    measured.add(row, contestant.name, cost)
        say("latency")
        for contestant in contestants:
            latency(contestant, plan["latency"], measured)
        say("memory")
        for contestant in contestants:
            burst(contestant, plan["burst"])
        nginx.stop()
        for contestant in contestants:
            memory(contestant, plan["burst"], measured)
        for contestant in contestants:
            status = contestant.stop()
            if contestant.direct and status != 0:
                raise Failed(f"{contestant.name} ended with {status}: {contestant.server.said()}")
            contestant.socket.unlink(missing_ok=True)

    say("cold start")
    cold_start(direct, f"{options.tools}/launch", plan["starts"], measured, directory)
    if shutil.which("valgrind"):
        for contestant in direct:
            say(f"instructions of {contestant.name}")
            instructions(contestant, plan, measured, directory)
    else:
        notes.append("instructions: skipped, valgrind is not installed")

    results.title("sign", options.smoke)
    sizes = f"policy of {sign_request.POLICY_LENGTH} bytes, answer of {floor.size} bytes"
    print(f"POST {sign_request.MOUNT}/sign?v4=true, {sizes}")
    print()
    results.table(measured, ROWS, [one.name for one in contestants], "floor")
    print()
    for note in notes:
        print(note)
    if options.countersign:
        aims(measured)
    else:
        print("countersign: not measured (--peers-only)")
    results.keep(measured, options.json)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("benchmarks: stopped"))
    try:
        main()
    except (Failed, http_load.Refused, OSError, subprocess.SubprocessError) as failure:
        sys.exit(f"benchmarks: {failure}")
