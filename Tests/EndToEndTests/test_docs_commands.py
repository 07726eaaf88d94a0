"""Scripts and commands of the pages: they parse, and our programs know their words and options.

Those that tests run as they are printed are not looked at twice; the others are listed, with the reason.
"""

import re
import subprocess

import pytest

import servers
from commands import commands, faults
from documents import blocks, blocks_of, is_run, pages

# What a page may call besides our own program: Debian's, the shell's, and the tools that it says it needs.
KNOWN = set("""
    [ adduser apt apt-get aws case cat chmod chown cp curl date echo esac exec exit done do for if fi then else while read
    file install jq local ln mapfile mkdir mv nginx openssl printf set sleep stat swift systemctl trap true uuidgen a2enmod
    a2enconf apachectl apache2ctl journalctl ls ss getfacl sudo test namei kill grep
""".split())


# What no test can run: what it is about, and why.
NOT_RUN = {
    ("CONTRIBUTING.md", "Build and test", 0): "it is what runs these tests",
    ("README.md", "Two commands", 0): "test_demos runs the demos; the other one is what runs these tests",
    ("README.md", "1. Install", 0): "Tests/slow.sh builds the package and installs it in a Debian root",
    ("README.md", "3. The configuration", 0): "writes into this machine's /etc",
    ("docs/installing.md", "By hand", 0): "builds the programs, which were built before these tests",
    ("docs/installing.md", "By hand", 1): "makes a user of this machine",
    ("docs/installing.md", "systemd", 0): "needs a running systemd; Tests/slow.sh does it in a Debian root",
    ("docs/troubleshooting.md", "Troubleshooting", 0): "needs a running systemd's journal; test_operator runs both commands",
}


def test_what_is_not_run_is_listed():
    printed = {(block.page, block.heading, block.number) for block in blocks()
               if block.language == "sh" and not is_run(block)}
    assert printed == set(NOT_RUN)


@blocks_of("sh", run=False)
def test_a_script(block):
    """It parses, what it names of the project is there, and our program knows the words and options."""
    result = subprocess.run(["bash", "-n"], input=block.text, capture_output=True, text=True, timeout=60)
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
