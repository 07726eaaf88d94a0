"""Real parts for every test: an S3 that verifies signatures, the built program, nginx, Apache three ways, Chromium."""

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "lib"))
sys.path.insert(0, str(HERE / "s3"))

import pytest  # noqa: E402

import gateway  # noqa: E402
import processes  # noqa: E402
import servers  # noqa: E402

# What takes minutes runs by Tests/slow.sh only.
collect_ignore = [] if os.environ.get("COUNTERSIGN_TESTS_ARE_SLOW") else ["slow"]

SITES = ["nginx", "apache-proxy_fcgi", "apache-fcgid", "apache-cgi"]


@pytest.fixture(scope="session")
def s3():
    """The running S3's facts: url, buckets, keys."""
    directory = processes.temporary_directory()
    command = [sys.executable, str(HERE / "s3/gateway.py")]
    try:
        subprocess.run([*command, "up", str(directory)], check=True, stdout=subprocess.DEVNULL, timeout=180)
        yield json.loads((directory / "s3.json").read_text())
    finally:
        subprocess.run([*command, "down", str(directory)], check=True, timeout=60)


class Store:
    """What is in the buckets, seen with the owner's key."""

    def __init__(self, s3):
        self.client = gateway.client(s3["url"])

    def get(self, key, bucket="uploads"):
        answer = self.client.get_object(Bucket=bucket, Key=key)
        return answer["Body"].read(), answer

    def keys(self, bucket="uploads"):
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        return {entry["Key"] for entry in itertools.chain.from_iterable(page.get("Contents", []) for page in pages)}


@pytest.fixture(scope="session")
def store(s3):
    return Store(s3)


@pytest.fixture(scope="session")
def countersign(s3):
    program = servers.Countersign(s3)
    try:
        yield program.start()
    finally:
        program.stop()


@pytest.fixture(scope="session")
def nginx(countersign):
    server = servers.Nginx(countersign.socket)
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture(scope="session")
def apache(countersign):
    server = servers.Apache(countersign)
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture(scope="session")
def sites(nginx, apache, s3):
    """All ways to run the program, by name; S3 lets their pages upload."""
    found = {site.name: site for site in nginx.sites() + apache.sites()}
    gateway.allow_origins(gateway.client(s3["url"]), [site.url for site in found.values()])
    return found


@pytest.fixture(params=SITES)
def site(request, sites):
    return sites[request.param]


@pytest.fixture(scope="session")
def browsers():
    from browser import Browsers
    running = Browsers()
    try:
        yield running
    finally:
        running.close()
