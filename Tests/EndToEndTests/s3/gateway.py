#!/usr/bin/python3
"""A throw-away S3 for tests and demos: Ceph's RADOS Gateway with one monitor and one in-memory store, on loopback only.

    gateway.py up DIR [--origin URL]...    start, make users and buckets, write DIR/s3.json and DIR/s3.sh
    gateway.py down DIR                    stop exactly what `up` started, by process id

It verifies every signature and every POST policy, which is why it is here: what it accepts was signed truthfully.
Debian packages: radosgw ceph-mon ceph-osd python3-boto3 (python3-rados comes with them).

Two users, as in production. `uploader` signs what browsers send and may only write to the bucket `uploads`; `keeper`
owns both buckets, reads `uploads` and writes `storage`.
"""

import argparse
import base64
import contextlib
import json
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

REGION = "us-east-1"
PATIENCE = 150  # seconds for the whole start; it takes one or two
POOLS = [".rgw.root"] + ["default.rgw." + p for p in
                         ("log", "control", "meta", "buckets.index", "buckets.data", "buckets.non-ec")]
USERS = {
    "uploader": ("UPLOADERACCESSKEY000", "uploader-secret-for-tests-0000000000000000"),
    "keeper": ("KEEPERACCESSKEY00000", "keeper-secret-for-tests-000000000000000000"),
}

CONFIGURATION = """\
[global]
fsid = {fsid}
mon_host = [v2:127.0.0.1:{mon_port}/0]
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
ms_bind_msgr1 = false
ms_bind_ipv6 = false
ms_async_op_threads = 1
# the gateway cannot talk to a monitor without authentication (EACCES)
auth_cluster_required = cephx
auth_service_required = cephx
auth_client_required = cephx
keyring = {state}/keyring
run_dir = {run}
admin_socket = {run}/$name.asok
crash_dir = {state}/log
log_file = {state}/log/$name.log
log_to_stderr = false
mon_cluster_log_to_file = false
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
rgw_rados_pool_pg_num_min = 1
# otherwise a client now and then sleeps for the five seconds between two ticks
objecter_tick_interval = 0.3

[mon]
mon_data = {state}/mon
public_addrv = [v2:127.0.0.1:{mon_port}/0]
# one monitor has nobody to agree with: commit at once
paxos_propose_interval = 0.02
paxos_min_wait = 0.01
mon_tick_interval = 1
mon_data_avail_crit = 1
mon_data_avail_warn = 1
auth_allow_insecure_global_id_reclaim = true

[osd]
osd_data = {state}/osd
osd_objectstore = memstore
memstore_device_bytes = 2147483648
osd_class_load_list = *
osd_class_default_list = *
osd_max_scrubs = 0
osd_op_num_shards = 1
osd_mclock_skip_benchmark = true
osd_heartbeat_grace = 3600
osd_max_object_name_len = 2048

[client]
rados_mon_op_timeout = {patience}
client_mount_timeout = {patience}
rgw_data = {state}/rgw
rgw_frontends = beast endpoint=127.0.0.1:{port} tcp_nodelay=1
rgw_dns_name = localhost
rgw_thread_pool_size = 16
rgw_num_rados_handles = 1
rgw_num_control_oids = 1
rgw_override_bucket_index_max_shards = 1
rgw_dynamic_resharding = false
rgw_gc_max_objs = 1
rgw_lc_max_objs = 1
rgw_objexp_hints_num_shards = 1
rgw_md_log_max_shards = 1
rgw_data_log_num_shards = 1
rgw_usage_max_shards = 1
rgw_enable_quota_threads = false
rgw_enable_usage_log = false
rgw_run_sync_thread = false
rgw_crypt_require_ssl = false
rgw_s3_auth_use_sts = true
# a topic may hold a password only where it came encrypted, or seems to have
rgw_trust_forwarded_https = true
rgw_sts_key = sixteen-byte-key
# a role's credentials may end while a test looks on
rgw_sts_min_session_duration = 1
# a thousand parts need not be five gigabytes
rgw_multipart_min_part_size = 1
"""


def free_port():
    """A loopback port nobody holds, below the range from which outgoing connections take theirs."""
    first, last = map(int, os.environ.get("TEST_PORTS", "20000-31999").split("-"))
    for _ in range(200):
        port = random.randint(first, last)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise SystemExit("no free port on 127.0.0.1")


