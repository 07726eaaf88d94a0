"""The pages of other clients, each snippet as it is printed there."""

import hashlib
import html.parser
import json
import subprocess
from urllib.parse import quote

import pytest
import requests

import gateway
from documents import adapted, snippet
from presigned import Desk
from processes import Process, PATIENCE, answers_on, remove, temporary_directory
from servers import PASSWORD, REPOSITORY
from uploads import login

CONTENT = "Speak, friend, and enter.\n"
PHOTO = "location = /photo.php {{ proxy_pass http://127.0.0.1:{who}; }}"


@pytest.fixture(scope="module")
def php():
    directory = temporary_directory()
    yield directory
    remove(directory)


@pytest.fixture(scope="module")
def desk(s3, php):
    """With the page of the PHP snippet, which its own server runs behind nginx."""
    desk = Desk(s3, lambda config, url: config.replace(
        "[rules]\n", f'[rules]\nredirects = ["{url}/photo.php"]\n', 1), PHOTO)
    page = adapted(snippet("docs/clients/html-form.md", "An HTML form without JavaScript", "php"), {"https://www.example.org": desk.url})
    (php / "photo.php").write_text(page)
    port = desk.server.ports["who"]
    process = Process(["php", "-S", f"127.0.0.1:{port}", "-t", str(php)], php / "log")
    client = gateway.client(s3["url"])
    try:
        rules = client.get_bucket_cors(Bucket=s3["uploads"])["CORSRules"]
        origins = [origin for rule in rules for origin in rule["AllowedOrigins"]]
    except client.exceptions.ClientError:
        origins = []
    gateway.allow_origins(client, [*origins, desk.url])
    try:
        process.wait_until(lambda: answers_on(port), "php")
        yield desk.start()
    finally:
        desk.stop()
        process.stop()


@pytest.fixture(scope="module")
def page(browsers, desk):
    """A page of the site, its visitor logged in: what a snippet's script runs in."""
    driver = browsers.of("clients")
    driver.set_script_timeout(PATIENCE)
    scheme, host = desk.url.split("://")
    driver.get(f"{scheme}://frodo:{quote(PASSWORD)}@{host}/login.html")
    driver.get(f"{desk.url}/login.html")
    return driver


def run(page, script):
    """The value of the last expression, a promise or not."""
    return page.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        f"(async () => {{ {script} }})().then(done, error => done('failed: ' + error.message));")


FILE = f"new File([{json.dumps(CONTENT)}], 'Mein Blatt.txt', {{type: 'text/plain'}})"


@pytest.mark.parametrize("mount", ["upload", "put"])
def test_plain_fetch(desk, page, store, mount):
    script = snippet("docs/clients/plain-javascript.md", "Plain fetch", "js").replace("/upload/", f"/{mount}/")
    done = run(page, f"{script}; return upload({FILE});")
    assert isinstance(done, dict) and done["success"], done
    assert done["name"] == "Mein Blatt.txt" and store.get(done["key"], "storage")[0] == CONTENT.encode()
    refused = run(page, f"{script}; return upload(new File(['x'.repeat(6 << 20)], 'x'));")
    assert refused.startswith("failed: size: The object should have at most"), refused


def test_curl(desk, store, tmp_path):
    (tmp_path / "note.txt").write_text(CONTENT)
    script = adapted(snippet("docs/clients/curl-and-api.md", "curl", "sh"), {"https://www.example.org/upload": f"{desk.url}/upload",
                                             "frodo:secret": f"'frodo:{PASSWORD}'"})
    result = subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=tmp_path, capture_output=True, text=True,
                            timeout=60)
    assert result.returncode == 0, result.stderr
    done = json.loads(result.stdout)
    assert store.get(done["key"], "storage")[0] == CONTENT.encode()
    assert store.get(done["key"], "storage")[1]["ContentType"] == "text/plain"


