"""Every reason of the closed list can be told to a person, and is a word of the decisions' schema."""

from __future__ import annotations

import json

from jobs.gate.reasons import Reason
from rekindle.workbench.why.sentences import SENTENCES, Told, sentence
from tests.policy.project_files import ROOT

TOLD = Told("cart_abandoned", "2026-03-01T10:08:00.000Z", "2026-03-01T10:08:30.000Z", "UTC", {}, {}, {})


def test_every_reason_has_a_sentence_of_its_own() -> None:
    assert set(SENTENCES) == set(Reason)
    assert len({sentence(reason, TOLD, {}) for reason in Reason}) == len(Reason)


def test_a_sentence_is_one_even_when_the_evidence_is_missing() -> None:
    for reason in Reason:
        text = sentence(reason, TOLD, {})
        assert text.startswith("cart_abandoned"), reason
        assert text.endswith("."), reason


def test_the_schema_lists_the_same_reasons() -> None:
    schema = json.loads((ROOT / "sql" / "schemas" / "trigger_decisions.schema.json").read_text(encoding="utf-8"))
    assert set(schema["$defs"]["row"]["properties"]["reason"]["enum"]) == {reason.value for reason in Reason}