class Gateway:
    def __init__(self, state):
        self.state = Path(state).resolve()
        self.conf = self.state / "ceph.conf"
        self.deadline = time.monotonic() + PATIENCE

    def path(self, name):
        return self.state / name

    # --- processes -------------------------------------------------------------------------------------------------

    def ceph(self, program, *arguments):
        return [program, "-c", str(self.conf), "--no-mon-config", *map(str, arguments)]

    def start(self, name, command):
        with open(self.path("log") / (name + ".out"), "wb") as out:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                       start_new_session=True)
        with open(self.path("pids"), "a") as pids:
            print(process.pid, name, file=pids)
        return process

    def finish(self, name, process):
        if process.wait(timeout=max(1, self.deadline - time.monotonic())) != 0:
            raise RuntimeError(f"{name} failed")

    def is_ours(self, pid):
        """Guards against a process id that was given to somebody else meanwhile."""
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False
        return str(self.conf).encode() in words

    def down(self):
        pids = self.path("pids")
        started = [int(line.split()[0]) for line in pids.read_text().splitlines()] if pids.exists() else []
        for pid in reversed(started):
            if self.is_ours(pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)  # nothing here is to be kept
        end = time.monotonic() + 10
        while any(self.is_ours(pid) and not self.is_zombie(pid) for pid in started) and time.monotonic() < end:
            time.sleep(0.02)
        run = self.path("run")
        if run.is_symlink():
            shutil.rmtree(run.resolve(), ignore_errors=True)
        shutil.rmtree(self.state, ignore_errors=True)

    @staticmethod
    def is_zombie(pid):
        try:
            return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
        except OSError:
            return True

    # --- the cluster -----------------------------------------------------------------------------------------------

    def write_keyring(self):
        def key():
            return base64.b64encode(struct.pack("<HIIH", 1, int(time.time()), 0, 16) + os.urandom(16)).decode()

        def entity(name, **capabilities):
            lines = [f"[{name}]", f"\tkey = {key()}"]
            return "\n".join(lines + [f'\tcaps {who} = "{what}"' for who, what in capabilities.items()])

        everything = dict(mon="allow *", mgr="allow *", osd="allow *")
        self.path("keyring").write_text("\n".join([
            entity("mon.", mon="allow *"),
            entity("client.admin", **everything, mds="allow *"),
            entity("client.rgw", **everything),
            entity("osd.0", mon="profile osd", mgr="profile osd", osd="allow *"),
        ]) + "\n")
        self.path("keyring").chmod(0o600)

    def tell_monitor(self, osd_uuid):
        import rados
        cluster = rados.Rados(conffile=str(self.conf), name="client.admin")
        cluster.connect(timeout=PATIENCE)
        failures = []

        def command(prefix, **arguments):
            code, _, message = cluster.mon_command(json.dumps(dict(arguments, prefix=prefix)), b"")
            if code:
                failures.append(f"{prefix}: {code} {message}")

        def make(pool):
            command("osd pool create", pool=pool, pg_num=1, pgp_num=1)
            command("osd pool application enable", pool=pool, app="rgw")

        command("osd new", uuid=osd_uuid)
        makers = [threading.Thread(target=make, args=(pool,)) for pool in POOLS]
        for maker in makers:
            maker.start()
        for maker in makers:
            maker.join()
        cluster.shutdown()
        if failures:
            raise RuntimeError("; ".join(failures))

    def make_user(self, name):
        access, secret = USERS[name]
        with open(self.path("log") / f"user-{name}.out", "wb") as out:
            subprocess.run(
                self.ceph("radosgw-admin", "-n", "client.rgw", "user", "create", "--uid", name, "--display-name", name,
                          "--access-key", access, "--secret-key", secret, "--caps", "user-policy=*;roles=*"),
                check=True, stdout=out, stderr=out, timeout=PATIENCE)

    def wait_until_it_answers(self, process):
        while time.monotonic() < self.deadline:
            if process.poll() is not None:
                raise RuntimeError("radosgw ended")
            try:
                urllib.request.urlopen(self.url, timeout=2).close()
                return
            except urllib.error.HTTPError as error:
                error.close()
                if error.code < 500:
                    return
            except OSError:
                pass
            time.sleep(0.03)
        raise RuntimeError("radosgw does not answer")

    # --- buckets ---------------------------------------------------------------------------------------------------

    def client(self, user="keeper"):
        return client(self.url, user)

    def make_buckets(self, origins):
        s3 = self.client()
        for bucket in ("uploads", "storage"):
            s3.create_bucket(Bucket=bucket)
        let_upload(s3, "uploads")
        allow_origins(s3, origins)

    def up(self, origins):
        self.state.mkdir(parents=True, exist_ok=True)
        if self.path("pids").exists():
            raise SystemExit(f"{self.state} is in use: run down first")
        for name in ("log", "mon", "osd", "rgw"):
            self.path(name).mkdir(exist_ok=True)
        self.path("pids").touch()
        # the path of a unix socket holds 107 bytes at most
        run = tempfile.mkdtemp(prefix="countersign-s3.", dir="/tmp")
        self.path("run").symlink_to(run)
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.conf.write_text(CONFIGURATION.format(
            fsid=uuid.uuid4(), mon_port=free_port(), port=port, state=self.state, run=run, patience=PATIENCE))
        self.write_keyring()

        osd_uuid = str(uuid.uuid4())
        preparations = {
            "mon-mkfs": self.ceph("ceph-mon", "-i", "a", "--mkfs", "--keyring", self.path("keyring")),
            "osd-mkfs": self.ceph("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd_uuid),
        }
        running = [(name, self.start(name, command)) for name, command in preparations.items()]
        for name, process in running:
            self.finish(name, process)
        self.start("mon", self.ceph("ceph-mon", "-i", "a", "-f"))
        self.tell_monitor(osd_uuid)
        self.start("osd", self.ceph("ceph-osd", "-i", "0", "-f"))
        for name in USERS:  # the first call also writes the default zone, so that the gateway finds it
            self.make_user(name)
        self.wait_until_it_answers(self.start("rgw", self.ceph("radosgw", "-n", "client.rgw", "-f")))
        self.make_buckets(origins)

        facts = dict(url=self.url, port=port, region=REGION, uploads="uploads", storage="storage",
                     **{f"{user}_{what}": USERS[user][n] for user in USERS for n, what in enumerate(("key", "secret"))})
        self.path("s3.json").write_text(json.dumps(facts, indent=1) + "\n")
        self.path("s3.sh").write_text("".join(f"S3_{name.upper()}={value}\n" for name, value in facts.items()))
        return facts


def client(url, user="keeper"):
    import boto3
    from botocore.config import Config
    access, secret = USERS[user]
    return boto3.client("s3", endpoint_url=url, region_name=REGION, aws_access_key_id=access,
                        aws_secret_access_key=secret,
                        config=Config(signature_version="s3v4", s3={"addressing_style": "path"},
                                      retries={"max_attempts": 1}))


def temporary_credentials(url, user="keeper"):
    """A key, its secret and its token, good for a quarter of an hour; S3 takes none of them without the others."""
    import boto3
    access, secret = USERS[user]
    given = dict(endpoint_url=url, region_name=REGION, aws_access_key_id=access, aws_secret_access_key=secret)
    boto3.client("iam", **given).put_user_policy(
        UserName=user, PolicyName="session", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ["sts:GetSessionToken"], "Resource": "*"}]}))
    return boto3.client("sts", **given).get_session_token(DurationSeconds=900)["Credentials"]


