"""Sites on which the HTTP API is tried: everything switched on, with S3 and without; only signing; nobody logged in."""

import re

import gateway
import latecomers
import processes
import servers
from presigned import Desk

RECEIPT = "receipt-secret-of-tests-00000000000000000"

EVERYTHING = """
[events]
token_file = "{directory}/events.token"

[receipt]
secret_file = "{directory}/receipt.secret"

[operations]
public = ["health", "time", "ready", "metrics"]

[profiles.put]
method = "put"

[profiles.at_once]
complete_on_multipart = true

[profiles.few]
quota_requests = 3
quota_bytes = 1000
quota_open_uploads = 1

[quotas]
file = "{directory}/quotas"
"""

LENDING = """
[browser_credentials]
role_arn = "{role}"
"""

PROFILED = """\
        location ^~ /{profile}/ {{{{
            set $countersign_user $remote_user;
            fastcgi_param COUNTERSIGN_PROFILE {profile};
            include {{directory}}/countersign.conf;
        }}}}
"""


class Site(Desk):
    """A desk of its own; `change` makes another configuration of the usual one. `apache` is one of its three ways."""

    def __init__(self, s3, change, server=servers.NGINX_BASIC, profiles=(), port="basic", apache=None):
        self.s3 = s3
        self.program = servers.Countersign(s3, max_size="5TiB")
        for name, text in (("events.token", latecomers.TOKEN), ("receipt.secret", RECEIPT)):
            path = self.program.directory / name
            path.write_text(text + "\n")
            path.chmod(0o600)
            processes.give(path)
        text = change(self.program.config.read_text())
        self.program.config.write_text(text.replace("{directory}", str(self.program.directory)))
        if apache:
            self.server = servers.Apache(self.program, ways=(apache,))
            self.url = self.server.url(apache)
            return
        locations = "".join(PROFILED.format(profile=profile) for profile in profiles)
        self.server = servers.Nginx(self.program.socket, servers=server.replace(
            "        location /own/", locations + "        location /own/"))
        self.url = self.server.url(port)

    def is_alive(self):
        return self.program.process.process.poll() is None


def everything(s3):
    """Every route is switched on, every status is real; the buckets are this site's own."""
    facts, client = latecomers.buckets(s3, "api")
    gateway.let_upload(client, facts["uploads"])
    role = gateway.make_role(s3["url"], "api-browsers", "uploader", [
        {"Effect": "Allow", "Action": gateway.UPLOADING, "Resource": [f"arn:aws:s3:::{facts['uploads']}/*"]}])
    return Site(facts, lambda text: switched_on(text) + LENDING.format(role=role), profiles=("put", "at_once", "few"))


def switched_on(text):
    text = text.replace("[server]\n", '[server]\niframe_errors = "never"\n')
    return text.replace("[rules]\n", "[rules]\nsession = true\ndelete = true\n") + EVERYTHING


def without_s3(s3):
    """The same, and nobody answers where S3 should be."""
    def change(text):
        text = text.replace(s3["url"], f"http://127.0.0.1:{processes.free_port()}")
        role = LENDING.format(role="arn:aws:iam::123456789012:role/browsers")
        return switched_on(text).replace("[server]\n", "[server]\ndeadline = 2\n") + role

    return Site(s3, change)


def signing_only(s3, **more):
    """As little as will start: no storage, no secret for tickets."""
    def change(text):
        return re.sub(r"\[storage\]\n(.+\n)*", "", re.sub(r"secret_file = .*seal.*\n", "", text))

    return Site(s3, change, **more)


def anonymous(s3):
    """Nobody logs in; each browser gets a prefix of its own."""
    return Site(s3, lambda text: text.replace("[identity]\n", "[identity]\nanonymous = true\n"),
                server=servers.NGINX_OPEN, port="open")
