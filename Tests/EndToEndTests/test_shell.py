"""`countersign sign` and `countersign complete` in a real shell: bash runs what they print, against a real store."""

import json
import re
import shutil
import subprocess
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

import hooked
import latecomers
import servers
from documents import snippet
from uploads import fields, login, new_key, policy, send, sign

# What a shell, curl or a terminal could take for something else than a part of a name.
ODD = ["-rf.txt", "-", "o'neil's \"best\".txt", "$(touch made).txt", "`touch made`.txt", "a;b,c=d.txt", "@made.txt",
       "[1-3]{a,b}.txt", "ünï cødé ☃.txt", " lead and trail ", "back\\slash\\.txt", "*.txt", "~", "%41&#.txt", "!!.txt",
       "<made", "two\nlines.txt", "#.txt", "\x1b[2J.txt"]


class Desk:
    """The program behind nginx, with a hook that has a say, and the shell's commands with the same configuration."""

    def __init__(self, s3):
        self.s3, self.client = latecomers.buckets(s3, "shell")
        self.client.put_bucket_policy(Bucket=self.s3["uploads"], Policy=json.dumps({
            "Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Principal": {"AWS": [f"arn:aws:iam:::user/{user}"]}, "Action": actions,
                 "Resource": [f"arn:aws:s3:::{self.s3['uploads']}", f"arn:aws:s3:::{self.s3['uploads']}/*"]}
                for user, actions in (("uploader", ["s3:PutObject", "s3:PutObjectAcl"]), ("keeper", ["s3:*"]))]}))
        self.hook = hooked.Hook()
        self.program = latecomers.configured(
            self.s3, f'\n[hook]\nurl = "{self.hook.url}"\nsecret_file = "{{token}}"\nauthorize = true\n')
        shutil.copy2(servers.operator(), self.program.directory / "countersign-operator")

    def environment(self, config=None):
        return {"PATH": f"{self.program.directory}:/usr/bin:/bin",
                "COUNTERSIGN_CONFIG": str(config or self.program.config)}

    def run(self, *words, stdin="", config=None, cwd=None):
        result = subprocess.run(["countersign", *words], input=stdin, capture_output=True, text=True, timeout=120,
                                env=self.environment(config), cwd=cwd)
        self.check(result)
        return result

    def bash(self, script, cwd):
        result = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=120, cwd=cwd,
                                env=self.environment())
        self.check(result)
        return result

    def check(self, result):
        for secret in (self.s3["uploader_secret"], self.s3["keeper_secret"], "s" * 64, latecomers.TOKEN):
            assert secret not in result.stdout + result.stderr

    def put(self, key, content=b"content", name="note%20(1).txt"):
        self.client.put_object(Bucket=self.s3["uploads"], Key=key, Body=content, ContentType="text/plain",
                               Metadata={"qqfilename": name})
        return key

    def post(self, key, user="frodo", name="note (1).txt"):
        return requests.post(self.url + "/upload/file_uploaded", timeout=120, headers=login(user),
                             json={"key": key, "filename": name})

    def stored(self):
        return latecomers.stored(self.client, self.s3["storage"])

    def content(self, bucket, key):
        return self.client.get_object(Bucket=self.s3[bucket], Key=key)["Body"].read()

    def empty(self):
        for bucket in (self.s3["uploads"], self.s3["storage"]):
            for key in latecomers.keys(self.client, bucket):
                self.client.delete_object(Bucket=bucket, Key=key)
        self.hook.events.clear()


@pytest.fixture(scope="module")
def running(s3):
    with latecomers.running(Desk(s3)) as desk:
        yield desk


@pytest.fixture
def desk(running):
    running.empty()
    return running


# --- sign ------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("method", ["post", "put"])
def test_from_the_file_to_the_stored_object(desk, tmp_path, method):
    content = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
    (tmp_path / "my photo.png").write_bytes(content)
    signed = desk.run("sign", "--user", "sam gamgee", "--file", "my photo.png", "--method", method, "--curl",
                      cwd=tmp_path)
    assert (signed.returncode, signed.stderr) == (0, "")
    command, comment = signed.stdout.rstrip("\n").rsplit("\n", 1)
    sent = desk.bash(signed.stdout, tmp_path)
    assert (sent.returncode, sent.stdout, sent.stderr) == (0, "", "")
    assert desk.hook.kinds() == ["upload.signing"]
    assert desk.hook.events[0]["data"]["size"] == len(content)

    key, = latecomers.keys(desk.client, desk.s3["uploads"])
    assert comment == f"# then: countersign complete --user 'sam gamgee' -- '{key}'"
    assert desk.client.head_object(Bucket=desk.s3["uploads"], Key=key)["ContentType"] == "image/png"
    lines = []
    for _ in range(3):
        done = desk.bash(comment.removeprefix("# then: "), tmp_path)
        assert (done.returncode, done.stderr) == (0, ""), done
        lines.append(done.stdout)
    stored, = desk.stored()
    assert set(lines) == {f"completed  {key}  as {stored}\n"}
    assert desk.content("storage", stored) == content
    assert desk.hook.kinds() == ["upload.signing", "upload.copying", "upload.completed"]


