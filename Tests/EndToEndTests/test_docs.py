"""Every block that the pages print is read by the program, server or language that it is written for.

A language without a reader fails, and so does a text of which nothing says what it is: nobody can print what is not
tried. The readers of most languages are in the other test_docs files.
"""

import json
import re
import subprocess

import servers
from commands import commands, faults
from documents import blocks, blocks_of

READERS = {
    "toml": "configurations", "sh": "commands", "json": "answers", "nginx": "servers", "apache": "servers", "js": "pages",
    "html": "pages", "php": "", "python": "", "swift": "", "yaml": "", "text": "",
}


def test_every_block_has_a_reader():
    assert [block.name for block in blocks() if block.language not in READERS] == []


@blocks_of("json")
def test_json(block):
    """It is JSON; what it is like, test_docs_answers knows."""
    json.loads(block.text)


# --- languages --------------------------------------------------------------------------------------------------------

@blocks_of("php")
def test_php(block, tmp_path):
    path = tmp_path / "a.php"
    path.write_text(block.text if block.text.startswith("<?php") else "<?php\n" + block.text)
    result = subprocess.run(["php", "-l", path], capture_output=True, text=True, timeout=60)
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
    ("docs/quotas.md", "Rules on trial"): log,
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
