"""docs/openapi.yaml and the program: each says what the other does, for every client and for whoever sends nonsense."""

import json
import os
import re
import subprocess

import pytest
import requests

import api_document
import api_fuzzing
import api_sites
import api_tour
import processes
import swift_text
from api_document import examples, operations, problems, resolved, shape
from latecomers import TOKEN
from servers import REPOSITORY, program
from uploads import login

SOURCES = REPOSITORY / "Sources/UploadService"
WEB_SERVERS = [REPOSITORY / "nginx/countersign-upstream.conf", *REPOSITORY.glob("apache/*.conf")]
RECORDED = ["Tests/EndToEndTests/recorded/sign_requests.json", "Tests/UploadServiceTests/Vectors/clients/requests.json"]
# More than a test run has time for: Tests/slow.sh.
EXAMPLES = int(os.environ.get("COUNTERSIGN_API_EXAMPLES", "12"))


@pytest.fixture(scope="module", autouse=True)
def tools():
    api_fuzzing.install()


@pytest.fixture(scope="module")
def everything(s3):
    site = api_sites.everything(s3)
    try:
        yield site.start()
    finally:
        site.stop()


def sources():
    return {path: path.read_text() for path in sorted(SOURCES.rglob("*.swift"))}


def named(values):
    return {"argvalues": values, "ids": [str(value) for value in values]}


# --- the document by itself ------------------------------------------------------------------------------------------


def test_it_is_openapi():
    assert api_fuzzing.validate_document() == (0, f"{api_document.PATH}: OK\n")


def test_it_is_of_this_version():
    said = subprocess.run([program(), "version"], capture_output=True, text=True, check=True).stdout
    assert said == f"countersign {api_document.document()['info']['version']}\n"


@pytest.mark.parametrize("operation", **named(operations()))
def test_examples_keep_their_schemas(operation):
    contents = [operation.body(), *(answer.get("content", {}) for answer in operation.answers().values())]
    for content in contents:
        for media in content.values():
            for name, example in examples(media).items():
                assert problems(media["schema"], example) == [], f"{operation} {name}"
    for parameter in operation.parameters().values():
        for example in examples(parameter).values():
            assert problems(parameter["schema"], example) == [], f"{operation} {parameter['name']}"


def test_answers_are_closed():
    """What stands nowhere in the document cannot be answered unseen; the site's own members are merged into two."""
    open_ones = {name for name, schema in api_document.document()["components"]["schemas"].items()
                 if schema.get("type") == "object" and "additionalProperties" not in schema}
    answered = {reference for operation in operations() for answer in operation.answers().values()
                for media in answer.get("content", {}).values() for reference in references(media["schema"])}
    assert open_ones & answered == {"Completion", "StoredUpload"}


def references(schema, seen=()):
    if isinstance(schema, list):
        return {name for element in schema for name in references(element, seen)}
    if not isinstance(schema, dict):
        return set()
    found = {name for member in schema.values() for name in references(member, seen)}
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        if name not in seen:
            found |= {name} | references(resolved(schema), (*seen, name))
    return found


# --- the document and the program's text -----------------------------------------------------------------------------


def test_every_route_is_there():
    """The table of Route.swift, and the names of what lies below s3/multipart."""
    table = set(re.findall(r'\("(/[\w/]+)", \.', (SOURCES / "Route.swift").read_text()))
    below = re.findall(r'case \.\w+: "(s3/multipart[\w/]*)"', (SOURCES / "MultipartRoute.swift").read_text())
    assert len(table) > 15 and len(below) == 5
    below = [name.replace("ID/part", "{uploadId}/{partNumber}").replace("ID", "{uploadId}") for name in below]
    known = table | {"/" + name for name in below}
    assert set(api_document.document()["paths"]) == known | {"/file/{uuid}"}


def test_every_code_is_there():
    """The codes that the program and the web servers' snippets can answer, and those that the document names."""
    codes = set()
    for text in sources().values():
        for line in text.splitlines():
            if "code:" in line and "step:" not in line:
                codes |= set(re.findall(r'"([a-z]+(?:_[a-z]+)*)"', line.partition("code:")[2].partition("message:")[0]))
    for path in WEB_SERVERS:
        codes |= set(re.findall(r'"code": ?"(\w+)"', path.read_text().replace("\\", "")))
    declared = api_document.document()["components"]["schemas"]["ErrorCode"]["enum"]
    assert set(declared) == codes
    assert declared == sorted(declared)


def test_every_code_has_its_place():
    """An example, by that name, in some operation's answer; only wrong methods are nobody's."""
    codes = set(api_document.document()["components"]["schemas"]["ErrorCode"]["enum"])
    used = {code for operation in operations() for status in operation.answers() for code in operation.codes(status)}
    errors = {name: example["value"] for name, example in api_document.document()["components"]["examples"].items()
              if example["value"] and "code" in example["value"]}
    assert codes - used == {"method_not_allowed"}
    assert {name: value["code"] for name, value in errors.items()} == {code: code for code in codes}
    assert all(value["error"] == value["message"] for value in errors.values())


