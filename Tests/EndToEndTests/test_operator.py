"""The operator's commands, run as an operator does: against a real S3, real web servers, and set-ups that are broken."""

import base64
import http.server
import json
import re
import shutil
import subprocess
import threading
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
import requests

import gateway
import processes
import servers
from documents import adapted, snippet
from faults.clock import Clock, library
from test_docs_answers import run as shell
from uploads import fields, policy, send

ORIGIN = "https://www.example.org"
UPLOADS, STORAGE = "operator-uploads", "operator-storage"
COMMANDS = ("serve", "check", "doctor", "explain", "print", "setup", "sign", "complete", "spool", "sweep")


@pytest.fixture(scope="module")
def programs():
    """Both programs in a directory of their own, as they are installed."""
    directory = processes.temporary_directory()
    for program in (servers.program(), servers.operator()):
        shutil.copy2(program, directory)
    yield directory
    processes.remove(directory)


@pytest.fixture(scope="module")
def keeper(s3):
    """The owner of two buckets of these tests' own; the uploader may write to one."""
    client = gateway.client(s3["url"])
    for bucket in (UPLOADS, STORAGE):
        client.create_bucket(Bucket=bucket)
    client.put_bucket_policy(Bucket=UPLOADS, Policy=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam:::user/uploader"]},
         "Action": ["s3:PutObject", "s3:PutObjectAcl", "s3:AbortMultipartUpload"],
         "Resource": [f"arn:aws:s3:::{UPLOADS}/*"]},
        {"Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam:::user/keeper"]},
         "Action": ["s3:*"], "Resource": [f"arn:aws:s3:::{UPLOADS}", f"arn:aws:s3:::{UPLOADS}/*"]}]}))
    return client


class Desk:
    """A configuration, and the commands run with it."""

    def __init__(self, programs, s3, directory):
        self.programs, self.s3, self.directory = programs, s3, directory
        self.settings = {
            "server": {"url": ORIGIN},
            "s3": {"endpoint": s3["url"], "region": s3["region"], "addressing": "path"},
            "uploads": {"bucket": UPLOADS, "access_key_id": s3["uploader_key"],
                        "secret_access_key": s3["uploader_secret"]},
            "storage": {"bucket": STORAGE, "access_key_id": s3["keeper_key"],
                        "secret_access_key": s3["keeper_secret"]},
            "rules": {"max_size": 1048576}}

    @property
    def config(self):
        path = self.directory / "countersign.toml"
        path.write_text("".join(
            f"[{section}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
            for section, keys in self.settings.items()))
        return path

    def run(self, *words, stdin="", environment=None, configured=True):
        command = [str(self.programs / "countersign"), *map(str, words)]
        if configured:
            command += ["--config", str(self.config)]
        result = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=120,
                                env={"PATH": "/usr/bin:/bin", **(environment or {})})
        for secret in (self.s3["uploader_secret"], self.s3["keeper_secret"]):
            assert secret not in result.stdout + result.stderr
        return result

    def doctor(self, *words, environment=None):
        """What it finds, by the check's name, and its exit status."""
        result = self.run("doctor", "--json", *words, environment=environment)
        assert result.stderr == "", result.stderr
        found = {}
        for finding in json.loads(result.stdout)["findings"]:
            assert ("mending" in finding) == (finding["state"] != "ok"), finding
            if found.get(finding["check"], {}).get("state", "ok") == "ok":
                found[finding["check"]] = finding
        failed = any(finding["state"] == "failed" for finding in found.values())
        assert result.returncode == (1 if failed else 0)
        return found

    def setup(self, *words):
        return self.run("setup", *words, environment={
            "AWS_ACCESS_KEY_ID": self.s3["keeper_key"], "AWS_SECRET_ACCESS_KEY": self.s3["keeper_secret"]})

    def explain(self, text, *words):
        result = self.run("explain", "--json", *words, stdin=text)
        assert result.returncode in (0, 1), result.stderr
        said = json.loads(result.stdout)
        return [cause["cause"] for cause in said["causes"]], said


@pytest.fixture
def desk(programs, s3, keeper, tmp_path):
    yield Desk(programs, s3, tmp_path)
    for bucket in (UPLOADS, STORAGE):
        for key in keys(keeper, bucket):
            keeper.delete_object(Bucket=bucket, Key=key)


@pytest.fixture
def ready(desk):
    """A desk whose buckets have their rules."""
    assert desk.setup("--apply").returncode == 0
    return desk


def keys(client, bucket):
    return [entry["Key"] for entry in client.list_objects_v2(Bucket=bucket).get("Contents", [])]


# --- help ------------------------------------------------------------------------------------------------------------

def test_help_names_every_command(desk):
    for words in (["--help"], ["help"], ["-h"]):
        result = desk.run(*words, configured=False)
        assert result.returncode == 0
        for name in COMMANDS:
            assert f"\n{name} " in result.stdout
    for name in COMMANDS:
        result = desk.run("help", name, configured=False)
        assert (result.returncode, f"USAGE: countersign {name}" in result.stdout) == (0, True), result
    assert "_countersign countersign\n" in desk.run("--generate-completion-script", "bash", configured=False).stdout


