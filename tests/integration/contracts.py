"""Do the rows of a topic satisfy its JSON Schema?"""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib import resources

from jsonschema import Draft202012Validator

from connectors.topics import TOPICS
from tests.integration.pipeline import Record


def broken_rows(topic: str, records: Iterable[Record], most: int = 5) -> list[str]:
    """The first rows that break the contract, each with what is wrong; tombstones satisfy any."""
    name = f"{TOPICS[topic].schema}.schema.json"
    schema = json.loads((resources.files("sql") / "schemas" / name).read_text(encoding="utf-8"))
    validator = Draft202012Validator(schema)
    findings: list[str] = []
    for record in records:
        if record.value is None:
            continue
        row = json.loads(record.value)
        error = next(iter(validator.iter_errors(row)), None)
        if error is not None:
            findings.append(f"{topic}-{record.partition}-{record.offset}: {error.json_path}: {error.message[:300]}")
            if len(findings) == most:
                break
    return findings