@pytest.mark.parametrize("method", ["post", "put"])
@pytest.mark.parametrize("name", ODD)
def test_any_file_name(desk, tmp_path, name, method):
    (tmp_path / name).write_text(f"the content of {name!r}")
    signed = desk.run("sign", "--user", "o'neil", f"--file={name}", "--filename", "x.txt", "--method", method, "--curl",
                      cwd=tmp_path)
    assert signed.returncode == 0, signed.stderr
    sent = desk.bash(signed.stdout, tmp_path)
    assert sent.returncode == 0, signed.stdout + sent.stdout + sent.stderr
    key, = latecomers.keys(desk.client, desk.s3["uploads"])
    assert desk.content("uploads", key).decode() == f"the content of {name!r}"
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_the_name_goes_into_the_leave(desk, tmp_path):
    """As a client would send it; what no client may send is refused here too."""
    for name in ODD:
        (tmp_path / name).write_text("x")
        signed = desk.run("sign", "--user", "frodo", f"--file={name}", cwd=tmp_path)
        browsers = requests.get(desk.url + "/upload/presign", headers=login("frodo"), timeout=30,
                                params={"filename": name, "type": "text/plain", "size": 1})
        answer = json.loads(signed.stdout)
        assert (signed.returncode == 0) == (browsers.status_code == 200), name
        if signed.returncode:
            assert answer == browsers.json() and "control characters" in answer["error"]
        else:
            assert answer.keys() == browsers.json().keys()
    signed = desk.run("sign", "--user", "frodo", "--filename", "a.jpg", "--type", "image/jpeg", "--size", "7")
    assert json.loads(signed.stdout)["key"].startswith("frodo/")


def test_a_policy_as_a_browser_sends_it(desk, tmp_path):
    for version in (2, 4):
        document = policy(desk.s3, new_key(), version)
        (tmp_path / "policy.json").write_text(json.dumps(document))
        for words, stdin in (([], json.dumps(document)), (["-"], json.dumps(document)), (["policy.json"], "")):
            signed = desk.run("sign", "--user", "frodo", *words, stdin=stdin, cwd=tmp_path)
            assert (signed.returncode, signed.stderr) == (0, "")
            assert json.loads(signed.stdout).keys() == {"policy", "signature", "policy_decoded"}
        answer = json.loads(signed.stdout)
        assert send(desk.s3, fields(desk.s3, document, answer, version)).status_code == 200
        assert answer == sign(desk.url, document, version).json()


def test_a_request_of_an_upload_in_parts(desk):
    date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime())
    key = new_key()
    request = {"headers": f"POST\n\ntext/plain\n\nx-amz-acl:private\nx-amz-date:{date}\nx-amz-meta-qqfilename:note.txt\n"
                          f"/{desk.s3['uploads']}/{key}?uploads"}
    signed = desk.run("sign", "--user", "frodo", stdin=json.dumps(request))
    assert signed.returncode == 0, signed.stdout
    browsers = requests.post(desk.url + "/upload/sign", json=request, headers=login("frodo"), timeout=30)
    assert json.loads(signed.stdout) == browsers.json() and browsers.json().keys() == {"signature"}
    foreign = json.dumps(request).replace("frodo/", "sam/")
    assert desk.run("sign", "--user", "frodo", stdin=foreign).returncode == 1


@pytest.mark.parametrize("user,change,mount,words", [
    ("frodo", {"key": "sam/x.txt"}, "/upload", []), ("frodo", {"bucket": "elsewhere"}, "/upload", []),
    ("frodo", {"x-amz-meta-qqfilename": "over-quota.txt"}, "/upload", []),
    ("frodo", {}, "/small", ["--profile", "small"]), ("", {}, "/upload", [])])
def test_refused_in_the_words_of_the_desk(desk, user, change, mount, words):
    document = policy(desk.s3, new_key())
    for name, value in change.items():
        document["conditions"] = [
            {name: value} if name in condition else condition for condition in document["conditions"]]
    signed = desk.run("sign", "--user", user, *words, stdin=json.dumps(document))
    assert signed.returncode == 1
    if user:  # nginx lets nobody else come so far
        assert signed.stdout == sign(desk.url, document, user=user, mount=mount).text + "\n"
    answer = json.loads(signed.stdout)
    assert answer["invalid"] is True and signed.stderr == f"countersign: {answer['error']}\n"