@pytest.mark.skipif(not processes.is_root(), reason="only root may hide /proc")
def test_without_proc(programs):
    """Swift would look there for the words of the command line."""
    for program, said in (("countersign", "/nonexistent: there is no such file"),
                          ("countersign-operator", "run `countersign check`")):
        result = subprocess.run(
            ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /proc && exec "$@"', "sh", str(programs / program),
             "check", "--config", "/nonexistent"], capture_output=True, text=True, timeout=60)
        assert said in result.stderr, result


def test_the_second_program_is_never_looked_for_on_the_path(programs, tmp_path):
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy2(programs / "countersign", alone)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    trap = elsewhere / "countersign-operator"
    trap.write_text("#!/bin/sh\necho trapped\n")
    trap.chmod(0o755)
    result = subprocess.run([str(alone / "countersign"), "doctor", "--help"], capture_output=True, text=True, timeout=30,
                            env={"PATH": f"{elsewhere}:/usr/bin:/bin"}, cwd=elsewhere)
    assert "trapped" not in result.stdout
    if not Path("/usr/libexec/countersign/countersign-operator").exists():
        assert result.returncode == 1
        assert "countersign-operator is not installed" in result.stderr


@pytest.mark.parametrize("words, status", [
    (["doctor", "--surprise"], 64), (["print", "nonsense"], 64), (["print"], 64), (["setup", "--days", "0"], 64),
    (["doctor", "--url", "www.example.org"], 64), (["setup", "--access-key-id", "A"], 64),
    (["print", "cors", "--origin", "https://www.example.org/path"], 64)])
def test_wrong_words(desk, words, status):
    assert desk.run(*words).returncode == status


def test_a_wrong_configuration(desk):
    desk.settings["s3"]["endpoint"] = "nowhere"
    for words in (["doctor"], ["print", "cors"], ["setup"], ["explain"]):
        result = desk.run(*words)
        assert result.returncode == 78
        assert "s3.endpoint" in result.stderr


# --- setup -----------------------------------------------------------------------------------------------------------

def test_setup_shows_then_puts_then_is_content(desk, keeper):
    for forget in (keeper.delete_bucket_cors, keeper.delete_bucket_lifecycle):
        forget(Bucket=UPLOADS)
    keeper.put_bucket_cors(Bucket=UPLOADS, CORSConfiguration={"CORSRules": [
        {"ID": "others", "AllowedOrigins": ["https://other.example.org"], "AllowedMethods": ["GET"]},
        {"ID": "countersign", "AllowedOrigins": ["https://old.example.org"], "AllowedMethods": ["POST"]}]})
    shown = desk.setup()
    assert shown.returncode == 1
    assert "+        <AllowedOrigin>https://www.example.org</AllowedOrigin>" in shown.stdout
    assert "-        <AllowedOrigin>https://old.example.org</AllowedOrigin>" in shown.stdout
    assert "the lifecycle rules are missing" in shown.stdout
    assert len(keeper.get_bucket_cors(Bucket=UPLOADS)["CORSRules"]) == 2
    with pytest.raises(keeper.exceptions.ClientError):
        keeper.get_bucket_lifecycle_configuration(Bucket=UPLOADS)

    applied = desk.setup("--apply")
    assert applied.returncode == 0, applied.stdout + applied.stderr
    rules = {rule["ID"]: rule for rule in keeper.get_bucket_cors(Bucket=UPLOADS)["CORSRules"]}
    assert rules["countersign"]["AllowedOrigins"] == [ORIGIN]
    assert set(rules["countersign"]["ExposeHeaders"]) == {"ETag", "Location"}
    assert rules["others"]["AllowedOrigins"] == ["https://other.example.org"]
    lifecycle, = keeper.get_bucket_lifecycle_configuration(Bucket=UPLOADS)["Rules"]
    assert lifecycle["Expiration"]["Days"] == 1
    assert lifecycle["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"] == 1
    stored, = keeper.get_bucket_lifecycle_configuration(Bucket=STORAGE)["Rules"]
    assert "Expiration" not in stored

    again = desk.setup()
    assert (again.returncode, again.stdout.count("as they should be")) == (0, 3)
    assert desk.setup("--apply", "--days", "7").returncode == 0
    lifecycle, = keeper.get_bucket_lifecycle_configuration(Bucket=UPLOADS)["Rules"]
    assert lifecycle["Expiration"]["Days"] == 7


