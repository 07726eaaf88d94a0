"""The JSON of the pages: what is printed as our answer has the members of a real one, and S3 takes what is meant for it."""

import json
import os
import re
import subprocess

import pytest
import requests

import gateway
from activation import is_connectable
from commands import commands
from documents import adapted, blocks, snippet
from hooked import Hook
from presigned import Desk
from processes import give, wait_until
from servers import REPOSITORY, operator, program
from uploads import login

SECRETS = {"hook": "h" * 40, "receipt": "r" * 40}
AWS = REPOSITORY / "Tests/EndToEndTests/lib/aws"


class Site:
    """A desk with all that the printed answers speak of: a hook, receipts, and a socket for operators."""

    def __init__(self, s3):
        self.hook = Hook()
        self.role = gateway.make_role(s3["url"], "docs", "uploader", [
            {"Effect": "Allow", "Action": ["s3:PutObject"], "Resource": [f"arn:aws:s3:::{s3['uploads']}/*"]}])
        self.desk = Desk(s3, self.change)
        self.operations = self.desk.program.directory / "operations"
        for name, secret in SECRETS.items():
            path = self.desk.program.directory / f"{name}.secret"
            path.write_text(secret + "\n")
            path.chmod(0o600)
            give(path)

    def change(self, text, url):
        directory = re.search('"(/tmp/[^"/]*)/seal.secret"', text)[1]
        return f"""{text}
[hook]
url = "{self.hook.url}"
secret_file = "{directory}/hook.secret"

[receipt]
secret_file = "{directory}/receipt.secret"

[operations]
listen = "unix:{directory}/operations"

[browser_credentials]
role_arn = "{self.role}"
"""

    def stop(self):
        self.desk.stop()
        self.hook.stop()


@pytest.fixture(scope="module")
def site(s3):
    site = Site(s3)
    try:
        site.desk.start()
        yield site
    finally:
        site.stop()


def differences(printed, real, path="", more=()):
    """Where two JSON values are not of one shape. A printed member "…" stands for more; `more` names the hook's."""
    if isinstance(printed, dict) and isinstance(real, dict):
        names = {name for name in printed if name != "…"}
        missing = names - set(real) - set(more)
        unsaid = set() if "…" in printed else set(real) - names - set(more)
        found = [f"{path}.{name} is not in the answer" for name in sorted(missing)]
        found += [f"{path}.{name} is not printed" for name in sorted(unsaid)]
        return found + [line for name in sorted(names & set(real) - set(more))
                        for line in differences(printed[name], real[name], f"{path}.{name}")]
    if isinstance(printed, list) and isinstance(real, list):
        return differences(printed[0], real[0], path + "[0]") if printed and real else []
    return [] if type(printed) is type(real) else [f"{path} is {real!r}, and {printed!r} is printed"]


def upload(site, name="Shire.txt"):
    """An upload by presign, and what `file_uploaded` answers to it."""
    leave = site.desk.get("presign", filename=name, type="text/plain").json()
    parts = [*((field, (None, value)) for field, value in leave["fields"].items()), ("file", (name, b"green"))]
    assert requests.post(leave["url"], files=parts, timeout=30).status_code == 201
    return leave, site.desk.post("file_uploaded", {"key": leave["key"], "filename": name, "uuid": "d872d677",
                                                   "bucket": "uploads", "album": "12"})


def its_prefix(site):
    return site.desk.get("prefix").json()


def its_presign(site):
    return site.desk.get("presign", filename="Shire.jpg").json()


def its_upload_uri(site):
    answer = site.desk.post("upload_uri", {"type": "application/pdf", "filename": "a.pdf"}).json()
    return {**answer, "headers": {name: value for name, value in answer["headers"].items() if name != "x-amz-acl"}}


def its_completion(site):
    return upload(site)[1].json()


def its_event(site):
    upload(site)
    return site.hook.events[-1]


def its_refusal(site):
    answer = site.desk.post("sign?v4=true", {"conditions": [{"key": "sam/1"}]}).json()
    fields = {"conditions.key": answer["errors"]["conditions.key"]}
    return {**answer, "errors": fields}


def its_key(site):
    return site.desk.get("prefix?credentials").json()["credentials"]