@pytest.mark.parametrize("words,status,said", [
    (["sign", "--user", "frodo"], 1, "Malformed JSON"),
    (["sign"], 64, "--user"),
    (["sign", "--user", "frodo", "--profile", "no"], 78, "no profile 'no'"),
    (["sign", "--user", "frodo", "/nonexistent"], 65, "there is no such file"),
    (["sign", "--user", "frodo", "--file", "/nonexistent"], 65, "there is no such file"),
    (["sign", "--user", "frodo", "--file", "/"], 65, "no regular file"),
    (["sign", "--user", "frodo", "--curl"], 64, "--filename"),
    (["sign", "--user", "frodo", "--filename", "a", "policy.json"], 64, "not both"),
    (["sign", "--user", "frodo", "--file", "a", "--size", "3"], 64, "--size"),
    (["sign", "--user", "frodo", "--filename", "a", "--method", "get"], 64, "method"),
    (["complete", "--user", "frodo"], 64, "keys"),
    (["complete", "--user", "frodo", "--profile", "no", "frodo/x"], 78, "no profile 'no'"),
    (["complete", "--user", "frodo", "--etag", "x", "frodo/x", "frodo/y"], 64, "one key"),
    (["complete", "--user", "frodo", "--name", "x", "-"], 64, "one key")])
def test_wrong_words(desk, words, status, said):
    result = desk.run(*words)
    assert (result.returncode, said in result.stderr) == (status, True), result


@pytest.mark.parametrize("program", ["countersign", "countersign-operator"])
def test_words_that_are_no_text(desk, program):
    """Repaired, they would name somebody else."""
    result = subprocess.run([desk.program.directory / program, "complete", "--user", b"fr\xffdo", "x"],
                            capture_output=True, text=True, timeout=60)
    assert (result.returncode, "not UTF-8" in result.stderr) == (64, True), result


# --- complete --------------------------------------------------------------------------------------------------------

def test_what_the_page_prints(desk, tmp_path):
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff" + bytes(48_210))
    sent = desk.bash("set -e\n" + snippet("docs/shell.md", "Send a file", "sh"), tmp_path)
    assert sent.returncode == 0 and re.fullmatch(r"completed  frodo/\S+  as frodo/\S+\.jpg\n", sent.stdout), sent
    command = desk.bash(snippet("docs/shell.md", "Send a file", "sh", 1), tmp_path)
    again = desk.bash(command.stdout, tmp_path)
    assert again.returncode == 0 and len(latecomers.keys(desk.client, desk.s3["uploads"])) == 2, again

    (tmp_path / "policy.json").write_text(json.dumps(policy(desk.s3, new_key())))
    signed = desk.bash(snippet("docs/shell.md", "Sign a policy", "sh"), tmp_path)
    assert "signature" in json.loads(signed.stdout)

    (tmp_path / "keys.txt").write_text(desk.put("frodo/keys.txt") + "\n")
    desk.put("frodo/note.txt")
    done = desk.bash("set -e\n" + snippet("docs/shell.md", "Complete uploads", "sh"), tmp_path)
    text, json_line = done.stdout.splitlines()
    assert done.returncode == 0 and text.startswith("completed  frodo/note.txt  as frodo/")
    assert json.loads(json_line)["upload"] == "frodo/keys.txt"
    said = json.loads(json_line)
    assert said.keys() == {"upload", "outcome", "answer"}


def test_racing_with_browsers(desk):
    """Eight of each at once, and one file: one object, one word of the site's, one answer."""
    key = desk.put(f"frodo/{uuid.uuid4()}.txt")

    def shell(_):
        result = desk.run("complete", "--json", "--user", "frodo", key)
        said = json.loads(result.stdout)
        assert (result.returncode, said["outcome"], said["upload"]) == (0, "completed", key), result
        return said["answer"]

    def browser(_):
        answer = desk.post(key)
        assert answer.status_code == 200, answer.text
        return answer.json()

    with ThreadPoolExecutor(16) as pool:
        racing = [pool.submit(work, number) for number in range(8) for work in (shell, browser)]
        answers = [each.result() for each in racing]
    assert len({json.dumps(answer, sort_keys=True) for answer in answers}) == 1
    assert desk.stored() == [answers[0]["key"]] and answers[0]["name"] == "note (1).txt"
    assert len(latecomers.claims(desk.client, desk.s3["storage"])) == 1
    completed = [event for event in desk.hook.events if event["type"] == "upload.completed"]
    assert {event["data"]["key"] for event in completed} == {answers[0]["key"]}


