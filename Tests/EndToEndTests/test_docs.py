"""Every block that the pages print is read by the program, server or language that it is written for.

A language without a reader fails, and so does a JSON or text of which nothing says what it is: nobody can print what is
not tried. Blocks that tests run as they stand (snippet() in these files) are not looked at twice.
"""

import json
import re
import subprocess
import tomllib

import pytest

import servers
from commands import commands, faults
from documents import blocks, is_run, pages
from processes import remove, temporary_directory

READ = {}  # language: the test of its blocks


def blocks_of(*languages, run=True):
    """Parameters: the blocks of these languages, with what tests run already or without it."""
    def mark(test):
        READ.update(dict.fromkeys(languages, test.__name__))
        found = [block for block in blocks() if block.language in languages and (run or not is_run(block))]
        return pytest.mark.parametrize("block", found, ids=lambda block: f"{block.page}:{block.line}")(test)
    return mark


def test_every_block_has_a_reader():
    read_elsewhere = {"nginx", "apache", "html", "js"}  # test_docs_servers, test_docs_pages
    assert [block.name for block in blocks() if block.language not in {*READ, *read_elsewhere}] == []


# --- configurations ---------------------------------------------------------------------------------------------------

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


def test_a_wrong_configuration_is_noticed(folder):
    assert check(LEAST, folder).returncode == 0
    assert check(LEAST.replace("bucket", "buckets"), folder).returncode == 78


# --- commands ---------------------------------------------------------------------------------------------------------

# What a page may call besides our own program: Debian's, the shell's, and the tools that it says it needs.
KNOWN = set("""
    [ adduser apt apt-get aws case cat chmod chown cp curl date echo esac exec exit done do for if fi then else while read
    file install jq local ln mapfile mkdir mv nginx openssl printf set sleep stat swift systemctl trap true uuidgen a2enmod
    a2enconf apachectl apache2ctl journalctl ls ss getfacl sudo test namei kill grep
""".split())


@blocks_of("sh", run=False)
def test_a_script(block):
    """It parses, what it names of the project is there, and our program knows the words and options."""
    result = subprocess.run(["bash", "-n"], input=block.text, capture_output=True, text=True, timeout=10)
    assert result.returncode == 0, result.stderr
    ours = commands(block.text)
    assert [fault for words in ours for fault in faults(words)] == []
    for line in re.sub(r"\\\n", " ", block.text).splitlines():
        words = [word for word in line.split("#")[0].split() if not re.match(r"^\w+=", word)]
        first = words[0] if words else "true"
        path = re.match(r"^(?:nginx|apache|debian|Tests)/\S+", first)
        if path:
            assert (servers.REPOSITORY / path[0]).is_file(), f"{path[0]} is not there"
        else:
            assert re.fullmatch(r'[\w-]+\(\)|"\$@"|[\w*.]+\)|countersign|-.*|["\'({\\].*|[\w.-]+[)"]', first) \
                or first in KNOWN, f"what is {first!r}?"
    for path in re.findall(r"(?<![\w/.])(?:nginx|apache|debian)/[\w.-]+", block.text):
        assert (servers.REPOSITORY / path).exists(), f"{path} is not there"


SPANS = [(path, span) for path in pages() for span in re.findall(
    r"(?<!`)`((?:\w+=\S+ )?countersign(?: [^`]+))`(?!`)", (servers.REPOSITORY / path).read_text())]


@pytest.mark.parametrize("page, span", SPANS, ids=[f"{page}:{span[:60]}" for page, span in SPANS])
def test_a_command_in_the_text(page, span):
    found = commands(span.replace("…", "..."))
    assert found and [fault for words in found for fault in faults(words)] == []


@pytest.mark.parametrize("words", ["chek", "check --colour", "print cores", "spool list 1", "spool lose", "serve now",
                                   "explain --url", "lifecycle --bucket storage", "print lifecycle --bucket moon"])
def test_a_wrong_command_is_noticed(words):
    assert faults(words.split())


@pytest.mark.parametrize("words", ["check --config FILE", "spool retry ID", "print iam --bucket uploads", "help COMMAND",
                                   "--listen unix:/run/x", "print …", "sweep --older-than 7d --delete"])
def test_a_right_command_is_none(words):
    assert faults(words.split()) == []


# --- JSON -------------------------------------------------------------------------------------------------------------

@blocks_of("json")
def test_json(block):
    """It is JSON; what it is like, test_docs_answers knows."""
    json.loads(block.text)


# --- languages --------------------------------------------------------------------------------------------------------

@blocks_of("php")
def test_php(block, tmp_path):
    path = tmp_path / "a.php"
    path.write_text(block.text if block.text.startswith("<?php") else "<?php\n" + block.text)
    result = subprocess.run(["php", "-l", path], capture_output=True, text=True, timeout=10)
    assert result.returncode == 0, result.stdout


