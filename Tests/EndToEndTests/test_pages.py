"""The pages with Fine Uploader, without a library and for Uppy, and its upload with curl: run as printed there."""

import subprocess
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from selenium.webdriver.common.by import By

import gateway
import servers
from documents import adapted, snippet
from processes import PATIENCE
from servers import PASSWORD
from uploads import new_key

CONTENT = b"Speak, friend, and enter.\n"
# What an Internet Explorer 9 has not.
OLD = "<script>delete window.File; delete window.FileReader; delete window.FormData;</script>\n"


def the_page():
    return snippet("docs/clients/fine-uploader.md", "The page", "html")


class Site:
    """The site of these pages: the bucket in the host's name, Fine Uploader at the root, pages of the test beside it."""

    def __init__(self, s3):
        self.program = servers.Countersign(s3, max_size="100MiB", virtual=True)
        self.server = servers.Nginx(self.program.socket, servers=servers.NGINX_BASIC)
        self.www = self.server.directory / "www"
        (self.www / "fine-uploader.js").rename(self.www / "s3.fine-uploader.js")

    def start(self):
        self.program.start()
        self.url = self.server.start().url("basic")
        return self

    def stop(self):
        try:
            self.server.stop()
        finally:
            self.program.stop()


@pytest.fixture(scope="module")
def site(s3):
    site = Site(s3)
    client = gateway.client(s3["url"])
    try:
        rules = client.get_bucket_cors(Bucket=s3["uploads"])["CORSRules"]
        origins = [origin for rule in rules for origin in rule["AllowedOrigins"]]
    except client.exceptions.ClientError:
        origins = []
    try:
        site.start()
        gateway.allow_origins(client, [*origins, site.url])
        yield site
    finally:
        site.stop()


class Visit:
    """A page as it is printed, opened by frodo, who has logged in."""

    def __init__(self, browsers, site, text):
        (site.www / "page.html").write_text(text)
        self.driver = browsers.of("pages")
        self.driver.set_script_timeout(PATIENCE)
        scheme, host = site.url.split("://")
        self.driver.get(f"{scheme}://frodo:{quote(PASSWORD)}@{host}/login.html")
        self.driver.get(f"{site.url}/page.html")

    def wait(self, script, *arguments):
        """The first value of a script that is none of nothing."""
        return self.driver.execute_async_script(
            "const done = arguments[arguments.length - 1], given = arguments;"
            f"(function ask() {{ const it = (() => {{ {script} }})(); it ? done(it) : setTimeout(ask, 50); }})();",
            *arguments)

    def upload(self, path, field="#choose input[type=file]"):
        """Chooses a file, and gives the key that the page then shows."""
        self.wait("return document.querySelector(given[0])", field)
        self.driver.find_element(By.CSS_SELECTOR, field).send_keys(str(path))
        shown = self.wait(r"return (/Stored as .*|note\.txt: .*|S3 says .*|.*rror.*/.exec(document.body.innerText)"
                          " || [])[0]")
        assert shown.startswith("Stored as "), shown
        return shown.removeprefix("Stored as ")


@pytest.fixture
def note(tmp_path):
    path = tmp_path / "note.txt"
    path.write_bytes(CONTENT)
    return path


def with_options(page, options):
    """The page with options added or changed, as its reader would write them in; the first to come is the last said."""
    merge = ("function merge(over, under) { for (var name in over) { under[name] = name in under && "
             "typeof over[name] === 'object' ? merge(over[name], under[name]) : over[name]; } return under; }\n")
    return adapted(page, {
        "function start(desk) {": merge + "function start(desk) {",
        "new qq.s3.FineUploaderBasic({": f"new qq.s3.FineUploaderBasic(merge({{ {options} }}, {{",
        "        }\n    });\n}\n\nvar inquiry": "        }\n    }));\n}\n\nvar inquiry",
    })


@pytest.mark.parametrize("browser", ["of today", "of old"])
def test_the_page_with_fine_uploader(browsers, site, store, note, browser):
    text = the_page()
    if browser == "of old":
        text = adapted(text, {'<script src="/s3.fine-uploader.js">': OLD + '<script src="/s3.fine-uploader.js">'})
    visit = Visit(browsers, site, text)
    key = visit.upload(note)
    stored, answer = store.get(key)
    assert stored == CONTENT and answer["Metadata"]["qqfilename"] == "note.txt"
    assert visit.driver.execute_script("return typeof FormData") == ("undefined" if browser == "of old" else "function")


