"""Runs schemathesis from .build/venv on a site: what docs/openapi.yaml allows, and what it does not."""

import os
import re
import subprocess

import api_document
import servers
from latecomers import TOKEN

LIB = servers.REPOSITORY / "Tests/EndToEndTests/lib"
VENV = servers.REPOSITORY / ".build/venv/bin"
SEED = int(os.environ.get("COUNTERSIGN_API_SEED", "20300131"))

# What a schema cannot say: a policy's date, which key is whose, what lies in the bucket. Such a request may be refused
# though it keeps the schema. Every other that keeps it is taken.
MAY_BE_REFUSED = ["sign", "presign", "presignMany", "uploadURI", "uppySignRequest", "signPart", "signParts",
                  "completeMultipartUpload", "fileUploaded", "putFileUploaded", "patchFileUploaded", "sts", "events",
                  "deleteByForm", "deleteByFormByUUID", "deleteFile", "deleteFileByUUID"]
# URLs are made without asking S3, which takes no part of what was given up. To give it up again is no mistake.
OF_WHAT_IS_GONE = ["signPart", "signParts", "abortMultipartUpload"]

CONFIGURATION = f"""\
seed = {SEED}
suppress-health-check = ["all"]
request-timeout = 60.0

[generation]
database = "none"
with-security-parameters = false

[auth.openapi]
login = {{ username = "frodo", password = "{servers.PASSWORD}" }}
eventsToken = {{ bearer = "{TOKEN}" }}

[checks]
positive_data_acceptance.expected-statuses = ["2xx", 401, 403, 404, 409, 413, 429, "5xx"]
negative_data_rejection.expected-statuses = ["4xx"]

[[operations]]
include-operation-id = {MAY_BE_REFUSED}
checks.positive_data_acceptance.expected-statuses = ["2xx", "4xx", "5xx"]

[[operations]]
include-operation-id = {OF_WHAT_IS_GONE}
checks.use_after_free.enabled = false

[[operations]]
include-tag = "preflight"
checks.use_after_free.enabled = false

[phases.coverage]
# TRACE never comes further than the web server.
unexpected-methods = ["GET", "PUT", "POST", "DELETE", "PATCH", "QUERY"]
"""


def install():
    subprocess.run(["bash", "-c", '. "$0" && install_api_tools', str(LIB / "packages.sh")], check=True, timeout=600)


def validate_document():
    """What openapi-spec-validator says: nothing, if all is well."""
    result = subprocess.run([VENV / "openapi-spec-validator", "--schema", "3.1", str(api_document.PATH)], timeout=120,
                            capture_output=True, text=True)
    return result.returncode, result.stdout + result.stderr


def fuzz(site, directory, examples, more=""):
    """The exit status and all that schemathesis prints; `more` is added to its configuration."""
    configuration = directory / "schemathesis.toml"
    configuration.write_text(CONFIGURATION + more)
    environment = {**os.environ, "PYTHONPATH": str(LIB), "SCHEMATHESIS_HOOKS": "api_checks",
                   "COUNTERSIGN_API": str(api_document.PATH), "PYTHONDONTWRITEBYTECODE": "1"}
    result = subprocess.run(
        [VENV / "st", "--config-file", str(configuration), "--no-color", "run", str(api_document.PATH), "--url",
         site.url + "/upload", "--max-examples", str(examples), "--continue-on-failure"],
        cwd=directory, env=environment, timeout=3000, capture_output=True, text=True)
    return result.returncode, result.stdout + result.stderr


def requests_of(output):
    return int(re.search(r"(\d+) generated", output).group(1))
