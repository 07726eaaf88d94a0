"""docs/openapi.yaml: the operations that it declares, and what of a request or an answer is not as it says."""

import functools
import json
import re
from urllib.parse import parse_qsl, unquote, urlsplit

import jsonschema
import yaml

from servers import REPOSITORY

PATH = REPOSITORY / "docs/openapi.yaml"
METHODS = ("get", "head", "post", "put", "patch", "delete", "options")


@functools.cache
def document():
    return yaml.load(PATH.read_text(), Loader=yaml.CSafeLoader)


def resolved(node):
    """The node itself, or the one that it refers to."""
    while "$ref" in node:
        node = functools.reduce(lambda found, name: found[name.replace("~1", "/").replace("~0", "~")],
                                node["$ref"].removeprefix("#/").split("/"), document())
    return node


def examples(media):
    """The examples of a media type or a parameter, by name; of a single one the name is None."""
    if "example" in media:
        return {None: media["example"]}
    return {name: resolved(example)["value"] for name, example in media.get("examples", {}).items()}


def problems(schema, value):
    """What is wrong with a value, in words."""
    whole = {**schema, "components": document()["components"]}
    checker = jsonschema.Draft202012Validator(whole, format_checker=jsonschema.FormatChecker())
    return [f"{error.json_path}: {error.message[:300]}" for error in checker.iter_errors(value)]


class Operation:
    def __init__(self, path, method, node, shared):
        self.path, self.method, self.node = path, method, node
        self.id = node["operationId"]
        self.shared = shared
        self.pattern = re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path)) + "$")

    def __repr__(self):
        return f"{self.method.upper()} {self.path}"

    def parameters(self):
        every = [resolved(parameter) for parameter in (*self.shared, *self.node.get("parameters", []))]
        return {(each["in"], each["name"]): each for each in every}

    def body(self):
        """The media types of the request's body, by their names."""
        return self.node.get("requestBody", {}).get("content", {})

    def answers(self):
        return {int(status): resolved(answer) for status, answer in self.node["responses"].items()}

    def codes(self, status):
        """The errors that come with this status; with 200 any, for those who can read no other."""
        answers = self.answers()
        chosen = answers.values() if status == 200 else [answers.get(status, {})]
        media = [answer.get("content", {}).get("application/json", {}) for answer in chosen]
        return {name for each in media for name in each.get("examples", {})}


@functools.cache
def operations():
    return [Operation(path, method, item[method], item.get("parameters", []))
            for path, item in document()["paths"].items() for method in METHODS if method in item]


def operation(method, path):
    """The operation of a real path; where a template and a plain path fit, the plain one."""
    found = [each for each in operations() if each.method == method.lower() and each.pattern.match(path)]
    assert found, f"{method} {path} is not in {PATH.name}"
    return min(found, key=lambda each: each.path.count("{"))


def answer_problems(answer, mount="/upload"):
    """What about a real answer (of requests) is not declared."""
    method = answer.request.method
    path = urlsplit(answer.request.url).path.removeprefix(mount)
    declared = operation(method, path).answers().get(answer.status_code)
    if declared is None:
        return [f"status {answer.status_code}"]
    found = [f"{name} is missing" for name, header in declared.get("headers", {}).items()
             if resolved(header).get("required") and name not in answer.headers]
    for name, header in declared.get("headers", {}).items():
        if name in answer.headers:
            schema, text = resolved(resolved(header)["schema"]), answer.headers[name]
            found += problems(schema, int(text) if schema.get("type") == "integer" else text)
    content = declared.get("content", {})
    if method == "HEAD" or not content:
        # The web server says in its own words what it does not let through.
        return found + (["a body"] if answer.content and answer.status_code != 414 else [])
    media = answer.headers["Content-Type"].split(";")[0]
    if media not in content:
        return [*found, f"Content-Type {media}"]
    value = answer.json() if media == "application/json" else answer.text
    found += problems(content[media]["schema"], value)
    if isinstance(value, dict) and value.get("invalid") and value["code"] not in operation(method, path).codes(
            answer.status_code):
        found.append(f"code {value['code']}")
    return found


def request_problems(method, url, headers, body):
    """What about a client's request is not declared."""
    parts = urlsplit(url)
    declared = operation(method, parts.path)
    found = []
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    segments = dict(zip(re.findall(r"\{(\w+)\}", declared.path),
                        re.match(re.sub(r"\{\w+\}", "([^/]+)", declared.path), parts.path).groups()))
    for (place, name), parameter in declared.parameters().items():
        values = query if place == "query" else {key: unquote(value) for key, value in segments.items()}
        if name in values:
            found += problems(parameter["schema"], values[name])
        elif parameter.get("required"):
            found.append(f"{name} is missing")
    if body is None:
        return found + (["no body"] if declared.node.get("requestBody", {}).get("required") else [])
    # An XDomainRequest has none.
    media = headers.get("Content-Type", "text/plain").split(";")[0]
    if media not in declared.body():
        return [*found, f"Content-Type {media}"]
    if media == "application/json":
        value = json.loads(body)
    elif media == "application/x-www-form-urlencoded":
        value = dict(parse_qsl(body, keep_blank_values=True))
    else:
        value = body
    return found + problems(declared.body()[media]["schema"], value)


def shape(value):
    """The names of members and the kinds of values, whatever they are."""
    if isinstance(value, dict):
        return {name: shape(member) for name, member in value.items()}
    if isinstance(value, list):
        return [shape(element) for element in value]
    return type(value).__name__
