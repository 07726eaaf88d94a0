#!/usr/bin/python3
"""A store with as many uploads as one likes, none of which is kept: pages of a listing are made when it is asked for.

    endless.py KEYS STALE OLD    listens on a port of loopback, which it prints; GET /counts says what it was asked

KEYS uploads, every OLD-th of them old; of the old, every third is complete and every third refused by the site, as a
claim says, and the others have no claim. STALE uploads in parts, all old. It checks no signatures and forgets what is
deleted: what is measured is the sweep.
"""

import asyncio
import json
import re
import subprocess
import sys
import time
import urllib.parse

import requests

import servers
from processes import remove, temporary_directory

XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
OLD = "2020-01-01T00:00:00.000Z"


class Store:
    def __init__(self, keys, stale, old):
        self.keys, self.stale, self.old = keys, stale, old
        self.young = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
        self.counts = dict.fromkeys(("list", "uploads", "claim", "head", "deleted", "aborted"), 0)

    def answer(self, method, target):
        """Status, more of the head, and the body."""
        path, _, text = target.partition("?")
        query = dict(urllib.parse.parse_qsl(text, keep_blank_values=True))
        if path == "/counts":
            return "200 OK", "", json.dumps(self.counts)
        if "uploads" in query:
            return self.page_of_uploads(query)
        if "list-type" in query:
            return self.page_of_objects(query)
        if "uploadId" in query and method == "DELETE":
            self.counts["aborted"] += 1
            return "204 No Content", "", ""
        if path.startswith("/storage/.countersign/claims/"):
            return self.claim(int(path.rsplit("/", 1)[1], 16))
        number = int(re.search(r"(\d+)\.txt$", path)[1])
        if method == "HEAD":
            self.counts["head"] += 1
            return "200 OK", f'ETag: "{number:032x}"\r\nLast-Modified: Wed, 01 Jan 2020 00:00:00 GMT\r\n', None
        self.counts["deleted"] += 1
        return "204 No Content", "", ""

    def page_of_objects(self, query):
        self.counts["list"] += 1
        first = int(query.get("continuation-token", 0))
        end = min(self.keys, first + int(query["max-keys"]))
        rows = "".join(
            f"<Contents><Key>frodo%2F{number:012}.txt</Key><LastModified>"
            f"{self.young if number % self.old else OLD}</LastModified><ETag>&quot;{number:032x}&quot;</ETag>"
            f"<Size>7</Size></Contents>" for number in range(first, end))
        more = f"<NextContinuationToken>{end}</NextContinuationToken>" if end < self.keys else ""
        return "200 OK", "", (f"{XML}<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>"
                              f"{'true' if more else 'false'}</IsTruncated>{more}{rows}</ListBucketResult>")

    def page_of_uploads(self, query):
        self.counts["uploads"] += 1
        first = int(query.get("upload-id-marker", 0))
        end = min(self.stale, first + int(query["max-uploads"]))
        rows = "".join(f"<Upload><Key>frodo/{number:012}.txt</Key><UploadId>{number + 1}</UploadId><Initiated>{OLD}"
                       f"</Initiated></Upload>" for number in range(first, end))
        more = (f"<NextKeyMarker>frodo/{end:012}.txt</NextKeyMarker><NextUploadIdMarker>{end}</NextUploadIdMarker>"
                if end < self.stale else "")
        return "200 OK", "", (f"{XML}<ListMultipartUploadsResult><IsTruncated>{'true' if more else 'false'}"
                              f"</IsTruncated>{more}{rows}</ListMultipartUploadsResult>")

    def claim(self, number):
        self.counts["claim"] += 1
        state = [{"state": "accepted", "answer": {}}, {"state": "refused", "error": "No"}, None][number // self.old % 3]
        if state is None:
            return "404 Not Found", "", f"{XML}<Error><Code>NoSuchKey</Code></Error>"
        return "200 OK", 'ETag: "1"\r\n', json.dumps({
            "version": 1, "upload_key": f"frodo/{number:012}.txt", "etag": f"{number:032x}", "storage_key": "frodo/x",
            "owner": "frodo/", "type": "text/plain", "name": "x", "size": 7, "time": 1577836800, **state})


class Connection(asyncio.Protocol):
    def __init__(self, store):
        self.store, self.rest = store, b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.rest += data
        while b"\r\n\r\n" in self.rest:
            head, _, self.rest = self.rest.partition(b"\r\n\r\n")
            method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
            status, more, body = self.store.answer(method, target)
            content = (body or "").encode()
            length = "" if status.startswith("204") else f"Content-Length: {7 if body is None else len(content)}\r\n"
            date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime())
            self.transport.write(f"HTTP/1.1 {status}\r\nDate: {date}\r\n{more}{length}\r\n".encode() + content)


async def serve(store):
    server = await asyncio.get_running_loop().create_server(lambda: Connection(store), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


# --- for tests -------------------------------------------------------------------------------------------------------

CONFIGURATION = """\
[s3]
endpoint = "{url}"
region = "us-east-1"
addressing = "path"

[uploads]
bucket = "uploads"
access_key_id = "A"
secret_access_key = "uploads-secret-uploads-secret"

[storage]
bucket = "storage"
access_key_id = "B"
secret_access_key = "storage-secret-storage-secret"
"""

# Starts a program and says behind its output how large it was at most, however soon it ended. To the kernel a process is
# at least as large as the one that it was started from: that has to be smaller, as this is and a run of tests is not.
MEASURED = """
import os, sys
_, status, used = os.wait4(os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ), 0)
print(used.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""


class Endless:
    """Such a store in a process of its own, and the sweep of it."""

    def __init__(self, keys, stale=0, old=100):
        self.directory = temporary_directory()
        self.process = subprocess.Popen([sys.executable, __file__, str(keys), str(stale), str(old)],
                                        stdout=subprocess.PIPE, text=True)
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}"
        self.config = self.directory / "countersign.toml"
        self.config.write_text(CONFIGURATION.format(url=self.url))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        remove(self.directory)

    def counts(self):
        return requests.get(f"{self.url}/counts", timeout=60).json()

    def command(self, *words):
        return [str(servers.operator()), "sweep", "--config", str(self.config), *words]

    def sweep(self, *words):
        """The summary, and the most memory that the sweep took at once, in kB."""
        command = [sys.executable, "-S", "-c", MEASURED, *self.command("--json", *words)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env={"PATH": "/usr/bin:/bin"}, timeout=1800)
        assert done.returncode == 0, done.stdout
        summary, peak = done.stdout.rstrip().rsplit("\n", 1)
        return {name: value for name, value in json.loads(summary).items() if value or name == "clean"}, int(peak)


if __name__ == "__main__":
    asyncio.run(serve(Store(*map(int, sys.argv[1:]))))