def test_setup_needs_an_administrator(desk, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text(desk.s3["uploader_secret"] + "\n")
    refused = desk.run("setup", "--access-key-id", desk.s3["uploader_key"], "--secret-access-key-file", secret)
    assert refused.returncode == 1
    assert "AccessDenied" in refused.stderr
    secret.write_text(desk.s3["keeper_secret"] + "\n")
    assert desk.run("setup", "--apply", "--access-key-id", desk.s3["keeper_key"], "--secret-access-key-file",
                    secret).returncode == 0


def test_setup_without_an_origin_says_so(desk):
    del desk.settings["server"]["url"]
    result = desk.setup("--apply")
    assert result.returncode == 1
    assert "--origin" in result.stderr
    assert desk.setup("--apply", "--origin", ORIGIN).returncode == 0


# --- doctor and S3 ---------------------------------------------------------------------------------------------------

def test_a_healthy_desk(ready, keeper):
    before = keys(keeper, UPLOADS), keys(keeper, STORAGE)
    found = ready.doctor()
    # Ceph lets whoever uploaded an object read it, and this release copies without looking at the condition.
    unwell = {check for check, finding in found.items() if finding["state"] != "ok"}
    assert unwell <= {"key_reads", "conditional_copy"}, found
    assert {"credentials_uploads", "credentials_storage", "endpoint", "clock", "signature", "key_lists", "form",
            "form_over_size", "form_wrong_key", "form_tampered", "form_version_2", "unicode", "put", "put_over_size",
            "put_wrong_key", "put_tampered", "parts", "cors", "cors_etag", "cors_location", "cors_strangers", "public",
            "key_deletes", "key_writes_storage", "conditional_write", "storage_reads", "storage_lists", "multipart",
            "lifecycle", "lifecycle_parts", "lifecycle_claims"} <= set(found)
    assert (keys(keeper, UPLOADS), keys(keeper, STORAGE)) == before
    for bucket in (UPLOADS, STORAGE):
        assert not keeper.list_multipart_uploads(Bucket=bucket).get("Uploads")


def test_for_people(ready):
    result = ready.run("doctor")
    assert result.returncode == 0
    assert "ok       form: S3 takes a signed form of version 4\n" in result.stdout
    assert "failed" in result.stdout.splitlines()[-1]
    assert "\x1b" not in result.stdout + result.stderr


def test_objects_that_cannot_be_removed_are_named(ready, keeper):
    # a storage key that may do nothing in the uploads bucket, and an upload key that may not delete
    ready.settings["storage"].update(access_key_id=ready.s3["uploader_key"],
                                     secret_access_key=ready.s3["uploader_secret"])
    found = ready.doctor()
    left = keys(keeper, UPLOADS)
    assert left and all(f"{UPLOADS}/{key}" in found["cleared"]["message"] for key in left)


def wrong(**changes):
    def change(desk):
        for name, value in changes.items():
            section, key = name.split("__")
            desk.settings[section][key] = value
    return change


@pytest.mark.parametrize("change, check, state, words", [
    # with temporary credentials switched on, Ceph says no more than AccessDenied to these two
    (wrong(uploads__secret_access_key="wrong"), "signature", "failed", "S3 answers 403"),
    (wrong(uploads__access_key_id="AKIAUNKNOWN"), "signature", "failed", "S3 answers 403"),
    (wrong(storage__secret_access_key="wrong"), "conditional_write", "failed", "takes nothing"),
    (wrong(uploads__bucket="no-such-bucket"), "signature", "failed", "NoSuchBucket"),
    (wrong(s3__endpoint="http://127.0.0.1:9"), "endpoint", "failed", "nobody answers"),
    (wrong(server__url="https://strange.example.org"), "cors", "failed", "https://strange.example.org"),
    (wrong(rules__delete=True), "form", "ok", ""),
    (wrong(storage__claims=".elsewhere/"), "lifecycle_claims", "ok", ""),
], ids=["secret", "key", "storage-secret", "bucket", "endpoint", "origin", "delete", "claims"])
def test_what_is_wrong_is_found(ready, change, check, state, words):
    change(ready)
    finding = ready.doctor()[check]
    assert finding["state"] == state
    assert words in finding["message"]


def test_missing_rules_are_found(desk, keeper):
    for bucket in (UPLOADS, STORAGE):
        keeper.delete_bucket_cors(Bucket=bucket)
        keeper.delete_bucket_lifecycle(Bucket=bucket)
    found = desk.doctor()
    assert {found[check]["state"] for check in ("lifecycle", "lifecycle_parts")} == {"warning"}
    assert found["cors"]["state"] == "failed"
    assert "setup --apply" in found["cors"]["mending"]


def test_rules_that_harm_are_found(ready, keeper):
    keeper.put_bucket_cors(Bucket=UPLOADS, CORSConfiguration={"CORSRules": [
        {"AllowedOrigins": ["*"], "AllowedMethods": ["POST", "PUT"], "AllowedHeaders": ["*"]}]})
    keeper.put_bucket_lifecycle_configuration(Bucket=STORAGE, LifecycleConfiguration={"Rules": [
        {"ID": "all", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 30}}]})
    found = ready.doctor()
    assert found["cors_strangers"]["state"] == "warning"
    assert found["cors_etag"]["state"] == "warning"
    assert found["lifecycle_claims"]["state"] == "failed"


