"""Every topic and published table has its contract, and every contract one of them."""

from __future__ import annotations

import json

from jsonschema import Draft202012Validator

from connectors.topics import TOPICS
from jobs.definitions import published
from tests.policy.project_files import ROOT

SCHEMAS = ROOT / "sql" / "schemas"


def test_every_topic_and_published_table_has_its_schema_file_and_none_is_left_over() -> None:
    names = {topic.schema for topic in TOPICS.values()} | {table.schema for table in published.tables().values()}
    assert {f"{name}.schema.json" for name in names} == {path.name for path in SCHEMAS.glob("*.schema.json")}


def test_every_schema_is_one() -> None:
    for path in sorted(SCHEMAS.glob("*.json")):
        Draft202012Validator.check_schema(json.loads(path.read_text(encoding="utf-8")))
