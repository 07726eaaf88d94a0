"""The project's pages in Markdown: their headings, links and snippets, as they are printed there."""

import ast
import os
import re
from dataclasses import dataclass
from functools import cache

import pytest

from servers import REPOSITORY

FENCE = re.compile(r"^(?P<before>(?:> ?)?\s*)```(?P<language>\w*)\s*$")
HEADING = re.compile(r"^(#{1,6}) (.*)$")
LINK = re.compile(r"\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """A fenced block: the number counts the blocks of its language under its heading."""

    page: str
    heading: str
    language: str
    number: int
    line: int
    text: str

    @property
    def name(self):
        return f"{self.page} · {self.heading} · {self.language or 'plain'} {self.number}"


@dataclass(frozen=True)
class Page:
    path: str
    headings: tuple
    links: tuple
    blocks: tuple

    def anchors(self):
        """What GitHub makes of the headings; of those with the same name all but the first get a number."""
        seen, found = {}, set()
        for heading in self.headings:
            name = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading.lower())
            name = re.sub(r"[^\w\- ]", "", name).replace(" ", "-")
            count = seen.get(name, 0)
            seen[name] = count + 1
            found.add(f"{name}-{count}" if count else name)
        return found


@cache
def pages():
    """Every page of the project by its path; none of what builds leave."""
    found = {}
    for folder, folders, files in os.walk(REPOSITORY):
        folders[:] = [name for name in folders if not name.startswith(".") and name != "__pycache__"]
        if folder == str(REPOSITORY / "debian"):
            folders[:] = []
        found.update((os.path.relpath(os.path.join(folder, name), REPOSITORY), None) for name in files
                     if name.endswith(".md"))
    return {path: parsed(path) for path in sorted(found)}


def parsed(path):
    headings, links, blocks, counts = [], [], [], {}
    fence, text, start = None, [], 0
    for number, line in enumerate((REPOSITORY / path).read_text().split("\n"), 1):
        mark = FENCE.match(line)
        if fence:
            if mark and not mark["language"]:
                key = headings[-1], fence["language"]
                blocks.append(Block(path, *key, counts.get(key, 0), start, "".join(f"{it}\n" for it in text)))
                counts[key] = counts.get(key, 0) + 1
                fence = None
            else:
                text.append(without(fence["before"], line))
        elif mark:
            fence, text, start = mark, [], number
        elif heading := HEADING.match(line):
            headings.append(heading[2])
            links += LINK.findall(heading[2])
        else:
            links += LINK.findall(re.sub(r"`[^`]*`", "", line))
    assert fence is None, f"{path}:{start}: this block has no end"
    return Page(path, tuple(headings), tuple(links), tuple(blocks))


def without(before, line):
    """A line of a block that stands in a list or a quotation."""
    return line[len(before):] if line.startswith(before) else line.removeprefix(before.rstrip()).lstrip()


def blocks():
    return [block for page in pages().values() for block in page.blocks]


def snippet(page, heading, language, number=0):
    """The text of a fenced block under a heading of a page."""
    found = [block.text for block in pages()[page].blocks if (block.heading, block.language) == (heading, language)]
    assert len(found) > number, f"{page} has no {language} number {number} under {heading!r}"
    return found[number]


def adapted(text, changes):
    """The snippet with the names of one test; each of the printed names must be there."""
    for printed, ours in changes.items():
        assert printed in text, f"{printed!r} is not in the snippet"
        text = text.replace(printed, ours)
    return text


@cache
def run_by_tests():
    """The blocks that tests name in a call of snippet(), and so run as they are printed."""
    found = set()
    for path in (REPOSITORY / "Tests/EndToEndTests").glob("**/*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "snippet" \
                    and all(isinstance(argument, ast.Constant) for argument in node.args):
                given = [argument.value for argument in node.args]
                found.add((*given, 0)[:4])
    return found


def is_run(block):
    return (block.page, block.heading, block.language, block.number) in run_by_tests()


def blocks_of(*languages, run=True):
    """Parameters of a test: the blocks of these languages, with those that tests run already or without them."""
    found = [block for block in blocks() if block.language in languages and (run or not is_run(block))]
    return pytest.mark.parametrize("block", found, ids=lambda block: f"{block.page}:{block.line}")