def test_a_key_that_can_too_much_is_found(ready):
    ready.settings["uploads"].update(access_key_id=ready.s3["keeper_key"],
                                     secret_access_key=ready.s3["keeper_secret"])
    found = ready.doctor()
    assert {found[check]["state"] for check in ("key_lists", "key_reads", "key_deletes")} == {"warning"}
    assert found["key_writes_storage"]["state"] == "failed"


def test_a_key_that_cannot_give_up_parts_is_found(ready, keeper):
    text = keeper.get_bucket_policy(Bucket=UPLOADS)["Policy"]
    keeper.put_bucket_policy(Bucket=UPLOADS, Policy=text.replace('"s3:AbortMultipartUpload"', '"s3:PutObject"'))
    try:
        assert ready.doctor()["parts"]["state"] == "warning"
        assert not keeper.list_multipart_uploads(Bucket=UPLOADS).get("Uploads")
    finally:
        keeper.put_bucket_policy(Bucket=UPLOADS, Policy=text)


def test_a_public_bucket_is_found(ready, keeper):
    text = keeper.get_bucket_policy(Bucket=UPLOADS)["Policy"]
    document = json.loads(text)
    document["Statement"].append({"Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject"],
                                  "Resource": [f"arn:aws:s3:::{UPLOADS}/*"]})
    keeper.put_bucket_policy(Bucket=UPLOADS, Policy=json.dumps(document))
    try:
        assert ready.doctor()["public"]["state"] == "failed"
    finally:
        keeper.put_bucket_policy(Bucket=UPLOADS, Policy=text)


@pytest.mark.parametrize("seconds, state", [(0, "ok"), (20, "warning"), (-1020, "failed"), (1020, "failed")])
def test_a_wrong_clock_is_found(ready, tmp_path, seconds, state):
    if library() is None:
        pytest.skip("there is no C compiler")
    clock = Clock(tmp_path, seconds)
    found = ready.doctor(environment=clock.environment())
    assert found["clock"]["state"] == state
    if abs(seconds) == 1020:
        assert "17 minutes" in found["clock"]["message"]


class Answering:
    """A server that gives every request one answer."""

    def __init__(self, status, body, headers=()):
        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self):
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            do_GET = do_PUT = do_POST = do_HEAD = do_OPTIONS = do_DELETE = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


@pytest.mark.parametrize("status, xml, words", [
    (400, "<Code>AuthorizationHeaderMalformed</Code><Message>the region 'us-east-1' is wrong</Message>"
          "<Region>eu-west-3</Region>", 'S3 expects the region "eu-west-3"'),
    (301, "<Code>PermanentRedirect</Code><Endpoint>operator-uploads.s3.eu-west-3.amazonaws.com</Endpoint>",
     "operator-uploads.s3.eu-west-3.amazonaws.com"),
])
def test_a_wrong_region_is_found(desk, status, xml, words):
    """Ceph takes any region, so these are Amazon's answers."""
    with Answering(status, f"<Error>{xml}</Error>".encode(), [("Content-Type", "application/xml")]) as amazon:
        desk.settings["s3"]["endpoint"] = amazon.url
        finding = desk.doctor()["signature"]
    assert finding["state"] == "failed"
    assert words in finding["message"]
    assert "s3." in finding["mending"]


def test_a_store_that_enforces_nothing_is_found(desk):
    with Answering(200, b"", [("ETag", '"00000000000000000000000000000000"')]) as store:
        desk.settings["s3"]["endpoint"] = store.url
        found = desk.doctor()
    for check in ("form_over_size", "form_wrong_key", "form_tampered", "put_over_size", "put_wrong_key",
                  "put_tampered", "conditional_write", "public"):
        assert found[check]["state"] == "failed", check


ROLE = "operator-browsers"


def test_doctor_tries_a_browsers_key(ready, s3, keeper, tmp_path):
    """With the role as it is printed all is well, but for two faults of Ceph's; with a wider trust the key lends itself."""
    ready.settings["browser_credentials"] = {"role_arn": f"arn:aws:iam:::role/{ROLE}", "duration": 900}
    script = adapted(snippet("docs/temporary-credentials.md", "The role", "sh"), {
        "example-browsers": ROLE, ">iam.json": "| sed s,user/countersign-uploads,user/uploader, >iam.json"})
    result = shell(script, s3, tmp_path, COUNTERSIGN_CONFIG=str(ready.config))
    assert result.returncode == 0, result.stderr
    allow, deny = json.loads((tmp_path / "trust.json").read_text())["Statement"]
    assert allow["Principal"] == {"AWS": ["arn:aws:iam:::user/uploader"]} and deny["Effect"] == "Deny"
    found = ready.doctor()
    assert found["browser_key"]["state"] == "ok" and re.search("1[45] minutes", found["browser_key"]["message"])
    for check in ("writes", "reads", "outside", "lists", "writes_storage", "lends"):
        assert found[f"browser_key_{check}"]["state"] == "ok", found[f"browser_key_{check}"]
    assert found["browser_key_forms"]["state"] == "warning" and "stores nothing" in found["browser_key_forms"]["message"]
    assert found["browser_key_publishes"]["state"] == "failed"

    gateway.service(s3["url"], "iam", "keeper").update_assume_role_policy(
        RoleName=ROLE, PolicyDocument=gateway.compact([allow]))
    keeper.put_public_access_block(Bucket=UPLOADS, PublicAccessBlockConfiguration={
        "BlockPublicAcls": False, "IgnorePublicAcls": True, "BlockPublicPolicy": False, "RestrictPublicBuckets": False})
    try:
        found = ready.doctor()
    finally:
        keeper.delete_public_access_block(Bucket=UPLOADS)
    unwell = {check: found[check]["state"] for check in found if check.startswith("browser_") and found[check]["state"] != "ok"}
    assert unwell == {"browser_key_forms": "warning", "browser_key_lends": "failed"}