def test_the_texts_of_errors_are_the_program_s():
    """Each stands in the sources, or in a web server's snippet, but for what is filled in."""
    paths = (REPOSITORY / "Sources").rglob("*.swift")
    literals = {text for path in paths for text in swift_text.texts(path.read_text())}
    known = [re.escape(text).replace(swift_text.FILLED, ".*") for text in literals
             if len(text.replace(swift_text.FILLED, "")) > 5]
    snippets = "".join(path.read_text() for path in WEB_SERVERS)
    for name, example in api_document.document()["components"]["examples"].items():
        value = example["value"]
        if not isinstance(value, dict) or value.get("code") in (None, "refused"):  # the hook's own text
            continue
        # The field, or the kind of text, stands before what is wrong with it.
        message = re.sub("^(size|Malformed JSON|Malformed form): ", "", value["message"])
        assert any(re.fullmatch(pattern, message) for pattern in known) or message in snippets, f"{name}: {message}"


@pytest.mark.parametrize("path", RECORDED)
def test_recorded_requests_are_declared(path):
    """What Fine Uploader really sent."""
    places = {"/s3/sign": "/sign", "/s3/file": "/file", "/s3/file/UUID": "/file/UUID", "/s3/done": "/file_uploaded",
              "/s3/list": "/session"}
    for name, request in json.loads((REPOSITORY / path).read_text()).items():
        where, _, query = request["url"].partition("?")
        url = places[where] + ("?" + query if query else "")
        found = api_document.request_problems(request["method"], url, request.get("headers", {}), request.get("body"))
        assert found == [], name


# --- the document and the running program ----------------------------------------------------------------------------


@pytest.mark.parametrize("path", **named(list(api_document.document()["paths"])))
def test_methods(everything, path):
    """OPTIONS says what a path takes; the rest is 405."""
    declared = {each.method.upper() for each in operations() if each.path == path}
    url = everything.url + "/upload" + re.sub(r"\{\w+\}", "1", path)
    options = requests.options(url, timeout=30)
    assert options.status_code == 204 and set(options.headers["Allow"].split(", ")) == declared
    headers = {**login("frodo"), "Content-Type": "application/x-www-form-urlencoded"}
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "QUERY"} - declared:
        answer = requests.request(method, url, headers=headers, timeout=30)
        assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed"), method
        assert answer.headers["Allow"] == options.headers["Allow"]
        assert problems({"$ref": "#/components/schemas/Error"}, answer.json()) == []


def test_what_is_undeclared_is_found(everything):
    """A real answer with one change; the examination that the others stand on sees each."""
    def found(change, path="prefix", user="frodo"):
        answer = api_tour.call(everything, "GET", path, user)
        assert api_document.answer_problems(answer) == []
        change(answer)
        return api_document.answer_problems(answer)

    def member(answer):
        answer._content = answer.content[:-1] + b',"secret":1}'

    def kind(answer):
        answer._content = answer.content.replace(b'"frodo/"', b"1")

    def another_code(answer):
        answer._content = answer.content.replace(b'"invalid_fields"', b'"too_large"')

    assert found(lambda answer: setattr(answer, "status_code", 402)) == ["status 402"]
    assert found(lambda answer: answer.headers.update({"Content-Type": "text/html"})) == ["Content-Type text/html"]
    assert len(found(member)) == 1 and len(found(kind)) == 1
    assert found(another_code, "presign?size=x") == ["code too_large"]
    assert len(found(lambda answer: answer.headers.pop("X-Frame-Options"), "empty_html")) == 1


def test_every_success_is_as_its_example(everything):
    """Every operation answers what the document shows: the same members of the same kinds."""
    seen = set()
    for name, example, answer in api_tour.tour(everything):
        operation = next(each for each in operations() if each.id == name)
        mount = "/" + answer.request.path_url.split("/")[1]
        assert api_document.answer_problems(answer, mount) == [], (name, answer.text)
        assert answer.status_code == 200, answer.text
        seen.add((name, example))
        content = operation.answers()[200].get("content", {})
        if operation.method != "head":
            media = answer.headers["Content-Type"].split(";")[0]
            shown = examples(content[media])[example]
            assert shape(answer.json() if media == "application/json" else answer.text) == shape(shown), (name, example)
    assert everything.is_alive()
    successes = {operation.id: operation.answers()[200] for operation in operations() if 200 in operation.answers()}
    shown = {(name, example) for name, answer in successes.items()
             for media in answer.get("content", {None: {}}).values() for example in examples(media) or [None]}
    assert shown == seen


def test_requests_of_examples_are_known(everything):
    """None that the document shows is malformed to the program: it is only about other buckets and dates."""
    for operation in operations():
        for media, content in operation.body().items():
            for name, example in examples(content).items():
                sent = {"data": example} if media.endswith("urlencoded") else {"json": example}
                path = re.sub(r"\{\w+\}", "1", operation.path.removeprefix("/"))
                answer = api_tour.call(everything, operation.method.upper(), path, params={"key": "k"}, **sent)
                code = answer.json().get("code") if answer.status_code != 200 and answer.content else None
                assert code not in ("malformed_json", "malformed_form", "bad_request", "unsupported_media_type",
                                    "invalid_fields", "unknown_notification", "no_such_operation"), (operation, name)


