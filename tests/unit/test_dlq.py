"""rekindle.workbench.dlq: what a letter is, where it may go, at which pace."""

from __future__ import annotations

import base64
import json
from importlib import resources
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from connectors.kafka_scan import Scanned, librdkafka_options
from jobs.deliver.envelope import read_retry
from jobs.gate.candidates import Candidate, columns
from jobs.gate.errors import ContractError
from jobs.gate.inbox import Input
from jobs.gate.letters import dead_letter
from rekindle.workbench.dlq import letters, told
from rekindle.workbench.dlq.book import Book, Known, Wanted
from rekindle.workbench.dlq.letters import Letter, State
from rekindle.workbench.dlq.way_back import TOLD, Back, Refusal, way_back
from rekindle.workbench.dlq.writing import Pace
from rekindle.workbench.index.rows import instant

NOW = instant("2026-03-01T12:00:00Z")
SEND_ID = "57184V2D7RZGQ8YDP0RFFB3YC4"


def example(schema: str) -> dict[str, Any]:
    text = (resources.files("sql") / "schemas" / f"{schema}.schema.json").read_text(encoding="utf-8")
    row: dict[str, Any] = json.loads(text)["examples"][0]
    return row


def valid(schema: str, value: bytes) -> bool:
    text = (resources.files("sql") / "schemas" / f"{schema}.schema.json").read_text(encoding="utf-8")
    return Draft202012Validator(json.loads(text)).is_valid(json.loads(value))


SEND = json.dumps(example("triggers")).encode()
CANDIDATE: dict[str, Any] = {
    "trigger_id": SEND_ID, "trigger": "cart_abandoned", "version": 1, "pack": "core", "person_id": "42", "device_id": "d1",
    "occasion": "c0ffee", "destination": "default", "template": "cart_reminder", "purpose": "marketing_email", "class": None,
    "channel": None, "variants": None, "timezone": "Europe/Paris", "priority": 60, "payload": "{}",
    "fired_at": instant("2026-03-01T10:08:00Z"),
    "since": None, "decide_at": instant("2026-03-01T10:08:30Z"), "expires_at": instant("2026-03-01T16:08:00Z"), "max_age_ms": 21_600_000,
    "cooldown_ms": 0, "send_after_ms": 0, "cancel_on": '["Order Completed"]', "needs_address": False, "profile_at_fire": True,
    "consent_at_fire_granted": True, "consent_at_fire_version": 3, "consent_at_fire_source": None,
    "consent_at_fire_at": "2026-02-01T08:00:00.000Z",
}  # fmt: skip
"""As the view `gate_steps` writes it."""


def record(stage: str, raw: bytes | None, reason: str = "unreachable", at: str = "10:09", offset: int = 17, **more: Any) -> Scanned:
    row = {
        "stage": stage, "reason": reason, "raw": None if raw is None else base64.b64encode(raw).decode(), "topic": "triggers",
        "partition": 2, "offset": 5, "failed_at": f"2026-03-01T{at}:00.000Z", "attempts": 3, "detail": None,
    } | more  # fmt: skip
    return Scanned("dead_letters", 0, offset, NOW, b"k", json.dumps(row).encode())


def known(stage: str, raw: bytes | None, state: str = "open", **more: Any) -> Known:
    found = letters.read(record(stage, raw, **more))
    assert found is not None
    return Known(found[0], state, None, None, None, None)


def test_a_letter_is_named_by_the_place_it_failed_at() -> None:
    letter = known("deliver", SEND).letter
    assert (letter.key, letter.trigger_id, letter.destination) == ("triggers-2-5", SEND_ID, "default")
    assert letter.expires_at == instant("2026-03-01T16:08:00Z")
    assert known("ingest", b"{").letter.trigger_id is None


def test_a_letter_of_the_gate_is_named_by_what_it_holds_not_by_the_person() -> None:
    row = Input("candidate", "42", json.dumps(CANDIDATE), NOW)
    _, key, value = dead_letter(row, ContractError("payload", "is not JSON"), NOW)
    assert key == "42"
    found = [letters.read(Scanned("dead_letters", 0, offset, NOW, key.encode(), value.encode())) for offset in (1, 2)]
    (one, raw), (other, _) = [pair for pair in found if pair is not None]
    assert one.key == other.key, "a repeat after a crash is the same letter"
    assert one.key.startswith("gate-")
    assert (one.trigger_id, one.expires_at) == (SEND_ID, CANDIDATE["expires_at"])
    assert raw == row.body.encode()