def test_doctor_gets_no_browsers_key(ready, s3):
    ready.settings["browser_credentials"] = {"role_arn": "arn:aws:iam:::role/nobody-has-it"}
    found = ready.doctor()
    assert found["browser_key"]["state"] == "failed"
    assert "STS answers 404 NoSuchEntity" in found["browser_key"]["message"]
    assert not [check for check in found if check.startswith("browser_key_")]


# --- doctor and the site ---------------------------------------------------------------------------------------------

FORGED = """\
    server {{
        listen 127.0.0.1:{open};
        location ^~ /upload/ {{
            set $countersign_user $remote_user;
            include {directory}/countersign.conf;
        }}
    }}
"""


class Site:
    """A program behind an nginx of its own, for the same buckets."""

    def __init__(self, desk, **nginx):
        self.desk = desk
        directory = self.directory = processes.temporary_directory()
        self.program = directory / "countersign"
        shutil.copy2(servers.program(), self.program)
        config = directory / "countersign.toml"
        shutil.copy(desk.config, config)
        processes.give(config)
        config.chmod(0o600)
        self.process = processes.Process(
            processes.as_server_user([str(self.program), "serve", "--listen", f"unix:{directory}/socket",
                                      "--config", str(config)]), directory / "log")
        self.process.wait_until(lambda: (directory / "socket").exists(), "the program's socket")
        self.nginx = servers.Nginx(directory / "socket", **nginx).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.nginx.stop()
        finally:
            self.process.stop()
            processes.remove(self.directory)

    def doctor(self, name="basic", *words, mount="/upload"):
        return self.desk.doctor("--url", self.nginx.url(name) + mount, *words)


def test_a_healthy_site(ready, keeper, tmp_path):
    password = tmp_path / "password"
    password.write_text(servers.PASSWORD + "\n")
    with Site(ready) as site:
        found = site.doctor("basic", "--user", "frodo", "--password-file", password)
        assert {check: found[check]["state"] for check in found if check.startswith("site")} == {
            check: "ok" for check in ("site", "site_routes", "site_user", "site_body", "site_proxy", "site_login",
                                      "site_configuration", "site_sign")}, found
        assert "frodo/" in found["site_login"]["message"]
        other = site.doctor("basic", "--user", "jürgen", "--password", servers.PASSWORD, "--header", "X-Nothing: 1")
        assert other["site_sign"]["state"] == "ok"
        assert site.doctor("basic", "--user", "frodo", "--password", "wrong")["site_login"]["state"] == "failed"
        session = site.doctor("auth_request", "--header", "X-Session: frodo")
        assert session["site_sign"]["state"] == "ok"
    assert keys(keeper, UPLOADS) == []


def test_every_way_to_run_it(site, countersign, programs, store):
    before = store.keys()
    result = subprocess.run(
        [str(programs / "countersign"), "doctor", "--json", "--config", str(countersign.config), "--origin", site.url,
         "--url", site.url + "/upload", "--user", "frodo", "--password", servers.PASSWORD],
        capture_output=True, text=True, timeout=120)
    found = {finding["check"]: finding for finding in json.loads(result.stdout)["findings"]}
    checks = ("site", "site_routes", "site_user", "site_body", "site_proxy", "site_login", "site_configuration",
              "site_sign")
    assert {check: found[check]["state"] for check in checks} == dict.fromkeys(checks, "ok"), result.stdout
    assert result.returncode == 0, result.stdout
    assert store.keys() == before


def test_sites_that_are_wrong(ready):
    no_limit = [("client_max_body_size      1m;", "client_max_body_size 0;")]
    with Site(ready, servers=FORGED, changes=no_limit) as site:
        found = site.doctor("open")
        assert found["site_user"]["state"] == "failed"
        assert "Basic" in found["site_user"]["message"]
        assert site.doctor("open", mount="/elsewhere")["site"]["state"] == "failed"
        ready.settings["uploads"]["acl"] = ""
        ready.settings["s3"]["region"] = "eu-west-3"
        found = site.doctor("open", "--user", "frodo", "--password", "any")
        assert found["site_configuration"]["state"] == "failed"
        assert "restart" in found["site_configuration"]["mending"].lower()
        site.process.stop()
        found = site.doctor("open")
        assert found["site"]["state"] == "failed"
        assert "serve" in found["site"]["mending"]


