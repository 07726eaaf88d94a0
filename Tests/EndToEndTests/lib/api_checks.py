"""Schemathesis's own checks know statuses and schemas; these hold the answers to the rest of docs/openapi.yaml."""

import functools
import os

import schemathesis
import yaml

WEB_SERVER = {"unauthorized", "forbidden", "request_too_large", "too_many_requests", "unavailable", "timeout"}


@functools.cache
def document():
    with open(os.environ["COUNTERSIGN_API"], encoding="utf-8") as file:
        return yaml.load(file, Loader=yaml.CSafeLoader)


def resolved(node):
    while "$ref" in node:
        found = document()
        for name in node["$ref"].removeprefix("#/").split("/"):
            found = found[name.replace("~1", "/").replace("~0", "~")]
        node = found
    return node


def error_code(response):
    if not response.headers.get("content-type", [""])[0].startswith("application/json"):
        return None
    body = response.json() if response.content else None
    return body.get("code") if isinstance(body, dict) and body.get("invalid") is True else None


@schemathesis.check
def the_code_is_declared(ctx, response, case):
    """An error's code stands among the examples of this very status of this very operation."""
    code = error_code(response)
    if code is None or case.method.lower() != case.operation.method.lower():
        return
    declared = document()["paths"][case.operation.path][case.operation.method.lower()]["responses"]
    if response.status_code == 200:  # for those that could not read another status
        codes = {code for answer in declared.values() for code in examples(answer)}
    else:
        codes = set(examples(declared.get(str(response.status_code), {})))
    assert code in codes, f"{response.status_code} {code} is not declared; declared: {sorted(codes)}"


def examples(answer):
    return resolved(answer).get("content", {}).get("application/json", {}).get("examples", {})


@schemathesis.check
def a_wrong_method_is_405(ctx, response, case):
    if case.method.lower() != case.operation.method.lower() and response.status_code not in (401, 404):
        assert response.status_code == 405 and error_code(response) == "method_not_allowed", response.text
        assert "OPTIONS" in response.headers["allow"][0]


@schemathesis.check
def try_again_says_when(ctx, response, case):
    if response.status_code in (429, 502, 503, 504) and error_code(response) not in WEB_SERVER:
        assert int(response.headers["retry-after"][0]) > 0


@schemathesis.check
def json_is_not_kept(ctx, response, case):
    if response.headers.get("content-type", [""])[0].startswith("application/json"):
        assert response.headers["cache-control"] == ["no-store"]
        assert response.headers["content-type"] == ["application/json"]


@schemathesis.hook
def map_body(context, body):
    """To JSON Schema 5.0 is an integer too; here numbers of bytes are digits and nothing else."""
    return in_digits(body)


def in_digits(value):
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: in_digits(member) for name, member in value.items()}
    return [in_digits(element) for element in value] if isinstance(value, list) else value
