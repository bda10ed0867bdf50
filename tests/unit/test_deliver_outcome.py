"""Outcome rows and dead letters keep their contract, and nothing of a person gets into what need not hold it."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from connectors.esp.protocol import Answer, Meaning, Reason
from jobs.deliver.outcome import Origin, Outcome, Result, dead_letter, describe, outcome_row, settle
from jobs.deliver.retry import Stop
from jobs.deliver.send import MalformedSendError, Send, parse_send
from tests.unit.a_send import a_row, a_send

SCHEMAS = Path(__file__).parents[2] / "sql" / "schemas"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
OUTCOME_KEYS = ["trigger_id", "destination", "outcome", "status", "attempts", "esp_id", "latency_ms", "at", "reason"]
LETTER_KEYS = ["stage", "reason", "raw", "topic", "partition", "offset", "failed_at", "attempts", "detail"]

results = st.builds(
    Result,
    st.sampled_from(Outcome),
    st.none() | st.sampled_from(Reason),
    st.none() | st.integers(200, 599),
    st.integers(0, 10),
    st.none() | st.text(min_size=1, max_size=20),
    st.none() | st.integers(0, 15_000),
)


def check(topic: str, row: dict[str, Any]) -> None:
    schema = json.loads((SCHEMAS / f"{topic}.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(row)


@given(results)
def test_an_outcome_row_has_every_key_of_the_contract(result: Result) -> None:
    row = json.loads(outcome_row(a_send(), result, NOON))
    assert list(row) == OUTCOME_KEYS
    assert row["at"] == "2026-03-01T12:00:00.000Z"
    check("delivery_outcomes", row)


@given(st.none() | st.binary(), st.sampled_from(Reason), st.integers(0, 10))
def test_a_dead_letter_has_every_key_and_the_very_bytes(raw: bytes | None, reason: Reason, attempts: int) -> None:
    row = json.loads(dead_letter(Origin("triggers", 3, 17), raw, reason, attempts, NOON, "detail"))
    assert list(row) == LETTER_KEYS
    assert (None if row["raw"] is None else base64.b64decode(row["raw"])) == raw
    assert (row["stage"], row["topic"], row["partition"], row["offset"]) == ("deliver", "triggers", 3, 17)
    check("dead_letters", row)


@given(results)
def test_outcome_row_detail_and_repr_say_nothing_of_person_or_payload(result: Result) -> None:
    send = a_send(person_id="person-4711", address="ana@example.com", payload={"note": "confidential"})
    told = outcome_row(send, result, NOON) + describe(send, result) + repr(send)
    assert not [secret for secret in ("4711", "ana@", "confidential") if secret in told]


ACCEPTED = Answer(Meaning.ACCEPTED)
REFUSED = Answer(Meaning.REJECTED, Reason.REFUSED)
BUSY = Answer(Meaning.RETRY, Reason.RATE_LIMITED)
LOST = Answer(Meaning.AMBIGUOUS, Reason.TIMEOUT)


@pytest.mark.parametrize(
    ("last", "stop", "status", "lost", "expected"),
    [
        (ACCEPTED, None, 200, None, (Outcome.ACCEPTED, None)),
        (ACCEPTED, None, 200, Reason.TIMEOUT, (Outcome.ACCEPTED, None)),
        (REFUSED, None, 422, None, (Outcome.REJECTED, Reason.REFUSED)),
        (REFUSED, None, 409, None, (Outcome.REJECTED, Reason.REFUSED)),
        (REFUSED, None, 422, Reason.TIMEOUT, (Outcome.REJECTED, Reason.REFUSED)),
        (REFUSED, None, 409, Reason.TIMEOUT, (Outcome.UNKNOWN, Reason.TIMEOUT)),
        (BUSY, Stop.ATTEMPTS, 429, None, (Outcome.RETRYING, Reason.RATE_LIMITED)),
        (BUSY, Stop.BUDGET, 429, None, (Outcome.RETRYING, Reason.RATE_LIMITED)),
        (BUSY, Stop.EXPIRY, 429, None, (Outcome.EXPIRED, Reason.EXPIRED)),
        (BUSY, Stop.EXPIRY, 429, Reason.NO_ANSWER, (Outcome.UNKNOWN, Reason.NO_ANSWER)),
        (LOST, Stop.ATTEMPTS, None, Reason.TIMEOUT, (Outcome.RETRYING, Reason.TIMEOUT)),
        (BUSY, Stop.ATTEMPTS, 429, Reason.TIMEOUT, (Outcome.RETRYING, Reason.RATE_LIMITED)),
    ],
)
def test_how_a_turn_ends(
    last: Answer, stop: Stop | None, status: int | None, lost: Reason | None, expected: tuple[Outcome, Reason | None]
) -> None:
    assert settle(last, stop, status, lost) == expected


def test_a_lost_answer_that_is_not_asked_for_again_leaves_the_send_unknown() -> None:
    assert settle(LOST, None, None, Reason.TIMEOUT, retry_lost=False) == (Outcome.UNKNOWN, Reason.TIMEOUT)
    assert settle(BUSY, Stop.ATTEMPTS, 429, Reason.TIMEOUT, retry_lost=False) == (Outcome.UNKNOWN, Reason.TIMEOUT)


def test_only_given_up_and_unknown_sends_become_dead_letters() -> None:
    assert [outcome for outcome in Outcome if Result(outcome).needs_a_person] == [Outcome.DEAD, Outcome.UNKNOWN]


def test_a_row_of_triggers_is_read_with_its_bytes() -> None:
    raw = json.dumps(a_row(payload={"total": 12.50})).encode()
    send = parse_send(raw)
    assert isinstance(send, Send)
    assert (send.raw, send.payload, send.expires_at.tzinfo) == (raw, {"total": 12.5}, UTC)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (None, Reason.NOT_JSON),
        (b"", Reason.NOT_JSON),
        (b"{", Reason.NOT_JSON),
        (b"\xff\xfe{}", Reason.NOT_JSON),
        (b'{"a": NaN}', Reason.NOT_JSON),
        (b"[" * 100_000, Reason.NOT_JSON),
        (b"[]", Reason.NOT_OBJECT),
        (b'"text"', Reason.NOT_OBJECT),
        (b"{}", Reason.BAD_SEND),
    ],
)
def test_what_is_no_send_is_told_apart(raw: bytes | None, reason: Reason) -> None:
    with pytest.raises(MalformedSendError) as caught:
        parse_send(raw)
    assert caught.value.reason is reason


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("trigger_id", "short"),
        ("trigger_id", "57184V2D7RZGQ8YDP0RFFB3Y\r\n"),
        ("trigger_id", 5),
        ("person_id", ""),
        ("person_id", None),
        ("destination", "  "),
        ("template", None),
        ("payload", None),
        ("payload", "text"),
        ("address", 5),
        ("expires_at", "2026-03-01T18:00:00"),
        ("expires_at", "tomorrow"),
        ("expires_at", "0001-01-01T00:00:00+14:00"),
        ("decided_at", None),
    ],
)
def test_a_send_with_a_bad_key_is_refused_and_the_key_named(key: str, value: object) -> None:
    with pytest.raises(MalformedSendError) as caught:
        parse_send(json.dumps(a_row(**{key: value})).encode())
    assert (caught.value.reason, caught.value.key) == (Reason.BAD_SEND, key)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.dictionaries(st.sampled_from(list(a_row())), inner)
    )
)
def test_no_json_can_break_the_reader(row: object) -> None:
    with suppress(MalformedSendError):
        parse_send(json.dumps(row).encode("utf-8", "surrogatepass"))