def test_a_hook_is_tried(ready, tmp_path):
    secret = tmp_path / "hook.secret"
    secret.write_text("h" * 40)
    ready.settings["hook"] = {"url": "http://127.0.0.1:9/", "secret_file": str(secret)}
    assert ready.doctor()["hook"]["state"] == "failed"
    with Answering(200, b"{}") as hook:
        ready.settings["hook"]["url"] = hook.url
        assert ready.doctor()["hook"]["state"] == "ok"
        ready.settings["hook"]["authorize"] = True
        assert ready.doctor()["hook"]["state"] == "ok"
    with Answering(500, b"") as hook:
        ready.settings["hook"]["url"] = hook.url
        assert ready.doctor()["hook"]["state"] == "failed"
    ready.settings["hook"] = {"command": ["/nowhere/hook"]}
    assert ready.doctor()["hook"]["state"] == "failed"


# --- explain ---------------------------------------------------------------------------------------------------------

def uploader(desk, **config):
    import boto3
    from botocore.config import Config
    return boto3.client("s3", endpoint_url=desk.s3["url"], region_name=desk.s3["region"],
                        aws_access_key_id=config.pop("key", desk.s3["uploader_key"]),
                        aws_secret_access_key=config.pop("secret", desk.s3["uploader_secret"]),
                        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}))


def put_url(desk, **config):
    return uploader(desk, **config).generate_presigned_url(
        "put_object", Params={"Bucket": UPLOADS, "Key": "frodo/a b.txt"}, ExpiresIn=60)


def test_explain_a_good_url(desk):
    causes, said = desk.explain(put_url(desk))
    assert causes == []
    assert any("right for PUT" in remark for remark in said["remarks"])


@pytest.mark.parametrize("change, cause", [
    (lambda url: url.replace("a%20b", "a%2520b"), "encoding"),
    (lambda url: url.replace("127.0.0.1", "s3.example.org"), "host_changed"),
    (lambda url: url + "&utm_source=mail", "query_changed"),
    (lambda url: url.replace("%2Fs3%2F", "%2Fs4%2F"), None),
], ids=["encoding", "host", "query", "scope"])
def test_explain_a_url_that_was_changed(desk, change, cause):
    url = put_url(desk)
    assert change(url) != url
    if cause != "host_changed":
        answer = requests.put(change(url), data=b"x", timeout=30)
        assert answer.status_code == 403
        causes, said = desk.explain(answer.text, "--url", change(url))
        assert said["subject"].startswith("S3 answered")
    else:
        causes, said = desk.explain(change(url))
    if cause:
        assert causes == [cause], said
    assert url.rsplit("Signature=", 1)[1][:64] not in json.dumps(said)


def test_explain_other_keys(desk):
    url = put_url(desk, key="AKIAUNKNOWN")
    answer = requests.put(url, data=b"x", timeout=30)
    assert answer.status_code == 403
    assert desk.explain(answer.text, "--url", url)[0] == ["wrong_key_id"]
    url = put_url(desk, secret="another")
    answer = requests.put(url, data=b"x", timeout=30)
    assert answer.status_code == 403
    assert "wrong_secret" in desk.explain(answer.text, "--url", url)[0]
    silent = "<Error><Code>SignatureDoesNotMatch</Code></Error>"
    assert desk.explain(silent)[0] == ["unknown"]
    assert desk.run("explain", stdin=silent).returncode == 1


def test_explain_what_came_too_late(desk):
    url = uploader(desk).generate_presigned_url(
        "put_object", Params={"Bucket": UPLOADS, "Key": "frodo/late"}, ExpiresIn=1)
    time.sleep(2.1)
    answer = requests.put(url, data=b"x", timeout=30)
    assert answer.status_code == 403
    assert "expired" in desk.explain(answer.text, "--url", url)[0]
    assert desk.explain(url)[0] == ["expired"]


