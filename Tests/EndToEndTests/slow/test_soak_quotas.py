"""Quotas for minutes, while the two processes that count in one file are reloaded, restarted and killed.

Nobody is ever let through more often than a quota says, and no count is lost: of each window as much was handed out as it
had, less what a process was killed over. COUNTERSIGN_SOAK_SECONDS says how long: a fifth of that, two minutes unless told.
"""

import itertools
import json
import os
import signal
import threading
import time

import pytest
import requests

import servers
from activation import Unit, behind_nginx
from uploads import new_key, policy, sign

SECONDS = int(os.environ.get("COUNTERSIGN_SOAK_SECONDS", "600")) / 5
# More than the paced clients ask for while it lasts, so that the end can ask for the rest.
FILES = max(100, int(SECONDS * 12))
SIZE = 700  # bytes of each file that is counted by its bytes
SHORT_FILES, SHORT = 50, 60  # files, in seconds: the shortest window that there is
THREADS = 3  # for each quota
NGINX = servers.NGINX_BASIC.replace("        location /own/", """\
        location ^~ /short/ {{
            set $countersign_user $remote_user;
            fastcgi_param COUNTERSIGN_PROFILE short;
            include {directory}/countersign.conf;
        }}
        location /own/""")

PROFILES = f"""\
quota_requests = 0
quota_bytes = "{FILES * SIZE} B"

[profiles.short]
quota_requests = {SHORT_FILES}
quota_window = {SHORT}
"""


class Counted:
    """What the users of one quota were told; `unknown` are answers that never came, and may have been counted."""

    def __init__(self, s3, url, mount, user):
        self.s3, self.url, self.mount, self.user = s3, url, mount, user
        self.lock = threading.Lock()
        self.granted = self.refused = self.unknown = 0
        self.failures = []

    def ask(self):
        """The status; 0 where nobody answered."""
        def sized(conditions):
            return [each for each in conditions if not isinstance(each, list)] + [["content-length-range", 0, SIZE]]
        try:
            answer = sign(self.url, policy(self.s3, new_key(self.user), change=sized), user=self.user, mount=self.mount)
        except requests.RequestException:
            answer = None
        status = answer.status_code if answer is not None else 0
        with self.lock:
            if status == 200:
                self.granted += 1
            elif status == 429:
                self.refused += 1
                if answer.json()["code"] != "quota_exceeded" or int(answer.headers["Retry-After"]) < 1:
                    self.failures.append(answer.text)
            elif status in (0, 502, 503, 504) and "quotas_unavailable" not in (answer.text if status else ""):
                self.unknown += 1
            else:
                self.failures.append(answer.text)
        return status

    def drain(self):
        """Asks for all that is left."""
        while self.ask() != 429:
            assert self.granted <= FILES and not self.failures


@pytest.fixture
def pair(s3):
    """Two processes on two sockets, with one file, behind one nginx."""
    units = [Unit(s3, more=PROFILES) for _ in range(2)]
    file = units[0].directory / "quotas"
    for unit in units:
        unit.text = unit.text.replace("[rules]\n", f"[rules]\nquota_requests = {FILES}\nquota_window = 2592000\n")
        unit.text += f'\n[quotas]\nfile = "{file}"\nentries = 64\n'
        unit.rewrite()
    with behind_nginx(units, NGINX) as (sockets, nginx):
        yield units, sockets, nginx, file


def test_quotas_over_restarts(pair, s3):
    units, sockets, nginx, file = pair
    url = nginx.url("basic")
    files, sizes, short = (Counted(s3, url, mount, user) for mount, user in
                           [("/upload", "frodo"), ("/small", "sam"), ("/short", "frodo")])
    over = threading.Event()

    def work(counted, pause):
        while not over.wait(pause):
            counted.ask()

    # Two stay below their quotas until the end; the third is always at its own.
    pauses = [(files, 0.4), (sizes, 0.4), (short, 0.5)]
    threads = [threading.Thread(target=work, args=each) for each in pauses for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    began, kills = time.monotonic(), 0
    try:
        for turn in itertools.count():
            time.sleep(1)
            unit, listener = units[turn % 2], sockets[turn % 2]
            if turn % 4 == 0:
                for each in units:
                    each.process.process.send_signal(signal.SIGHUP)
            elif turn % 4 == 1:
                assert unit.process.stop(by=signal.SIGKILL) == -signal.SIGKILL
                kills += 1
                unit.start([listener])
            else:
                assert unit.process.stop() == 0
                unit.start([listener])
            assert file.stat().st_size == 64 + 64 * 64
            if time.monotonic() - began > SECONDS:
                break
    finally:
        over.set()
        for thread in threads:
            thread.join(timeout=60)
    passed = time.monotonic() - began
    assert 0 < files.granted < FILES and 0 < sizes.granted < FILES, "the clients' pace leaves something for the end"
    before = [files.granted, sizes.granted]
    files.drain()
    sizes.drain()
    print(json.dumps({"seconds": round(passed), "kills": kills, "granted": before,
                      **{name: [each.granted, each.refused, each.unknown]
                         for name, each in [("files", files), ("bytes", sizes), ("short", short)]}}))
    for each in (files, sizes, short):
        assert not each.failures, each.failures[:3]
    for each in (files, sizes):
        # nginx may ask twice for one answer where a process is killed over it.
        assert FILES - each.unknown - kills * THREADS <= each.granted <= FILES
    assert short.granted <= (int(passed / SHORT) + 1) * SHORT_FILES
    # A window is used up in ten seconds, and the next begins with the first file after it.
    used_up = int((passed - 20) / (SHORT + 2)) + 1 if passed > 20 else 0
    assert short.granted >= used_up * SHORT_FILES - short.unknown - kills * THREADS
    for unit in units:
        assert not [line for line in unit.log().splitlines() if "quotas_" in line]