class Form(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.action, self.fields, self.file = None, {}, None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "form":
            self.action = attributes["action"]
            assert attributes["method"] == "post" and attributes["enctype"] == "multipart/form-data"
        elif tag == "input" and attributes["type"] == "file":
            self.file = attributes["name"]
        elif tag == "input":
            assert self.file is None, "the file comes last"
            self.fields[attributes["name"]] = attributes["value"]


def test_a_form_without_javascript(desk, store):
    form = Form(requests.get(f"{desk.url}/photo.php", headers=login("frodo"), timeout=30).text)
    parts = [*((name, (None, value)) for name, value in form.fields.items()), (form.file, ("a.jpg", CONTENT))]
    before = store.keys()
    tampered = [part if part[0] != "success_action_redirect" else (part[0], (None, "https://elsewhere.example/"))
                for part in parts]
    assert requests.post(form.action, files=tampered, timeout=30, allow_redirects=False).status_code in (400, 403)
    assert store.keys() == before
    stored = requests.post(form.action, files=parts, timeout=30, allow_redirects=False)
    assert stored.status_code == 303 and stored.headers["Location"].startswith(f"{desk.url}/photo.php?bucket=uploads&")
    back = requests.get(stored.headers["Location"], headers=login("frodo"), timeout=30)
    assert back.text.startswith("Stored as frodo/"), back.text
    assert store.get(back.text.removeprefix("Stored as "), "storage")[0] == CONTENT.encode()
    other = requests.get(stored.headers["Location"], headers=login("sam"), timeout=30)
    assert other.text == html.escape("Key should start with 'sam/'").replace("&#x27;", "&#039;")


def debian_script(package, pattern):
    """A script from Debian's package of it, unpacked once into the build directory."""
    target = REPOSITORY / ".build" / package
    if not list(target.glob("*.deb")):
        target.mkdir(parents=True, exist_ok=True)
        subprocess.run(["apt-get", "download", "-qq", package], cwd=target, check=True, stderr=subprocess.DEVNULL)
    if not (target / "usr").is_dir():
        subprocess.run(["dpkg", "-x", *map(str, target.glob("*.deb")), str(target)], check=True)
    return next(target.glob(pattern)).read_text()


def test_dropzone(desk, page, store):
    library = debian_script("libjs-dropzone", "usr/share/nodejs/dropzone/dist/dropzone.js")
    before = store.keys()
    answer = run(page, f"""
        document.body.innerHTML = '<div id="drop"></div>';
        {library}
        Dropzone.autoDiscover = false;
        const drop = {snippet("docs/clients/dropzone-and-shrine.md", "Dropzone, and clients of Shrine", "js").strip().removesuffix(";")};
        return new Promise((resolve, reject) => {{
            drop.on("success", file => resolve(file.leave.key));
            drop.on("error", (file, message) => reject(new Error(message)));
            drop.addFile({FILE});
        }});""")
    assert store.keys() - before == {answer}, answer
    assert store.get(answer)[0] == CONTENT.encode() and store.get(answer)[1]["ContentType"] == "text/plain"


def test_rails(desk, page, store):
    """Rails' own script and a form with the snippet's field; what it would post is taken to completion."""
    library = debian_script("ruby-activestorage", "usr/share/**/assets/javascripts/activestorage.js")
    field = snippet("docs/clients/rails-activestorage.md", "Rails ActiveStorage", "html").strip()
    signed_id = run(page, f"""
        document.body.innerHTML = {json.dumps('<form method="post" action="/nowhere">' + field + '</form>')};
        // What Debian's build of the script leaves to its surroundings.
        window.babelHelpers = {{
            classCallCheck: () => {{}},
            createClass(made, methods = [], statics = []) {{
                for (const {{ key, ...method }} of methods) Object.defineProperty(made.prototype, key, method);
                for (const {{ key, ...method }} of statics) Object.defineProperty(made, key, method);
                return made;
            }}
        }};
        (function () {{ {library} }}).call(window);
        ActiveStorage.start();
        const form = document.forms[0], files = new DataTransfer();
        files.items.add({FILE});
        form.elements.photo.files = files.files;
        return new Promise((resolve, reject) => {{
            addEventListener("direct-upload:error", event => reject(new Error(event.detail.error)));
            addEventListener("direct-uploads:end", () => resolve(form.querySelector("input[type=hidden]").value));
            addEventListener("submit", event => event.preventDefault());
            form.requestSubmit();
        }});""")
    assert not signed_id.startswith("failed"), signed_id
    done = desk.post("file_uploaded", {"signed_id": signed_id})
    assert done.status_code == 200, done.text
    assert done.json()["name"] == "Mein Blatt.txt" and done.json()["etag"] == hashlib.md5(CONTENT.encode()).hexdigest()


def test_sign_request(desk, page, store):
    key = run(page, f"""
        const options = {{ {snippet("docs/clients/uppy.md", "Uppy's requests", "js")} }};
        const leave = await options.signRequest({{method: "PUT", key: "from-uppy.txt"}});
        const stored = await fetch(leave.url, {{method: "PUT", body: {FILE}}});
        return stored.ok ? leave.key : stored.status;""")
    assert key == "frodo/from-uppy.txt" and store.get(key)[0] == CONTENT.encode()
    refused = run(page, f"""
        const options = {{ {snippet("docs/clients/uppy.md", "Uppy's requests", "js")} }};
        return options.signRequest({{method: "GET", key: "from-uppy.txt"}});""")
    assert refused.startswith("failed: An uploader has no such request")


def test_a_store_without_forms(s3, store):
    """The snippet's rule, in the place of the others."""
    rule = snippet("docs/stores/README.md", "Stores without POST policies", "toml")
    desk = Desk(s3, lambda config, url: config.replace("[rules]\n", rule, 1)).start()
    try:
        leave = desk.get("presign", filename="a", type="text/plain", size=len(CONTENT)).json()
        assert leave["method"] == "put" and leave["fields"] == {}
        assert requests.put(leave["url"], data=CONTENT, headers=leave["headers"], timeout=30).status_code == 200
    finally:
        desk.stop()
