"""Scripts and pages that no test runs as they stand are at least what Chromium takes for scripts and pages."""

import re

import pytest

from documents import blocks, is_run, snippet

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


def test_scripts_that_are_not_run(driver):
    for block in blocks():
        if block.language in ("js", "html") and not is_run(block):
            assert [fault for text in scripts(block) if (fault := driver.execute_script(READ, text))] == [], block.name


def test_a_wrong_script_is_noticed(driver):
    assert driver.execute_script(READ, "const = 1;")
    assert driver.execute_script(READ, "a: 1, b: {c: 2}") is None


# --- with the part of others played -----------------------------------------------------------------------------------

@pytest.mark.parametrize("script, cookie", [
    (snippet("docs/users.md", "Users and prefixes", "js"), "upload_prefix=j%25C3%25BCrgen%2F"),
    (snippet("docs/migration/drf-to-s3.md", "In order", "js"), "a=b; upload_prefix=j%25C3%25BCrgen%2F"),
    (snippet("docs/migration/drf-to-s3.md", "In order", "js"), "upload_prefix=j%25C3%25BCrgen; c=d")])
def test_a_key_from_the_cookie(driver, script, cookie):
    """As Countersign sets it, and for a page that is on its way from drf-to-s3 also as that did."""
    assert driver.execute_script("const document = {cookie: arguments[0]}, qq = {getUniqueId: () => 'id'};"
                                 f"{script}; return key;", cookie) == "j%C3%BCrgen/id.jpg"


@pytest.mark.parametrize("script, expected", [
    (snippet("docs/clients/uppy.md", "Uppy", "js", 0), [{"endpoint": "/upload"}, {"companionEndpoint": "/upload"}]),
    (snippet("docs/migration/companion.md", "In order", "js"), [{"endpoint": "/upload"}])])
def test_uppys_options(driver, script, expected):
    assert driver.execute_script("const AwsS3 = {}, given = [], uppy = {use: (plugin, options) => given.push(options)};"
                                 f"{script}; return given;") == expected


def test_evaporates_options(driver):
    """What Evaporate.js itself does with them, test_presign plays."""
    options, added = driver.execute_async_script("""
        const done = arguments[arguments.length - 1];
        const desk = {accessKey: "AKID", region: "eu-west-1", bucket: "b", prefix: "frodo/", acl: "private"};
        const file = new File(["x"], "a.bin"), sha256 = data => data, SparkMD5 = {ArrayBuffer: {hash: () => "md5"}};
        let options;
        const Evaporate = {create: given => { options = given; return Promise.resolve({add: it => done([
            {...options, md5: options.cryptoMd5Method({buffer: new ArrayBuffer(1)})}, {...it, file: it.file.name}])}); }};
        """ + snippet("docs/clients/evaporatejs.md", "EvaporateJS", "js"))
    assert options["sendCanonicalRequestToSignerUrl"] is True and options["signerUrl"] == "/upload/evaporate"
    assert (options["aws_key"], options["bucket"], options["md5"]) == ("AKID", "b", "md5")
    assert re.fullmatch(r"frodo/[0-9a-f-]{36}/a\.bin", added["name"])
    assert added["xAmzHeadersAtInitiate"] == {"x-amz-acl": "private"}