@pytest.mark.parametrize("value", [None, b"", b"{", b"[]", b"7", b'{"stage":"ingest"}', record("nowhere", b"").value, b'{"raw":"%"}'])
def test_a_record_that_is_no_letter_is_told_apart(value: bytes | None) -> None:
    assert letters.read(Scanned("dead_letters", 0, 1, NOW, None, value)) is None


def test_a_line_goes_back_as_it_was_to_the_partition_it_lay_in() -> None:
    line = b'{"broken": \xff'
    assert way_back(known("ingest", line, topic="events.raw"), line, (), NOW) == Back("events.raw", None, line, None, 2)
    assert way_back(known("ingest", None, topic="events.raw"), None, (), NOW) is Refusal.UNUSABLE


def test_a_send_goes_back_byte_for_byte_with_its_id_to_be_checked_again() -> None:
    raw = SEND.replace(b'"total": 25.0', b'"total": 25.000000000000000001')
    back = way_back(known("deliver", raw), raw, {"dead"}, NOW)
    assert isinstance(back, Back)
    assert (back.topic, back.key) == ("triggers.retry", "42")
    assert valid("triggers.retry", back.value)
    read = read_retry(back.value, ("triggers.retry", 0, 1), NOW + 1)
    assert (read.raw, read.recheck, read.made, read.first_ms, read.not_before_ms) == (raw, True, 0, NOW, NOW)


@pytest.mark.parametrize(
    ("outcomes", "force", "refused"),
    [
        ({"dead"}, False, None),
        ({"dead", "accepted"}, False, Refusal.ACCEPTED),
        ({"unknown", "accepted"}, True, Refusal.ACCEPTED),
        ({"dead", "cancelled"}, True, Refusal.CANCELLED),
        ({"unknown"}, False, Refusal.MAYBE_ACCEPTED),
        ({"dead", "unknown"}, False, Refusal.MAYBE_ACCEPTED),
        ({"unknown"}, True, None),
        (set(), False, Refusal.MAYBE_ACCEPTED),
        (set(), True, None),
    ],
)
def test_a_send_the_platform_has_or_may_have_does_not_go_again(outcomes: set[str], force: bool, refused: Refusal | None) -> None:
    way = way_back(known("deliver", SEND), SEND, outcomes, NOW, force)
    assert isinstance(way, Back) if refused is None else way is refused


def test_a_send_past_its_expiry_does_not_go_even_by_force() -> None:
    letter = known("deliver", SEND)
    assert way_back(letter, SEND, {"dead"}, instant("2026-03-01T16:08:00Z"), True) is Refusal.EXPIRED
    assert isinstance(way_back(letter, SEND, {"dead"}, instant("2026-03-01T16:07:59.999Z")), Back)


def test_a_row_that_is_no_send_has_no_way_back() -> None:
    assert way_back(known("deliver", b"{}", reason="bad_send"), b"{}", (), NOW, True) is Refusal.UNUSABLE


def test_what_was_done_before_is_not_done_again_but_by_force() -> None:
    assert way_back(known("deliver", SEND, "retried"), SEND, {"dead"}, NOW) is Refusal.RETRIED
    assert way_back(known("deliver", SEND, "discarded"), SEND, {"dead"}, NOW) is Refusal.DISCARDED
    assert isinstance(way_back(known("deliver", SEND, "retried"), SEND, {"dead"}, NOW, True), Back)


def test_a_candidate_goes_back_as_evaluate_wrote_it_at_its_own_time() -> None:
    raw = json.dumps(CANDIDATE).encode()
    place: dict[str, Any] = {"topic": "trigger_candidates", "partition": None, "offset": None}
    back = way_back(known("gate", raw, **place), raw, (), NOW)
    assert isinstance(back, Back)
    assert (back.topic, back.key, back.at) == ("trigger_candidates", "42", CANDIDATE["fired_at"])
    assert valid("trigger_candidates", back.value)
    row = json.loads(back.value)
    assert row["cancel_on"] == ["Order Completed"]
    assert row["consent"] == {"granted": True, "version": 3, "at": "2026-02-01T08:00:00.000Z"}
    assert way_back(known("gate", raw, **place), raw, (), CANDIDATE["expires_at"]) is Refusal.EXPIRED
    assert Candidate.from_row(columns(CANDIDATE)).fired_at == instant(row["fired_at"])


