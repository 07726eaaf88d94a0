"""Every link of every page leads somewhere."""

import os

import pytest

from documents import Page, pages
from servers import REPOSITORY


def broken(page, link, known):
    """What is wrong with a link of a page; None for one that leads somewhere, or out of the project."""
    if link.startswith(("http://", "https://", "mailto:")):
        return None
    path, _, anchor = link.partition("#")
    target = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
    if target.startswith("..") or path.startswith("/"):
        return f"{link}: leads out of the project"
    if not (REPOSITORY / target).exists():
        return f"{link}: there is no {target}"
    if anchor and (target not in known or anchor not in known[target].anchors()):
        return f"{link}: {target} has no #{anchor}"
    return None


@pytest.mark.parametrize("path", pages())
def test_every_link_leads_somewhere(path):
    assert [fault for link in pages()[path].links if (fault := broken(path, link, pages()))] == []


def test_the_front_door_leads_to_every_page():
    seen, waiting = set(), ["README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen:
            continue
        seen.add(page)
        for link in pages()[page].links:
            target = os.path.normpath(os.path.join(os.path.dirname(page), link.partition("#")[0] or page))
            if target in pages():
                waiting.append(target)
    assert set(pages()) - seen == set()


def test_a_broken_link_is_found():
    known = {"docs/http.md": Page("docs/http.md", ("What is `this`?", "Twice", "Twice"), (), ())}
    assert broken("docs/http.md", "#what-is-this", known) is None
    assert broken("docs/http.md", "#twice-1", known) is None
    assert broken("docs/http.md", "../README.md", known) is None
    assert broken("docs/http.md", "https://www.example.org/#x", known) is None
    for link in ("#twice-2", "#What-is-this", "b.md", "../README.md#nowhere", "../../etc/passwd", "/etc/passwd"):
        assert broken("docs/http.md", link, known)