def test_it_completes(browsers, site, store, note):
    options = snippet("docs/clients/fine-uploader.md", "With completion", "js")
    key = Visit(browsers, site, with_options(the_page(), options)).upload(note)
    assert store.get(key, "storage")[0] == CONTENT


def test_a_page_that_came_from_php_s3_server(browsers, site, store, note):
    options = snippet("docs/migration/php-s3-server.md", "In order", "js")
    key = Visit(browsers, site, with_options(snippet_with_answer(), options)).upload(note)
    assert store.get(key, "storage")[0] == CONTENT


def snippet_with_answer():
    """The page, which shows the key that completion answers with."""
    return adapted(the_page(), {'say("Stored as " + uploader.getKey(id))': 'say("Stored as " + answer.key)'})


def test_it_sends_large_files_in_chunks(browsers, site, store, tmp_path):
    path = tmp_path / "note.txt"
    path.write_bytes(b"x" * (9 << 20))
    options = snippet("docs/clients/fine-uploader.md", "Large files (chunked uploads)", "js")
    key = Visit(browsers, site, with_options(the_page(), options)).upload(path)
    assert store.get(key)[1]["ETag"].endswith('-2"') and store.get(key)[1]["ContentLength"] == 9 << 20
    assert path.stat().st_size in [
        entry["Size"] for entry in store.client.list_objects_v2(Bucket="storage", Prefix="frodo/")["Contents"]]


@pytest.mark.parametrize("completed", [False, True], ids=["uploads", "completes"])
def test_the_page_without_a_library(browsers, site, store, note, completed):
    text = snippet("docs/clients/plain-javascript.md", "A page that makes its own policy", "html")
    if completed:
        call = snippet("docs/clients/plain-javascript.md", "With completion", "js", 0)
        function = snippet("docs/clients/plain-javascript.md", "With completion", "js", 1)
        text = adapted(text, {"return fields.key;": call, "async function read(": function + "\nasync function read("})
    key = Visit(browsers, site, text).upload(note, "#file")
    assert store.get(key, "storage" if completed else "uploads")[0] == CONTENT


def test_the_first_upload(site, store, tmp_path):
    script = adapted(snippet("README.md", "5. Try it", "sh", 1), {
        "https://www.example.org/upload": f"{site.url}/upload", "frodo:secret": f"'frodo:{PASSWORD}'"})
    result = subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=tmp_path, capture_output=True, text=True,
                            timeout=60)
    assert result.returncode == 0, result.stderr
    assert store.get(ElementTree.fromstring(result.stdout).findtext("{*}Key"))[0] == CONTENT


def test_a_whole_upload_with_curl_and_jq(site, store, tmp_path):
    script = adapted(snippet("docs/clients/curl-and-api.md", "curl, with a policy of its own", "sh"), {
        "https://www.example.org/upload": f"{site.url}/upload", "frodo:secret": f"'frodo:{PASSWORD}'"})
    result = subprocess.run(["bash", "-euo", "pipefail", "-c", script + '\necho "key $key"'], cwd=tmp_path,
                            capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    *_, status, key = result.stdout.splitlines()
    assert status == "204", result.stdout
    assert store.get(key.removeprefix("key "))[0] == CONTENT


def test_what_uppys_page_adds(browsers, site, store):
    """No Uppy comes from the registries: its part is played, the snippet is the page's."""
    key = new_key()
    store.client.put_object(Bucket="uploads", Key=key, Body=CONTENT, ContentType="text/plain")
    visit = Visit(browsers, site, "<!DOCTYPE html><title>Uppy</title>")
    done = visit.driver.execute_async_script(
        "const done = arguments[arguments.length - 1]; let heard;"
        "const uppy = {on: (event, hear) => { if (event === 'upload-success') heard = hear; }};"
        f"{snippet('docs/clients/uppy.md', 'Uppy', 'js', 1)}"
        "heard({name: 'note.txt'}, {body: {key: arguments[0]}}).then(it => it.json()).then(done, e => done(`${e}`));", key)
    assert isinstance(done, dict) and done["success"] is True, done
    assert store.get(done["key"], "storage")[0] == CONTENT