def test_explain_forms(desk, keeper, s3):
    """The gateway's own answers to forms that break their policy."""
    facts = {**s3, "uploads": UPLOADS}
    document = policy(facts, "frodo/form.txt")
    import botocore.auth
    import botocore.credentials
    encoded = base64.b64encode(json.dumps(document).encode()).decode()
    signer = botocore.auth.S3SigV4Auth(
        botocore.credentials.Credentials(s3["uploader_key"], s3["uploader_secret"]), "s3", s3["region"])
    credential = next(c["x-amz-credential"] for c in document["conditions"] if "x-amz-credential" in c)
    request = type("Request", (), {"context": {"timestamp": credential.split("/")[1] + "T000000Z"}})()
    answer = {"policy": encoded, "signature": signer.signature(encoded, request)}
    causes, said = desk.explain(json.dumps(answer))
    assert causes == [], said
    assert any("signature is right" in remark for remark in said["remarks"])
    form = fields(facts, document, answer)
    url = f"{s3['url']}/{UPLOADS}"
    assert send(facts, form, url=url).status_code == 200
    keeper.delete_object(Bucket=UPLOADS, Key="frodo/form.txt")
    large = send(facts, form, content=b"x" * 1000001, url=url)
    assert desk.explain(large.text)[0] == ["size"], large.text
    other = send(facts, {**form, "key": "frodo/other.txt"}, url=url)
    assert desk.explain(other.text)[0] in (["policy_refused"], ["missing_right"]), other.text
    assert desk.explain(encoded, "--signature", "0" * 64)[0] == ["policy_changed"]


def test_explain_reads_files_and_says_what_it_cannot_read(desk, tmp_path):
    path = tmp_path / "answer.xml"
    path.write_text("<Error><Code>RequestTimeTooSkewed</Code></Error>")
    result = desk.run("explain", path)
    assert result.returncode == 0
    assert "clock: " in result.stdout
    assert desk.run("explain", tmp_path / "missing").returncode == 65
    for text in ("", "hello", "<html/>", "https://www.example.org/"):
        assert desk.run("explain", stdin=text).returncode == 65


# --- print -----------------------------------------------------------------------------------------------------------

def printed(desk, *words):
    result = desk.run("print", *words)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_printed_rules_are_what_s3_takes(desk, keeper):
    cors = json.loads(printed(desk, "cors", "--origin", "https://app.example.org"))
    keeper.put_bucket_cors(Bucket=UPLOADS, CORSConfiguration=cors)
    assert set(keeper.get_bucket_cors(Bucket=UPLOADS)["CORSRules"][0]["AllowedOrigins"]) == {
        ORIGIN, "https://app.example.org"}
    lifecycle = json.loads(printed(desk, "lifecycle", "--days", "3"))
    keeper.put_bucket_lifecycle_configuration(Bucket=UPLOADS, LifecycleConfiguration=lifecycle)
    assert keeper.get_bucket_lifecycle_configuration(Bucket=UPLOADS)["Rules"][0]["Expiration"]["Days"] == 3
    for words, root in ((["cors", "--xml"], "CORSConfiguration"), (["lifecycle", "--xml"], "LifecycleConfiguration"),
                        (["lifecycle", "--xml", "--bucket", "storage"], "LifecycleConfiguration")):
        tree = ElementTree.fromstring(printed(desk, *words))
        assert tree.tag == f"{{http://s3.amazonaws.com/doc/2006-03-01/}}{root}"
    assert "Expiration" not in printed(desk, "lifecycle", "--bucket", "storage").replace("Incomplete", "")


def test_a_key_with_the_printed_rights_sweeps(programs, s3, tmp_path):
    """The uploader owns nothing, so that only the bucket's policy lets it do something."""
    desk = Desk(programs, s3, tmp_path)
    owner = gateway.client(s3["url"])
    buckets = {"uploads": "swept-uploads", "storage": "swept-storage"}
    for side, bucket in buckets.items():
        owner.create_bucket(Bucket=bucket)
        desk.settings[side]["bucket"] = bucket
    desk.settings["storage"] |= {"access_key_id": s3["uploader_key"], "secret_access_key": s3["uploader_secret"]}

    def give(*words):
        statements = json.loads(printed(desk, "iam", "--bucket", "storage", *words))["Statement"]
        for bucket in buckets.values():
            own = [{**statement, "Principal": {"AWS": ["arn:aws:iam:::user/uploader"]},
                    "Resource": [name for name in statement["Resource"] if name.split(":::")[1].split("/")[0] == bucket]}
                   for statement in statements]
            owner.put_bucket_policy(Bucket=bucket, Policy=json.dumps({
                "Version": "2012-10-17", "Statement": [statement for statement in own if statement["Resource"]]}))

    def sweep(status):
        result = desk.run("sweep", "--json", "--older-than", "0s", "--delete", "--abort-multipart")
        assert result.returncode == status, result.stdout + result.stderr
        return json.loads(result.stdout)

    owner.put_object(Bucket="swept-uploads", Key="frodo/x.txt", Body=b"x")
    owner.create_multipart_upload(Bucket="swept-uploads", Key="frodo/y.txt")
    give()
    summary = sweep(1)
    assert summary["failed"] == 1 and "parts cannot be listed" in summary["problems"][0]
    give("--sweep")
    summary = sweep(0)
    assert (summary["deleted"], summary["aborted"]) == (1, 1)
    assert keys(owner, "swept-uploads") == []
    for words in (["iam", "--sweep", "--bucket", "uploads"], ["cors", "--sweep"]):
        assert desk.run("print", *words).returncode == 64