def test_many_keys_from_standard_input(desk):
    good = [desk.put(f"frodo/{uuid.uuid4()}.txt") for _ in range(5)]
    orc = desk.put("frodo/refused.txt", name="orc.txt")
    lines = [*good[1:], "frodo/missing.txt", "sam/foreign.txt", orc, ""]
    result = desk.run("complete", "--user", "frodo", good[0], "-", stdin="\n".join(lines) + "\n" + good[0])
    assert (result.returncode, result.stderr) == (1, "")
    said = [line.split("  ", 2) for line in result.stdout.splitlines()]
    assert [(fate, key) for fate, key, _ in said] == [
        *(("completed", key) for key in good), ("refused", "frodo/missing.txt"), ("refused", "sam/foreign.txt"),
        ("refused", orc), ("completed", good[0])]
    assert [why for fate, _, why in said if fate == "refused"] == [
        "Invalid key or bad ETag", desk.post("sam/foreign.txt").json()["error"], "No orcs in this album"]
    assert len(desk.stored()) == len(good)

    again = desk.run("complete", "--json", "--user", "frodo", "-", stdin="\n".join(good))
    assert again.returncode == 0
    answers = [json.loads(line) for line in again.stdout.splitlines()]
    assert [(each["upload"], each["answer"]["success"]) for each in answers] == [(key, True) for key in good]
    refused, = desk.run("complete", "--json", "--user", "frodo", orc).stdout.splitlines()
    assert json.loads(refused)["answer"] == desk.post(orc).json()


def test_name_and_tag(desk):
    key = desk.put(f"frodo/{uuid.uuid4()}.txt")
    tag = desk.client.head_object(Bucket=desk.s3["uploads"], Key=key)["ETag"]
    wrong = desk.run("complete", "--user", "frodo", "--etag", "0" * 32, key)
    assert (wrong.returncode, wrong.stdout) == (1, f"refused  {key}  Invalid key or bad ETag\n")
    right = desk.run("complete", "--json", "--user", "frodo", "--etag", tag, "--name", "Ünï.txt", key)
    assert (right.returncode, json.loads(right.stdout)["answer"]["name"]) == (0, "Ünï.txt")
    # the first one named it
    assert desk.post(key, name="other.txt").json()["name"] == "Ünï.txt"


def test_the_profile_rules(desk):
    key = desk.put("frodo/large.txt", b"x" * 2000)
    assert desk.run("complete", "--user", "frodo", "--profile", "small", key).returncode == 1
    assert desk.stored() == []
    assert desk.run("complete", "--user", "frodo", "--profile", "default", key).returncode == 0


def test_what_may_be_tried_again(desk, tmp_path):
    key = desk.put(f"frodo/{uuid.uuid4()}.txt")
    text = desk.program.config.read_text()
    down = tmp_path / "countersign.toml"
    down.write_text(text.replace(desk.hook.url, "http://127.0.0.1:1/"))
    result = desk.run("complete", "--user", "frodo", key, "frodo/missing.txt", config=down)
    assert result.returncode == 75 and desk.stored() == []
    assert re.fullmatch(rf"unfinished  {key}  .*127\.0\.0\.1.*\nrefused  frodo/missing.txt  .*\n", result.stdout)
    signed = desk.run("sign", "--user", "frodo", "--filename", "a", "--type", "text/plain", config=down)
    assert signed.returncode == 75 and json.loads(signed.stdout)["code"] and signed.stderr.count("\n") == 1

    down.write_text(text.replace(desk.s3["url"], "http://127.0.0.1:1"))
    result = desk.run("complete", "--user", "frodo", key, config=down)
    assert result.returncode == 75 and result.stdout.startswith(f"unfinished  {key}  ")
    assert desk.run("complete", "--user", "frodo", key).returncode == 0


def test_the_outbox_keeps_what_the_site_was_not_told(desk, tmp_path):
    key = desk.put(f"frodo/{uuid.uuid4()}.txt")
    spool, config = tmp_path / "spool", tmp_path / "countersign.toml"
    config.write_text(desk.program.config.read_text().replace(desk.hook.url, "http://127.0.0.1:1/").replace(
        "authorize = true", f'when_down = "accept"\nspool = "{spool}"'))
    result = desk.run("complete", "--user", "frodo", key, config=config)
    assert result.returncode == 0 and len(desk.stored()) == 1
    record, = (spool / "new").iterdir()
    assert key in record.read_text()


def test_where_nothing_is_completed(desk, tmp_path):
    config = tmp_path / "countersign.toml"
    config.write_text(re.sub(r"(?s)\[storage\].*?\n\n", "", desk.program.config.read_text()))
    result = desk.run("complete", "--user", "frodo", "frodo/x", config=config)
    assert result.returncode == 78 and "no [storage]" in result.stderr