def its_readiness(site):
    wait_until(lambda: is_connectable(site.operations), "the operators' socket")
    printed = adapted(snippet("docs/operating.md", "What operators see", "sh"),
                      {"/run/countersign/operations.sock": str(site.operations)})
    result = subprocess.run(["bash", "-e", "-c", printed], capture_output=True, text=True, timeout=30)
    answer = json.loads(result.stdout)
    # Only a reload and a key that ends would show these.
    answer["credentials"]["storage"]["expiresIn"] = 1
    answer["reload"] = {"ok": True, "time": 1}
    return answer


ANSWERS = {
    ("README.md", "5. Try it", 0): its_prefix,
    ("docs/clients/curl-and-api.md", "`GET presign`", 0): its_presign,
    ("docs/clients/curl-and-api.md", "An upload URI for API clients", 0): its_upload_uri,
    ("docs/completion.md", "What the page sends", 0): its_completion,
    ("docs/hook.md", "The hook", 0): its_event,
    ("docs/http.md", "Errors", 0): its_refusal,
    ("docs/operating.md", "What operators see", 0): its_readiness,
    ("docs/temporary-credentials.md", "What a page asks", 0): its_key,
}
HOOKS_OWN = {"photo", "thumbnailUrl", "message"}


def by_name(found):
    return {(block.page, block.heading, block.number): json.loads(block.text)
            for block in blocks() if block.language == "json" and
            (block.page, block.heading, block.number) in found}


@pytest.mark.parametrize("name", ANSWERS, ids=lambda name: f"{name[0]}:{name[1]}")
def test_an_answer(site, name):
    more = HOOKS_OWN if name[0] == "docs/completion.md" else ()
    assert differences(by_name(ANSWERS)[name], ANSWERS[name](site), more=more) == []


def test_a_difference_is_found():
    printed = {"a": 1, "b": {"c": ["x"], "…": "…"}}
    assert differences(printed, {"a": 2, "b": {"c": [], "d": 4}}) == []
    assert differences(printed, {"a": "2", "b": {"c": [1]}}) == [
        ".a is '2', and 1 is printed", ".b.c[0] is 1, and 'x' is printed"]
    assert differences(printed, {"b": {}, "e": 1}) == [
        ".a is not in the answer", ".e is not printed", ".b.c is not in the answer"]


# --- what S3 is given -------------------------------------------------------------------------------------------------

# Page, heading, and the number of a JSON that is the policy of a key.
RIGHTS = [("SECURITY.md", "The two buckets and their keys", number) for number in range(3)]
# The rules of a bucket: the JSON, and the name of its file and the command that puts them.
RULES = {
    ("README.md", "2. The bucket", 0): ("cors.json", snippet("README.md", "2. The bucket", "sh")),
    ("docs/clients/fine-uploader.md", "Large files (chunked uploads)", 0):
        ("cors.json", snippet("README.md", "2. The bucket", "sh")),
    ("SECURITY.md", "Bucket settings", 0): ("lifecycle.json", snippet("SECURITY.md", "Bucket settings", "sh", 1)),
}


def test_every_json_is_known():
    known = {*ANSWERS, *RIGHTS, *RULES}
    assert [block.name for block in blocks() if block.language == "json"
            and (block.page, block.heading, block.number) not in known] == []


@pytest.mark.parametrize("name", RIGHTS, ids=lambda name: f"{name[0]}:{name[2]}")
def test_rights_are_a_policy(s3, name):
    """Ceph reads the language of policies too, and refuses what is none."""
    import boto3
    access, secret = gateway.USERS["keeper"]
    iam = boto3.client("iam", endpoint_url=s3["url"], region_name=s3["region"], aws_access_key_id=access,
                       aws_secret_access_key=secret)
    policy = by_name(RIGHTS)[name]
    given = dict(UserName="uploader", PolicyName="printed")
    iam.put_user_policy(**given, PolicyDocument=json.dumps(policy))
    iam.delete_user_policy(**given)
    with pytest.raises(iam.exceptions.ClientError):
        iam.put_user_policy(**given, PolicyDocument=json.dumps({**policy, "Statement": [{"Effect": "Perhaps"}]}))


@pytest.fixture(scope="module")
def bucket(s3):
    """Stands for example-uploads."""
    client = gateway.client(s3["url"])
    client.create_bucket(Bucket="docs-uploads")
    return client