def test_printed_policies(desk, keeper):
    policies = json.loads(printed(desk, "iam"))
    uploads, storage = policies["uploads"], policies["storage"]
    assert uploads["Statement"][0]["Action"] == ["s3:PutObject", "s3:PutObjectAcl", "s3:AbortMultipartUpload"]
    allowed = {(action, resource) for statement in storage["Statement"] if statement["Effect"] == "Allow"
               for action in statement["Action"] for resource in statement["Resource"]}
    assert ("s3:GetObject", f"arn:aws:s3:::{UPLOADS}/*") in allowed
    assert ("s3:DeleteObject", f"arn:aws:s3:::{UPLOADS}/*") not in allowed
    assert json.loads(printed(desk, "iam", "--bucket", "storage")) == storage
    desk.settings["rules"]["delete"] = True
    desk.settings["uploads"]["acl"] = ""
    policies = json.loads(printed(desk, "iam"))
    assert policies["uploads"]["Statement"][0]["Action"] == ["s3:PutObject", "s3:AbortMultipartUpload"]
    assert "s3:DeleteObject" in policies["storage"]["Statement"][0]["Action"]
    for statement in policies["uploads"]["Statement"] + policies["storage"]["Statement"]:
        assert set(statement) == {"Sid", "Effect", "Action", "Resource"}
        assert statement["Effect"] in ("Allow", "Deny")
    # Ceph reads the language of policies too
    before = keeper.get_bucket_policy(Bucket=UPLOADS)["Policy"]
    try:
        keeper.put_bucket_policy(Bucket=UPLOADS, Policy=printed(desk, "bucket-policy", "--bucket", "uploads"))
        keeper.put_bucket_policy(Bucket=STORAGE, Policy=printed(desk, "bucket-policy", "--bucket", "storage"))
    finally:
        keeper.put_bucket_policy(Bucket=UPLOADS, Policy=before)
        keeper.delete_bucket_policy(Bucket=STORAGE)


def test_printed_nginx_and_apache_pass_their_own_tests(desk, s3):
    desk.settings["profiles.small"] = {"max_size": "1KiB"}
    snippet = printed(desk, "nginx").replace("include countersign.conf", "include {directory}/countersign.conf")
    body = snippet.replace("{", "{{").replace("}", "}}").replace("{{directory}}", "{directory}")
    nginx = servers.Nginx("/tmp/socket", servers=f"server {{{{\nlisten 127.0.0.1:{{open}};\n{body}\n}}}}\n")
    try:
        accepted, said = nginx.check()
        assert accepted, said
    finally:
        nginx.stop()
    text = printed(desk, "apache")
    assert 'Define COUNTERSIGN_MOUNT "/upload"' in text and "SetEnv COUNTERSIGN_PROFILE small" in text
    directory = processes.temporary_directory()
    try:
        shutil.copy(servers.REPOSITORY / "apache/countersign-proxy_fcgi.conf", directory)
        modules = "\n".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so"
                            for name in servers.APACHE_MODULES.split())
        (directory / "apache.conf").write_text(
            f"ServerName localhost\nPidFile {directory}/pid\nErrorLog {directory}/log\n{modules}\n"
            f"Listen 127.0.0.1:1\n<VirtualHost *:1>\n"
            + text.replace("countersign-proxy_fcgi.conf", f"{directory}/countersign-proxy_fcgi.conf")
            + "\n</VirtualHost>\n")
        result = subprocess.run(["/usr/sbin/apache2", "-t", "-d", str(directory), "-f", str(directory / "apache.conf")],
                                capture_output=True, text=True, timeout=30)
        assert result.returncode == 0, result.stderr
    finally:
        processes.remove(directory)


def test_the_other_papers(desk):
    assert f"connect-src 'self' {desk.s3['url']}/{UPLOADS} {desk.s3['url']}/{UPLOADS}/;" in printed(desk, "csp")
    units = printed(desk, "systemd")
    sections = [line for line in units.splitlines() if line.startswith("[")]
    assert sections == ["[Unit]", "[Socket]", "[Install]", "[Unit]", "[Service]", "[Install]"]
    script = printed(desk, "fineuploader")
    options = json.loads(script[script.index("{"):script.index("};") + 1])
    assert options["request"]["accessKey"] == desk.s3["uploader_key"]
    assert options["uploadSuccess"]["endpoint"] == "/upload/file_uploaded"
    uppy = printed(desk, "uppy")
    assert "/upload/upload_uri" in uppy and "shouldUseMultipart: false" in uppy
    (desk.directory / "seal").write_text("s" * 64)
    desk.settings["server"]["secret_file"] = str(desk.directory / "seal")
    assert 'endpoint: "/upload/"' in printed(desk, "uppy")
    assert "s3:ListMultipartUploadParts" in printed(desk, "iam", "--bucket", "uploads")
    del desk.settings["server"]["url"]
    result = desk.run("print", "cors")
    assert (result.returncode, "--origin" in result.stderr) == (1, True)
    del desk.settings["storage"]
    assert desk.run("print", "lifecycle", "--bucket", "storage").returncode == 1