@blocks_of("python")
def test_python(block):
    compile(block.text, block.name, "exec")


@blocks_of("swift")
def test_swift(block):
    """The compiler reads it with the example, where it is a file of its own."""
    files = (servers.REPOSITORY / "Tests/S3AuthorizationExample").glob("*.swift")
    assert block.text in {path.read_text() for path in files}


@blocks_of("yaml")
def test_yaml(block, tmp_path):
    """Prometheus' own configuration."""
    (tmp_path / "prometheus.yml").write_text(block.text)
    result = subprocess.run(["promtool", "check", "config", tmp_path / "prometheus.yml"], capture_output=True, text=True,
                            timeout=30)
    assert result.returncode == 0, result.stdout + result.stderr


# --- text: drawings, and what programs print --------------------------------------------------------------------------

def drawing(text):
    """Boxes and arrows are for people. What it names of our sources must be there."""
    for name in re.findall(r"\b(?:Sources|Tests)/[\w/.-]*\w", text):
        assert (servers.REPOSITORY / name).exists(), name


def usage(text):
    found = commands(text.replace("|", "or").replace("…", ""))
    assert found
    for line in text.splitlines():
        for name in re.findall(r"[a-z]+", re.sub(r"--?\w+|\bCOMMAND\b", "", line.removeprefix("countersign"))):
            assert faults([name]) == [], name
        for option in re.findall(r"--[\w-]+", line):
            assert faults(["serve", option, "FILE"]) == [], option


def source_of(folder):
    return "".join(path.read_text() for path in (servers.REPOSITORY / "Sources" / folder).rglob("*.swift"))


def doctors_words(text):
    command, *lines = text.splitlines()
    assert [fault for words in commands(command.removeprefix("$ ")) for fault in faults(words)] == []
    source = source_of("OperatorCommands/Doctor")
    for line in lines:
        if found := re.match(r"(ok|warning|failed) +(\w+): ", line):
            assert found[2] in source or found[2].removesuffix("_uploads").removesuffix("_storage") in source, line
        else:
            assert line.startswith("         ") or line == "…" or re.fullmatch(r"\d+ ok, \d+ warnings, \d+ failed", line)


def explanation(text):
    command, *lines = text.splitlines()
    assert [fault for words in commands(command.removeprefix("$ ")) for fault in faults(words)] == []
    causes = [found[1] for line in lines if (found := re.match(r"(\w+): ", line))]
    source = re.sub(r"[A-Z]", lambda letter: "_" + letter[0].lower(), source_of("OperatorCommands/Explanation"))
    assert causes and all(cause in source for cause in causes), causes


def log(text):
    """The fields are those that the page explains."""
    page = (servers.REPOSITORY / "docs/operating.md").read_text()
    for line in text.splitlines():
        for name in re.findall(r'(?:^| )(\w+)=(?:"[^"]*"|\S*)', line):
            assert f"`{name}`" in page, name


TEXTS = {
    ("README.md", "Countersign"): drawing,
    ("docs/completion.md", "After the upload"): drawing,
    ("docs/operating.md", "Running it"): usage,
    ("docs/operating.md", "Logs"): log,
}


@blocks_of("text")
def test_text(block):
    if block.text.startswith("$ countersign doctor"):
        doctors_words(block.text)
    elif block.text.startswith("$ countersign explain"):
        explanation(block.text)
    elif block.page == "docs/architecture.md":
        drawing(block.text)
    else:
        TEXTS[block.page, block.heading](block.text)


# --- names of the sources ---------------------------------------------------------------------------------------------

def test_the_architecture_names_what_there_is():
    page = (servers.REPOSITORY / "docs/architecture.md").read_text()
    sources = "".join(path.read_text() for path in (servers.REPOSITORY / "Sources").rglob("*.swift"))
    tests = {path.stem for path in (servers.REPOSITORY / "Tests").rglob("*.swift")}
    files = {path.name for folder in ("Sources", "Tests") for path in (servers.REPOSITORY / folder).rglob("*.*")}
    folders = {path.name for path in (servers.REPOSITORY / "Sources").iterdir()}
    named = set(re.findall(r"`([A-Z]\w+|[\w/]+\.\w+|Tests/[\w/]+)`", re.sub(r"```.*?```", "", page, flags=re.S)))
    assert len(named) > 60
    for name in named:
        if "/" in name:
            assert (servers.REPOSITORY / name).exists(), name
        elif "." in name:
            assert name in files, name
        else:
            assert name in folders | tests or re.search(
                rf"\b(struct|class|enum|protocol|typealias)\s+{name}\b", sources), name
