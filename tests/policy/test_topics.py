"""Every topic has its contract, and every contract a topic."""

from __future__ import annotations

import json

from jsonschema import Draft202012Validator

from connectors.topics import TOPICS
from tests.policy.project_files import ROOT

SCHEMAS = ROOT / "sql" / "schemas"


def test_every_topic_has_its_schema_file_and_none_is_left_over() -> None:
    assert {f"{topic.schema}.schema.json" for topic in TOPICS.values()} == {path.name for path in SCHEMAS.glob("*.schema.json")}


def test_every_schema_is_one() -> None:
    for path in sorted(SCHEMAS.glob("*.json")):
        Draft202012Validator.check_schema(json.loads(path.read_text(encoding="utf-8")))
