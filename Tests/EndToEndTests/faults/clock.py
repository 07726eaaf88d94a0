"""A wall clock and a resolver of the program's own, which tests set; needs a C compiler."""

import datetime
import os
import shutil
import subprocess
import threading
import time
from pathlib import Path

import processes

SOURCE = Path(__file__).with_name("preload.c")
_lock = threading.Lock()
_built = {}


def library(source=SOURCE):
    """The path of the library built of a file, or None where there is no C compiler."""
    with _lock:
        if source not in _built:
            compiler = next(filter(None, map(shutil.which, ("cc", "clang", "/opt/swift/usr/bin/clang"))), None)
            if compiler is None:
                return None
            directory = processes.temporary_directory()
            target = directory / "preload.so"
            subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", str(target), str(source), "-ldl"], check=True)
            target.chmod(0o755)
            _built[source] = target
        return _built[source]


def forget():
    while _built:
        processes.remove(_built.popitem()[1].parent)


class Clock:
    """Seconds that the program's wall clock is ahead of ours, and whether it can look names up."""

    def __init__(self, directory, seconds=0.0):
        self.file, self.no_dns = Path(directory) / "clock", Path(directory) / "no-dns"
        self.set(seconds)

    def set(self, seconds):
        self.seconds = seconds
        new = self.file.with_suffix(".new")
        new.write_text(str(int(seconds * 1000)))
        new.chmod(0o644)
        os.replace(new, self.file)

    def now(self):
        return time.time() + self.seconds

    def environment(self):
        return {"LD_PRELOAD": str(library()), "FAULTS_CLOCK": str(self.file), "FAULTS_DNS": str(self.no_dns)}


def seconds_until(year, month, day, hour=0, minute=0, second=0.0):
    """From now on to that time, UTC."""
    whole = datetime.datetime(year, month, day, hour, minute, int(second), tzinfo=datetime.timezone.utc).timestamp()
    return whole + second % 1 - time.time()