def compact(statements):
    """A policy without spaces: boto3 sends them as `+`, which Ceph's STS takes for a plus."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))


def service(url, name, user):
    """STS or IAM, for one user."""
    import boto3
    from botocore.config import Config
    access, secret = USERS[user]
    # boto3 itself refuses what lasts less than a quarter of an hour
    return boto3.client(name, endpoint_url=url, region_name=REGION, aws_access_key_id=access,
                        aws_secret_access_key=secret, config=Config(parameter_validation=False))


def make_role(url, name, user, statements, trust=()):
    """A role that the user may assume, and its ARN; `trust` holds more statements about who may."""
    iam = service(url, "iam", "keeper")
    allowed = {"Effect": "Allow", "Principal": {"AWS": [f"arn:aws:iam:::user/{user}"]}, "Action": ["sts:AssumeRole"]}
    document = compact([allowed, *trust])
    try:
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document, Path="/")["Role"]["Arn"]
    except iam.exceptions.ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 409:
            raise
        role = f"arn:aws:iam:::role/{name}"
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=document)
    iam.put_role_policy(RoleName=name, PolicyName="rights", PolicyDocument=compact(statements))
    return role


def assume_role(url, role, user, seconds):
    return service(url, "sts", user).assume_role(
        RoleArn=role, RoleSessionName="tests", DurationSeconds=seconds)["Credentials"]


def allow_origins(s3, origins, bucket="uploads"):
    """Lets pages of these origins upload from scripts and read the answers."""
    if origins:
        s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [{
            "AllowedOrigins": list(origins), "AllowedMethods": ["POST", "PUT", "DELETE"], "AllowedHeaders": ["*"],
            "ExposeHeaders": ["ETag", "Location"], "MaxAgeSeconds": 60}]})


UPLOADING = ["s3:PutObject", "s3:PutObjectAcl", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]


def let_upload(s3, bucket):
    """Gives the key that signs the rights that it needs in this bucket."""
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam:::user/uploader"]},
         "Action": UPLOADING, "Resource": [f"arn:aws:s3:::{bucket}/*"]},
        {"Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam:::user/keeper"]},
         "Action": ["s3:*"], "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]},
    ]}))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=("up", "down"))
    parser.add_argument("directory")
    parser.add_argument("--origin", action="append", default=[], help="an origin whose pages may upload from scripts")
    arguments = parser.parse_args()
    gateway = Gateway(arguments.directory)
    if arguments.action == "down":
        gateway.down()
        return
    try:
        facts = gateway.up(arguments.origin)
    except BaseException as error:
        for log in sorted(gateway.path("log").glob("*.out")):
            tail = log.read_text(errors="replace").splitlines()[-3:]
            print(*(f"{log.name}: {line}" for line in tail), sep="\n", file=sys.stderr)
        gateway.down()
        if isinstance(error, Exception):
            raise SystemExit(f"the S3 gateway did not start: {error}")
        raise
    print(facts["url"])


if __name__ == "__main__":
    main()
