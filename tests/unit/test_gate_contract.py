"""Rows into the gate, and rows out of it against the topics' schemas."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator

from jobs.gate import inbox, replay
from jobs.gate.cancels import CANCEL_FIELDS, CancelEvent
from jobs.gate.candidates import CANDIDATE_FIELDS, Candidate
from jobs.gate.contract import decision_row, trigger_row
from jobs.gate.decisions import Decision
from jobs.gate.errors import ContractError
from jobs.gate.inbox import Input
from jobs.gate.instants import LAST_MS, normal_text, to_text
from jobs.gate.reasons import Reason, Verdict
from jobs.gate.replay import Broken
from jobs.gate.retention import GateSettings
from tests.unit.gate_samples import DAY, NOON, PAYLOAD, a_candidate, an_order, candidate_columns, decide

SCHEMAS = Path(__file__).parents[2] / "sql" / "schemas"


def faults(topic: str, text: str) -> list[str]:
    schema = json.loads((SCHEMAS / f"{topic}.schema.json").read_text(encoding="utf-8"))
    return [error.message for error in Draft202012Validator(schema).iter_errors(json.loads(text))]


def the_send(**changes: Any) -> Decision:
    return decide(a_candidate(**changes))[0]


def as_row(columns: dict[str, Any]) -> list[Any]:
    return [columns[field.name] for field in CANDIDATE_FIELDS]


def read(columns: dict[str, Any]) -> Candidate:
    """As it would come from SQL."""
    return inbox.candidate(Input("candidate", "42", orjson.dumps(columns).decode(), columns["decide_at"]))


def test_the_columns_are_those_of_a_candidate_in_the_same_order() -> None:
    names = tuple(field.name for field in CANDIDATE_FIELDS)
    assert names == tuple(candidate_columns())
    assert tuple("class_" if name == "class" else name for name in names) == Candidate._fields[: len(names)]


@pytest.mark.parametrize(
    "names", ['["Order Completed","Product Added"]', ["Order Completed", "Product Added"], ("Order Completed", "Product Added")]
)
def test_cancel_on_may_come_as_json_text_or_as_an_array(names: object) -> None:
    assert read(candidate_columns(cancel_on=names)).cancel_on == ("Order Completed", "Product Added")


def test_a_column_may_be_null_only_where_the_contract_says_so() -> None:
    for field in CANDIDATE_FIELDS:
        row = as_row(candidate_columns() | {field.name: None})
        if field.nullable:
            Candidate.from_row(row)
        else:
            with pytest.raises(ContractError) as caught:
                Candidate.from_row(row)
            assert caught.value.field == field.name


def test_a_column_of_another_type_is_refused_by_name() -> None:
    for field in CANDIDATE_FIELDS:
        for wrong in (1.5, {"a": 1}, b"x", True if field.type is int else 1 if field.type is not int else "1"):
            with pytest.raises(ContractError) as caught:
                Candidate.from_row(as_row(candidate_columns() | {field.name: wrong}))
            assert caught.value.field == field.name


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("trigger_id", "57184V2D7RZGQ8YDP0RFFB3YCI"),
        ("trigger_id", "57184V2D7RZGQ8YDP0RFFB3YC"),
        ("trigger_id", "57184V2D7RZGQ8YDP0RFFB3YC4\n"),
        ("person_id", ""),
        ("trigger", ""),
        ("fired_at", -1),
        ("since", LAST_MS + 1),
        ("decide_at", NOON - 1),
        ("expires_at", NOON),
        ("max_age_ms", 1),
        ("cooldown_ms", -1),
        ("cooldown_ms", LAST_MS + 1),
        ("payload", "{"),
        ("payload", "[]"),
        ("payload", '{"a": NaN}'),
        ("cancel_on", "{"),
        ("cancel_on", '{"a": 1}'),
        ("cancel_on", "[1]"),
        ("cancel_on", '[""]'),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_by_name_and_not_quoted(field: str, value: object) -> None:
    with pytest.raises(ContractError) as caught:
        Candidate.from_row(as_row(candidate_columns() | {field: value}))
    # a time out of order can be seen from either end
    assert caught.value.field == field or {caught.value.field, field} <= {"expires_at", "max_age_ms"}
    assert len(str(value)) < 5 or str(value) not in str(caught.value)


@pytest.mark.parametrize("changes", [{"occasion": "half a pair \ud800"}, {"priority": 2**64}])
def test_what_could_not_be_stored_is_refused_at_the_door(changes: dict[str, Any]) -> None:
    with pytest.raises(ContractError):
        Candidate.from_row(as_row(candidate_columns(**changes)))


@pytest.mark.parametrize("body", ["", "{", "[]", "null", "{}"])
@pytest.mark.parametrize("kind", ["candidate", "cancel", "outcome", "control", "link"])
def test_a_text_that_is_no_row_of_its_kind_becomes_a_dead_letter(kind: str, body: str) -> None:
    (broken,) = replay.decide([Input(kind, "42", body, NOON)], GateSettings())
    assert isinstance(broken, Broken)
    assert (broken.kind, broken.person_id) == (kind, "42")


@pytest.mark.parametrize(
    "values",
    [[], ["x"], [None] * (len(CANDIDATE_FIELDS) + 1)],
)
def test_a_row_of_another_length_is_refused(values: list[object]) -> None:
    with pytest.raises(ContractError, match=f"expected {len(CANDIDATE_FIELDS)} columns"):
        Candidate.from_row(values)


def test_a_cancel_event_is_read_from_columns_or_an_object() -> None:
    assert CancelEvent.from_row(("m-9", "Order Completed", NOON)) == inbox.cancel(an_order(NOON)) == (NOON, "m-9", "Order Completed", NOON)
    assert inbox.cancel(an_order(NOON, known_at=NOON + 5)).known_at == NOON + 5


@pytest.mark.parametrize(
    "values", [("", "e", 1), ("m", "", 1), ("m", "e", -1), ("m", "e", None), ("m", "e"), (1, "e", 1), ("\ud800", "e", 1)]
)
def test_a_broken_cancel_event_is_refused(values: tuple[Any, ...]) -> None:
    assert len(CANCEL_FIELDS) == 3
    with pytest.raises(ContractError):
        CancelEvent.from_row(values)


def test_a_send_has_every_key_of_the_contract_in_its_order() -> None:
    text = trigger_row(the_send())
    assert faults("triggers", text) == []
    assert text == (
        '{"trigger_id":"57184V2D7RZGQ8YDP0RFFB3YC4","trigger":"cart_abandoned","version":1,"person_id":"42","destination":"default",'
        '"template":"cart_reminder","purpose":"marketing_email","variant":null,"payload":' + PAYLOAD + ","
        '"fired_at":"2026-03-01T12:00:00.000Z","decided_at":"2026-03-01T12:00:30.000Z","expires_at":"2026-03-01T18:00:00.000Z",'
        '"consent":{"version":4,"source":"preference-centre","at":"2026-02-02T08:00:00.000Z"},"address":null,"schema_version":1}'
    )


def test_a_decision_has_every_key_of_the_contract_in_its_order() -> None:
    (decision,) = decide(an_order(NOON), a_candidate())
    text = decision_row(decision)
    assert faults("trigger_decisions", text) == []
    assert text == (
        '{"trigger_id":"57184V2D7RZGQ8YDP0RFFB3YC4","trigger":"cart_abandoned","version":1,"person_id":"42","verdict":"cancelled",'
        '"reason":"ordered","fired_at":"2026-03-01T12:00:00.000Z","decided_at":"2026-03-01T12:00:30.000Z",'
        '"variant":null,"evidence":{"event":"Order Completed","event_id":"m-9","at":"2026-03-01T12:00:00.000Z"}}'
    )


def test_the_address_goes_out_only_where_the_destination_needs_it() -> None:
    assert "@" not in trigger_row(the_send())
    text = trigger_row(the_send(needs_address=True, email=" ana@example.com "))
    assert json.loads(text)["address"] == "ana@example.com"
    assert faults("triggers", text) == []
    assert "@" not in decision_row(the_send(needs_address=True))


def test_a_transactional_send_carries_a_consent_only_if_there_is_one() -> None:
    for changes in ({"consent_granted": None}, {"consent_granted": False}, {"consent_at": None}):
        text = trigger_row(the_send(purpose="transactional", **changes))
        assert json.loads(text)["consent"] is None
        assert faults("triggers", text) == []
    assert json.loads(trigger_row(the_send(purpose="transactional")))["consent"]["version"] == 4


def test_the_time_of_a_consent_is_written_as_utc_with_milliseconds() -> None:
    text = trigger_row(the_send(consent_at="2026-02-02 10:00:00.123456+02:00"))
    assert json.loads(text)["consent"]["at"] == "2026-02-02T08:00:00.123Z"


def test_a_refusal_makes_no_send() -> None:
    (decision,) = decide(a_candidate(suppressed="manual"))
    with pytest.raises(ValueError, match="suppressed"):
        trigger_row(decision)


def test_every_reason_has_a_verdict_and_only_sent_sends() -> None:
    assert [reason for reason in Reason if reason.verdict is Verdict.SENT] == [Reason.SENT]
    assert [reason for reason in Reason if reason.verdict is Verdict.HELD] == [Reason.HELD]
    cancelled = {reason for reason in Reason if reason.verdict is Verdict.CANCELLED}
    assert cancelled == {Reason.ORDERED, Reason.CANCELLED, Reason.ORDERED_SINCE, Reason.CANCELLED_AFTER_SEND}


def test_instants_are_exact_to_the_millisecond() -> None:
    assert [to_text(at) for at in (0, 1, NOON + DAY - 1, LAST_MS)] == [
        "1970-01-01T00:00:00.000Z",
        "1970-01-01T00:00:00.001Z",
        "2026-03-02T11:59:59.999Z",
        "9999-12-31T23:59:59.999Z",
    ]


@pytest.mark.parametrize(
    "text", ["", "now", "2026-02-01", "2026-W05-1T10:00:00:00", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-01:00"]
)
def test_a_text_that_is_no_instant_has_no_normal_form(text: str) -> None:
    assert normal_text(text) is None
