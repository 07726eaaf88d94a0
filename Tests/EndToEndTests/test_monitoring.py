"""The alert rules and the dashboard of docs/monitoring, against the metrics that there are."""

import json
import re
import subprocess

import pytest

from activation import Unit
from servers import REPOSITORY

MONITORING = REPOSITORY / "docs/monitoring"
RULES = MONITORING / "countersign-rules.yml"
DASHBOARD = json.loads((MONITORING / "countersign-dashboard.json").read_text())
SUFFIXES = {"counter": ["_total"], "gauge": [""], "histogram": ["_bucket", "_sum", "_count"]}


@pytest.fixture(scope="module")
def metrics(s3):
    """Every name that a program tells, and the labels that it has."""
    unit = Unit(s3)
    unit.text += f'[operations]\nlisten = "unix:{unit.operations}"\n'
    unit.text += f'[hook]\ncommand = ["/bin/true"]\nspool = "{unit.operations.parent}/spool"\n'
    unit.config.write_text(unit.text)
    try:
        unit.start()
        text = unit.ask("/metrics").body
    finally:
        unit.stop()
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
    return {name + suffix for name, kind in kinds.items() for suffix in SUFFIXES[kind]}


def names(text):
    return set(re.findall(r"\bcountersign_[a-z0-9_]+", text))


def promtool(*arguments):
    result = subprocess.run(["promtool", *arguments], cwd=MONITORING, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_the_rules_are_rules():
    assert "SUCCESS: 14 rules found" in promtool("check", "rules", RULES.name)


def test_each_rule_speaks_when_it_must_and_only_then():
    promtool("test", "rules", "countersign-rules-test.yml")


def test_the_rules_ask_for_what_there_is(metrics):
    assert names(RULES.read_text()) <= metrics
    assert names((MONITORING / "countersign-rules-test.yml").read_text()) <= metrics


def expressions():
    return [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]


def test_the_dashboard_asks_for_what_there_is(metrics):
    asked = set().union(*map(names, expressions()))
    assert asked and asked <= metrics
    told = {re.sub("_(bucket|sum|count)$", "", name) for name in metrics}
    shown = {re.sub("_(bucket|sum|count)$", "", name) for name in asked}
    assert told - shown <= {"countersign_last_reload_timestamp_seconds"}, "what is told is shown"


def test_the_queries_of_the_dashboard_are_queries(tmp_path):
    rules = [{"record": f"panel:{number}", "expr": expression.replace("$instance", ".*")}
             for number, expression in enumerate(expressions())]
    path = tmp_path / "queries.json"  # JSON is YAML
    path.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    promtool("check", "rules", str(path))


def test_the_panels_do_not_overlap():
    taken = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                 for y in range(place["y"], place["y"] + place["h"])}
        assert not cells & taken and place["x"] + place["w"] <= 24
        taken |= cells
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
