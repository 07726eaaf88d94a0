"""Every configuration that the pages print is one that `countersign check` takes; what is printed in part is filled up."""

import json
import subprocess
import tomllib

import pytest

import servers
from documents import blocks_of, pages
from processes import remove, temporary_directory

LEAST = """
[s3]
endpoint = "https://s3.eu-central-1.amazonaws.com"
region = "eu-central-1"

[uploads]
bucket = "example-uploads"
access_key_id = "AKIAIOSFODNN7EXAMPLE"
secret_access_key_file = "/etc/countersign/uploads.key"
"""

# What else a section must have where a page prints only some of its keys.
REST = {
    "hook": {"url": "https://www.example.org/receiver.php", "secret_file": "/etc/countersign/hook.key"},
    "storage": {"bucket": "example-storage", "access_key_id": "AKIAI44QH8DHBEXAMPLE",
                "secret_access_key_file": "/etc/countersign/storage.key"},
    "events": {"token_file": "/etc/countersign/events.token"},
}


@pytest.fixture(scope="module")
def folder():
    """Stands for /etc/countersign: the secrets that a configuration may name."""
    directory = temporary_directory()
    for name in ("uploads.key", "storage.key", "secret", "hook.key", "receipt.key", "events.token"):
        (directory / name).write_text(f"{name}-{'x' * 40}\n")
        (directory / name).chmod(0o640)
    (directory / "spool").mkdir(mode=0o700)
    yield directory
    remove(directory)


def merged(under, over):
    both = dict(under)
    for name, value in over.items():
        both[name] = merged(both.get(name, {}), value) if isinstance(value, dict) else value
    return both


def written(table, path=()):
    """A configuration as TOML; JSON's spelling of texts, numbers, booleans and lists is TOML's too."""
    lines = [f"[{'.'.join(path)}]"] if path else []
    lines += [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in table.items()
              if not isinstance(value, dict)]
    for name, value in table.items():
        if isinstance(value, dict):
            lines += written(value, (*path, name))
    return lines


def is_complete(settings):
    return {"s3", "uploads"} <= set(settings) and {"bucket", "access_key_id"} <= set(settings["uploads"])


def check(text, folder):
    """What `countersign check` says of a configuration."""
    for printed, ours in (("/etc/countersign/", f"{folder}/"), ("/var/spool/countersign", f"{folder}/spool")):
        text = text.replace(printed, ours)
    path = folder / "countersign.toml"
    path.write_text(text)
    path.chmod(0o640)
    return subprocess.run([servers.program(), "check", "--config", path], capture_output=True, text=True, timeout=30)


@blocks_of("toml")
def test_a_configuration(block, folder):
    settings = tomllib.loads(block.text)
    complete = is_complete(settings)
    under = merged(tomllib.loads(LEAST), {name: REST[name] for name in settings if name in REST})
    text = block.text if complete else "\n".join(written(merged(under, settings)))
    result = check(text, folder)
    assert result.returncode == 0, result.stderr
    if complete:
        assert "warning" not in result.stderr, result.stderr


STORES = [path for path in pages() if path.startswith("docs/stores/") and path != "docs/stores/README.md"]


@pytest.mark.parametrize("path", STORES)
def test_each_store_says_the_same_things(path):
    text = (servers.REPOSITORY / path).read_text()
    for word in ("endpoint", "region", "addressing", "method", "acl", "conditional writes", "tried", "CORS", "ights",
                 "ifecycle"):
        assert word in text, word
    (configuration,) = [block for block in pages()[path].blocks if block.language == "toml"]
    assert is_complete(tomllib.loads(configuration.text))
    assert f"]({path.rpartition('/')[2]})" in (servers.REPOSITORY / "docs/stores/README.md").read_text()


def test_a_wrong_configuration_is_noticed(folder):
    assert check(LEAST, folder).returncode == 0
    assert check(LEAST.replace("bucket", "buckets"), folder).returncode == 78