def test_quotas(everything):
    """Too many, more than there could ever be, too many at once: each declared, and when to come again."""
    def asked(method, path, status, code, **more):
        answer = api_tour.call(everything, method, path, user="sam", mount="/few", **more)
        assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text
        assert api_document.answer_problems(answer, "/few") == [], answer.text
        assert status != 429 or int(answer.headers["Retry-After"]) > 0

    for size, status, code in ((1001, 403, "larger_than_quota"), (900, 200, None), (900, 429, "quota_exceeded")):
        asked("GET", "presign", status, code, params={"size": size})
    asked("POST", "s3/multipart", 200, None, json={"filename": "a", "size": 1})
    asked("POST", "s3/multipart", 429, "too_many_open_uploads", json={"filename": "a", "size": 1})


def test_s3_is_down(s3):
    """Every operation that needs S3 says so in a declared way, and when to come again."""
    site = api_sites.without_s3(s3)
    try:
        site.start()
        completion = {"key": "frodo/a", "filename": "a"}
        asked = [("GET", "session", {}), ("GET", "prefix?credentials", {}), ("GET", "s3/sts", {}), ("GET", "ready", {}), ("HEAD", "ready", {}),
                 ("POST", "s3/multipart", {"json": {"filename": "a"}}), ("POST", "file_uploaded", {"json": completion}),
                 ("PUT", "file_uploaded", {"data": {**completion, "uuid": "u", "name": "a", "bucket": s3["uploads"]}}),
                 ("DELETE", "file/u", {"params": {"key": "frodo/a"}}),
                 ("POST", "events", {"headers": {"Authorization": f"Bearer {TOKEN}"}, "user": None,
                                     "json": {"Records": [api_tour.record(s3["uploads"], "frodo/a")]}})]
        for method, path, more in asked:
            answer = api_tour.call(site, method, path, **more)
            assert answer.status_code in (503, 504), (path, answer.text)
            assert api_document.answer_problems(answer) == [], (path, answer.text)
            assert int(answer.headers["Retry-After"]) > 0, path
        assert site.is_alive()
    finally:
        site.stop()


def test_the_web_server_s_own_answers(s3):
    """A login, too much, too long, and nobody behind it."""
    site = api_sites.signing_only(s3)
    try:
        site.start()
        answers = {401: api_tour.call(site, "GET", "prefix", user=None),
                   413: api_tour.call(site, "POST", "sign", json=[0] * (1 << 20)),
                   414: api_tour.call(site, "GET", "presign", params={"filename": "a" * 10000})}
        site.program.process.stop()
        answers[502] = api_tour.call(site, "GET", "prefix")
        for status, answer in answers.items():
            assert answer.status_code == status and api_document.answer_problems(answer) == [], (status, answer.text)
    finally:
        site.stop()


def cookie_of(site):
    """What a browser without a login gets from GET prefix."""
    return requests.get(site.url + "/upload/prefix", timeout=30).cookies["countersign"]


# The defaults: errors of forms have status 200, and what operators see is nowhere.
BY_DEFAULT = """
[[operations]]
include-operation-id = ["fileUploaded", "putFileUploaded", "patchFileUploaded"]
checks.negative_data_rejection.enabled = false
checks.ignored_auth.enabled = false

[[operations]]
include-path = ["/ready", "/metrics"]
checks.unsupported_method.enabled = false
"""
NO_LOGIN = """
[headers]
Cookie = "countersign={cookie}"

[checks.ignored_auth]
enabled = false
"""


@pytest.mark.parametrize("kind", ["everything", "signing only, on Apache", "anonymous"])
def test_nothing_undeclared_is_answered(request, s3, kind):
    """Whatever comes: no status, code, type or member that the document has not, and nothing that is 5xx."""
    directory = processes.temporary_directory()
    if kind == "everything":
        site, made = request.getfixturevalue("everything"), None
    else:
        site = made = (api_sites.anonymous(s3) if kind == "anonymous"
                       else api_sites.signing_only(s3, apache="proxy_fcgi")).start()
    try:
        before = len(site.program.log())
        more = BY_DEFAULT if kind != "everything" else ""
        if kind == "anonymous":
            more += NO_LOGIN.format(cookie=cookie_of(site))
        status, output = api_fuzzing.fuzz(site, directory, EXAMPLES if kind == "everything" else EXAMPLES // 2, more)
        assert status == 0, output
        assert api_fuzzing.requests_of(output) > 1500
        assert site.is_alive()
        log = site.program.log()[before:]
        wrong = [line for line in log.splitlines() if re.search(r" status=5| level=error|[Ff]atal|Swift runtime", line)]
        assert wrong == []
    finally:
        processes.remove(directory)
        if made:
            made.stop()
