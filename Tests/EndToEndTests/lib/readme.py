"""The snippets of README.md, as they are printed there."""

import re

from servers import REPOSITORY


def snippet(heading, language, number=0):
    """The fenced block of a language under a heading of any level; what follows a <summary> belongs to it."""
    text = (REPOSITORY / "README.md").read_text()
    found = re.search(rf"^(#+) {re.escape(heading)}\n(.*?)(?=^#{{1,6}} |\Z)", text, re.M | re.S)
    assert found, f"README.md has no heading {heading!r}"
    blocks = re.findall(rf"^```{language}\n(.*?)^```", found.group(2), re.M | re.S)
    assert len(blocks) > number, f"README.md has no {language} under {heading!r}"
    return blocks[number]


def adapted(text, changes):
    """The snippet with the names of one test; each of the printed names must be there."""
    for printed, ours in changes.items():
        assert printed in text, f"{printed!r} is not in the snippet"
        text = text.replace(printed, ours)
    return text