@pytest.mark.parametrize("topic", ["events", "profiles", "delivery_outcomes", "control", "identities"])
def test_other_rows_of_the_gate_are_mended_at_their_source(topic: str) -> None:
    assert way_back(known("gate", b"{}", topic=topic, partition=None), b"{}", (), NOW, True) is Refusal.NO_WAY_BACK


def test_every_refusal_says_why() -> None:
    assert set(TOLD) == set(Refusal)


def a_letter(key: str, failed_at: int = NOW, reason: str = "timeout", offset: int = 0) -> Letter:
    return Letter(key, "deliver", reason, "triggers", 0, 1, failed_at, 1, None, SEND_ID, "default", None, 0, offset)


def a_state(key: str, state: str, failed_at: int = NOW) -> State:
    return State(key, failed_at, state, "b1", NOW, "ana", None)


def test_a_letter_that_failed_again_after_it_was_retried_is_open_again() -> None:
    with Book() as book:
        book.add(a_letter("one"))
        book.settle(a_state("one", "retried"))
        assert [found.state for found in book.find(Wanted())] == ["retried"]
        book.add(a_letter("one", NOW - 1, offset=1))
        assert [found.state for found in book.find(Wanted())] == ["retried"], "an older failure says nothing"
        book.add(a_letter("one", NOW + 1, offset=2))
        assert [(found.state, found.letter.at_offset) for found in book.find(Wanted())] == [("open", 2)]


def test_letters_are_found_by_key_send_stage_reason_time_and_state() -> None:
    with Book() as book:
        for number, reason in enumerate(["timeout", "timeout", "tls"]):
            book.add(a_letter(f"triggers-0-{number}", NOW + number, reason, number))
        book.settle(a_state("triggers-0-0", "discarded"))
        keys = {
            name: [one.letter.key[-1] for one in book.find(wanted)]
            for name, wanted in {
                "key": Wanted(("triggers-0-1",)), "send": Wanted((SEND_ID,)), "reason": Wanted(reason="tls"), "stage": Wanted(stage="gate"),
                "since": Wanted(since=NOW + 1), "state": Wanted(state="open", reason="timeout"),
            }.items()
        }  # fmt: skip
        assert keys == {"key": ["1"], "send": ["0", "1", "2"], "reason": ["2"], "stage": [], "since": ["1", "2"], "state": ["1"]}
        assert [one.letter.key[-1] for one in book.find(Wanted(), 2)] == ["2", "1"], "with a limit the newest first"
        assert [(one.reason, one.open, one.discarded) for one in book.counts(Wanted())] == [("timeout", 1, 1), ("tls", 1, 0)]
        assert book.missing(["triggers-0-1", "triggers-9-9"]) == ["triggers-9-9"]


def test_the_audit_log_names_keys_but_nothing_else_somebody_typed() -> None:
    assert told.selection(Wanted(("events.raw-0-17", SEND_ID, "ana@example.com"), "ingest")) == (
        f"events.raw-0-17, {SEND_ID}, (no key), stage ingest"
    )
    assert told.selection(Wanted()) == "all"


def test_what_a_producer_wrote_does_not_steer_the_terminal() -> None:
    assert told.printable("é\x1b[2J\n") == "é\\x1b[2J\n"
    assert told.content(b"\xff{") == "\\xff{"


def test_a_pace_neither_hurries_nor_makes_up_for_a_stall() -> None:
    clock, slept = [0.0], []

    def sleep(seconds: float) -> None:
        slept.append(round(seconds, 3))
        clock[0] += seconds

    pace = Pace(10, lambda: clock[0], sleep)
    for _ in range(3):
        pace.wait()
    assert slept == [0.1, 0.1]
    clock[0] += 5
    for _ in range(2):
        pace.wait()
    assert slept == [0.1, 0.1, 0.1]


def test_user_and_password_of_a_jaas_line_reach_the_other_client() -> None:
    line = 'x.ScramLoginModule required username="suite" password="a b";'
    assert librdkafka_options({"sasl.jaas.config": line, "security.protocol": "SASL_SSL"}) == {
        "security.protocol": "SASL_SSL", "sasl.username": "suite", "sasl.password": "a b",
    }  # fmt: skip
