"""Processes of a test: started by us, logged to a file, stopped by their own id."""

import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

SERVER_USER = "www-data"  # when the tests run as root, servers and the program run as this user
PATIENCE = 60  # seconds until something must have started or stopped


def is_root():
    return os.geteuid() == 0


def as_server_user(command):
    """Root does not run the program itself: the web server's workers must be able to reach its socket."""
    if not is_root():
        return list(command)
    return ["setpriv", f"--reuid={SERVER_USER}", f"--regid={SERVER_USER}", "--clear-groups", *command]


def give(path):
    """Hands a path to the user that the servers run as."""
    if is_root():
        entry = pwd.getpwnam(SERVER_USER)
        os.chown(path, entry.pw_uid, entry.pw_gid)
    return path


def temporary_directory():
    """Short (the path of a unix socket holds 107 bytes), and open to the servers' user."""
    path = Path(tempfile.mkdtemp(prefix="countersign-test.", dir="/tmp"))
    path.chmod(0o755)
    return give(path)


# Runs of tests that go side by side are given ranges of their own, below the one from which outgoing connections take
# their ports.
FIRST_PORT, LAST_PORT = map(int, os.environ.get("TEST_PORTS", "20000-31999").split("-"))
given_ports = set()


def free_port():
    """One that nobody holds, and that was not given before: it may be some time until it is bound."""
    for _ in range(1000):
        port = random.randint(FIRST_PORT, LAST_PORT)
        if port in given_ports:
            continue
        given_ports.add(port)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port on 127.0.0.1")


def wait_until(condition, what, seconds=PATIENCE):
    end = time.monotonic() + seconds
    while True:
        is_over = time.monotonic() >= end  # before the last look: this process may have been held up since the one before
        if condition():
            return
        if is_over:
            raise RuntimeError(f"waited {seconds} s for {what}")
        time.sleep(0.02)


def answers_on(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


class Process:
    def __init__(self, command, log, environment=None, stdin=subprocess.DEVNULL, pass_fds=()):
        self.log = Path(log)
        with open(self.log, "ab") as out:
            self.process = subprocess.Popen(command, stdin=stdin, stdout=out, stderr=out, env=environment,
                                            start_new_session=True, pass_fds=pass_fds)

    @property
    def pid(self):
        return self.process.pid

    def wait_until(self, condition, what):
        def or_ended():
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.process.args[0]} ended with {self.process.returncode}:\n{self.text()}")
            return condition()
        wait_until(or_ended, what)

    def text(self):
        return self.log.read_text(errors="replace")

    def stop(self, by=signal.SIGTERM):
        """The exit status."""
        if self.process.poll() is None:
            self.process.send_signal(by)
            try:
                self.process.wait(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise RuntimeError(f"{self.process.args[0]} did not stop within {PATIENCE} s")
        return self.process.returncode


def remove(path):
    shutil.rmtree(path, ignore_errors=True)
