"""A site with two buckets of its own, whose uploads are completed without their browsers."""

import contextlib
import json

import gateway
import processes
import servers

TOKEN = "events-token-of-tests-0000000000000000000"


def buckets(s3, name):
    """The facts of `s3` with two new buckets, and their owner's client."""
    client = gateway.client(s3["url"])
    uploads, storage = f"{name}-uploads", f"{name}-storage"
    for bucket in (uploads, storage):
        client.create_bucket(Bucket=bucket)
    return dict(s3, uploads=uploads, storage=storage), client


def configured(s3, more="", uploads=""):
    """The program with these lines at the end of its configuration, and of [uploads]; not started."""
    program = servers.Countersign(s3)
    token = program.directory / "events.token"
    token.write_text(TOKEN + "\n")
    token.chmod(0o600)
    processes.give(token)
    text = program.config.read_text().replace("[storage]\n", f"{uploads}\n[storage]\n")
    program.config.write_text(text + more.format(token=token))
    return program


@contextlib.contextmanager
def running(desk):
    """A desk's program behind nginx, with the desk's hook; it then knows its URL."""
    with contextlib.ExitStack() as stack:
        stack.callback(desk.hook.stop)
        stack.callback(desk.program.stop)
        desk.program.start()
        nginx = servers.Nginx(desk.program.socket, servers=servers.NGINX_BASIC)
        stack.callback(nginx.stop)
        desk.url = nginx.start().url("basic")
        yield desk


def keys(client, bucket, prefix=""):
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [entry["Key"] for page in pages for entry in page.get("Contents", [])]


def stored(client, bucket):
    """The keys of what was completed, without the claims."""
    return [key for key in keys(client, bucket) if not key.startswith(".countersign/")]


def claims(client, bucket):
    found = [key for key in keys(client, bucket, ".countersign/claims/") if not key.endswith("/probe")]
    return [json.loads(client.get_object(Bucket=bucket, Key=key)["Body"].read()) for key in found]