def run(script, s3, folder, **environment):
    """A script with our stand-in for the AWS CLI, and our programs, on its path."""
    for name, target in (("aws", AWS), ("countersign", program()), ("countersign-operator", operator())):
        if not (folder / name).exists():
            (folder / name).symlink_to(target)
    access, secret = gateway.USERS["keeper"]
    return subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=folder, capture_output=True, text=True, timeout=60,
                          env={"PATH": f"{folder}:/usr/bin:/bin", "HOME": str(folder), "S3_URL": s3["url"],
                               "S3_REGION": s3["region"], "AWS_ACCESS_KEY_ID": access, "AWS_SECRET_ACCESS_KEY": secret,
                               **environment})


@pytest.mark.parametrize("name", RULES, ids=lambda name: f"{name[0]}:{name[1]}")
def test_rules_of_a_bucket(s3, bucket, tmp_path, name):
    file, script = RULES[name]
    (tmp_path / file).write_text(json.dumps(by_name(RULES)[name]))
    assert f"file://{file}" in script
    result = run(adapted(script, {"example-uploads": "docs-uploads"}), s3, tmp_path)
    assert result.returncode == 0, result.stderr


def test_public_access_is_shut(s3, bucket, tmp_path):
    script = snippet("SECURITY.md", "Bucket settings", "sh", 0)
    assert "put-public-access-block" in script
    result = run(adapted(script, {"example-uploads": "docs-uploads"}), s3, tmp_path)
    assert result.returncode == 0, result.stderr
    block = bucket.get_public_access_block(Bucket="docs-uploads")["PublicAccessBlockConfiguration"]
    assert all(block[name] for name in ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"))


def test_the_paperwork_is_put(s3, bucket, tmp_path):
    """`setup`, as it is printed, with the key that AWS_PROFILE would name."""
    (tmp_path / "key").write_text(s3["uploader_secret"])
    (tmp_path / "countersign.toml").write_text(f"""
[server]
url = "https://www.example.org"
[s3]
endpoint = "{s3["url"]}"
region = "{s3["region"]}"
addressing = "path"
[uploads]
bucket = "docs-uploads"
access_key_id = "{s3["uploader_key"]}"
secret_access_key_file = "{tmp_path}/key"
""")
    script = snippet("docs/paperwork.md", "The paperwork: print and setup", "sh")
    (shown, applied) = commands(script)
    assert shown == ["setup"] and applied[:2] == ["setup", "--apply"]
    environment = {"COUNTERSIGN_CONFIG": str(tmp_path / "countersign.toml")}
    lines = [line.replace("AWS_PROFILE=admin", "true;") for line in script.splitlines() if line]
    assert [run(line, s3, tmp_path, **environment).returncode for line in [lines[0], lines[1], lines[0].replace(
        "countersign setup", "countersign setup --days 7")]] == [1, 0, 0]
    expiry = bucket.get_bucket_lifecycle_configuration(Bucket="docs-uploads")["Rules"]
    assert any(rule.get("Expiration", {}).get("Days") == 7 for rule in expiry)


@pytest.mark.parametrize("script", [
    snippet("README.md", "5. Try it", "sh", 0), snippet("docs/troubleshooting.md", '403 "Log in before uploading"', "sh")])
def test_the_first_question(site, script):
    """curl -u frodo: it asks for the password, which is given here."""
    script = adapted(script.replace("-su frodo", "-u frodo"), {
        "https://www.example.org": site.desk.url, "-u frodo": "-fsS -H \"$LOGIN\""})
    result = subprocess.run(["bash", "-e", "-c", script], capture_output=True, text=True, timeout=30,
                            env={**os.environ, "LOGIN": f"Authorization: {login('frodo')['Authorization']}"})
    assert json.loads(result.stdout)["prefix"] == "frodo/"


def test_the_sweep(site, s3, tmp_path):
    """Each of the commands, with nothing to do that is old enough."""
    lines = snippet("docs/events-and-sweep.md", "Sweep: uploads that nobody completed", "sh").splitlines()
    assert len(lines) == 4
    for line in lines:
        result = run(line, s3, tmp_path, COUNTERSIGN_CONFIG=str(site.desk.program.config))
        assert result.returncode == 0, (line, result.stdout, result.stderr)


def test_the_snippets_are_copied(tmp_path):
    """nginx by hand: both files where the page wants them."""
    (tmp_path / "conf.d").mkdir()
    script = adapted(snippet("docs/nginx.md", "nginx", "sh"), {"/etc/nginx/": f"{tmp_path}/"})
    subprocess.run(["bash", "-e", "-c", script], cwd=REPOSITORY, check=True, timeout=30)
    assert (tmp_path / "conf.d/countersign-upstream.conf").is_file() and (tmp_path / "countersign.conf").is_file()
