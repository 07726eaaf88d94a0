"""Scripts and pages that no test runs as they stand are at least what Chromium takes for scripts and pages."""

import re

import pytest

from documents import blocks, is_run

# In turn: statements, what comes into an object's braces, a method of an object.
READ = """
    const texts = [arguments[0], `({${arguments[0]}})`];
    const faults = [];
    for (const text of texts) {
        try { new (Object.getPrototypeOf(async function () {}).constructor)(text); return null; }
        catch (error) { faults.push(error.message); }
    }
    return faults.join("; ");
"""


@pytest.fixture(scope="module")
def driver(browsers):
    return browsers.of("pages")


def scripts(block):
    return [block.text] if block.language == "js" else re.findall(r"<script>(.*?)</script>", block.text, re.S)


@pytest.mark.parametrize("block", [block for block in blocks() if block.language in ("js", "html") and not is_run(block)],
                         ids=lambda block: f"{block.page}:{block.line}")
def test_a_script(driver, block):
    for text in scripts(block):
        assert driver.execute_script(READ, text) is None
    if block.language == "html":
        tags = driver.execute_script("return [...new DOMParser().parseFromString(arguments[0], 'text/html')"
                                     ".querySelectorAll('*')].map(it => it.localName)", block.text)
        assert len(tags) > 3


def test_a_wrong_script_is_noticed(driver):
    assert driver.execute_script(READ, "const = 1;")
    assert driver.execute_script(READ, "a: 1, b: {c: 2}") is None
