"""`rekindle dlq` and `reconcile` on the topics of a real Kafka."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from confluent_kafka import Producer

from connectors.kafka_scan import Scan, Scanned
from jobs.errors import RunError
from jobs.gate.errors import ContractError
from jobs.gate.inbox import Input
from jobs.gate.instants import to_text
from jobs.gate.letters import dead_letter
from rekindle.cli.main import rekindle
from rekindle.workbench.dlq.letters import State
from rekindle.workbench.dlq.way_back import Back
from rekindle.workbench.dlq.writing import Writer
from tests.integration.contracts import broken_rows
from tests.integration.kafka_alone import kafka, producer
from tests.integration.pipeline import Record
from tests.unit.test_dlq import CANDIDATE

MINUTE = 60_000
LINE = b'{"type":"track","email":"ana@example.com"'


def example(schema: str) -> dict[str, Any]:
    text = (resources.files("sql") / "schemas" / f"{schema}.schema.json").read_text(encoding="utf-8")
    row: dict[str, Any] = json.loads(text)["examples"][0]
    return row


def send_id(number: int) -> str:
    return f"{number:026}"


@cache
def now() -> int:
    """Epoch ms when the first of these tests begins: collecting may be minutes before."""
    return int(time.time() * 1000)


def at(minutes: int) -> str:
    """So many minutes from now."""
    return to_text(now() + minutes * MINUTE)


def a_send(number: int, decided: int = -60, expires: int = 300) -> dict[str, Any]:
    times = {"fired_at": at(decided), "decided_at": at(decided), "expires_at": at(expires)}
    return example("triggers") | {"trigger_id": send_id(number), "address": "ana@example.com"} | times


@dataclass
class Shop:
    """A Kafka with topics, and a state folder."""

    servers: str
    state: Path
    producer: Producer

    def write(self, topic: str, key: str | None, row: Any, minutes: int = 0) -> None:
        value = row if isinstance(row, bytes) else json.dumps(row).encode()
        self.producer.produce(topic, value, key, timestamp=now() + minutes * MINUTE)

    def decision(self, number: int, reason: str = "sent", minutes: int = -60, verdict: str = "sent", **evidence: Any) -> None:
        row = example("trigger_decisions") | {"trigger_id": send_id(number), "verdict": verdict, "reason": reason, "evidence": evidence}
        self.write("trigger_decisions", "42", row | {"decided_at": at(minutes)}, minutes)

    def send(self, number: int, decided: int = -60, expires: int = 300) -> None:
        """A send, decided and in `triggers`."""
        self.decision(number, minutes=decided)
        self.write("triggers", "42", a_send(number, decided, expires), decided)

    def outcome(self, number: int, word: str, minutes: int = -50) -> None:
        row = example("delivery_outcomes") | {"trigger_id": send_id(number), "outcome": word, "at": at(minutes)}
        self.write("delivery_outcomes", "42", row, minutes)

    def letter(self, stage: str, place: str, raw: bytes, reason: str, minutes: int = -50) -> None:
        topic, partition, offset = place.rsplit("-", 2)
        row = {
            "stage": stage, "reason": reason, "raw": base64.b64encode(raw).decode(), "topic": topic, "partition": int(partition),
            "offset": int(offset), "failed_at": at(minutes), "attempts": 3, "detail": None,
        }  # fmt: skip
        self.write("dead_letters", place, row, minutes)

    def lost(self, number: int, word: str = "dead", expires: int = 300) -> str:
        """A send that was given up, with its letter: the letter's key."""
        self.send(number, expires=expires)
        self.outcome(number, word)
        key = f"triggers-0-{number}"
        self.letter("deliver", key, json.dumps(a_send(number, expires=expires)).encode(), "unreachable" if word == "dead" else "timeout")
        return key

    def flush(self) -> None:
        assert self.producer.flush(30) == 0

    def records(self, topic: str) -> list[Scanned]:
        with Scan(self.servers) as scan:
            return list(scan.read(scan.span([topic])))

    def run(self, *arguments: str, code: int = 0) -> str:
        """stdout of a command."""
        self.flush()
        options = ["--state-dir", str(self.state), "--set", f"kafka.servers={self.servers}"]
        result = CliRunner().invoke(rekindle, [*options, *arguments])
        assert result.exit_code == code, result.output
        assert "ana@example.com" not in result.stderr
        return result.stdout

    def json(self, *arguments: str, code: int = 0) -> Any:
        return json.loads(self.run(*arguments, "--json", code=code))

    def audited(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.state / "audit.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, jars: Path) -> Iterator[Shop]:
    """Letters of three stages; the tests below come in order, as a day would."""
    with kafka(tmp_path_factory.mktemp("kafka"), jars) as servers:
        shop = Shop(servers, tmp_path_factory.mktemp("state"), producer(servers))
        shop.letter("ingest", "events.raw-1-17", LINE, "not_json")
        shop.letter("ingest", "events.raw-1-17", LINE, "not_json")  # as after a restart
        shop.letter("ingest", "events.raw-1-18", b"[]", "not_object")
        times = {name: now() + shift * MINUTE for name, shift in (("fired_at", -30), ("decide_at", -29), ("expires_at", 300))}
        row = Input("candidate", "42", json.dumps(CANDIDATE | times), now())
        _, key, value = dead_letter(row, ContractError("payload", "is not JSON"), now())
        shop.write("dead_letters", key, value.encode())
        shop.lost(1)
        shop.lost(2, "unknown")
        shop.lost(3, expires=-10)
        shop.lost(4)
        shop.outcome(4, "accepted", -49)  # by a repeat after a crash
        shop.flush()
        yield shop


def keys_of(shop: Shop, *choice: str) -> list[str]:
    return sorted(row["key"] for row in shop.json("dlq", "list", *choice)["letters"])


def test_list_counts_letters_once_and_shows_nothing_of_them(shop: Shop) -> None:
    listed = shop.json("dlq", "list")
    assert {(one["stage"], one["reason"]): one["open"] for one in listed["counts"]} == {
        ("ingest", "not_json"): 1, ("ingest", "not_object"): 1, ("gate", "bad_contract"): 1, ("deliver", "unreachable"): 3,
        ("deliver", "timeout"): 1,
    }  # fmt: skip
    assert len(listed["letters"]) == 7
    text = shop.run("dlq", "list") + json.dumps(listed)
    assert "ana@" not in text
    assert base64.b64encode(LINE).decode()[:12] not in text
    assert keys_of(shop, "--stage", "deliver", "--reason", "timeout", "--since", "2 hours") == ["triggers-0-2"]
    assert keys_of(shop, "--since", at(-1)) == keys_of(shop, "--stage", "gate")


def test_show_tells_all_but_the_content_unless_asked_and_that_is_audited(shop: Shop) -> None:
    (found,) = shop.json("dlq", "show", send_id(2))
    assert (found["key"], found["state"], found["outcomes"]) == ("triggers-0-2", "open", "unknown")
    assert "ana@" not in json.dumps(found)
    (found,) = shop.json("dlq", "show", "events.raw-1-17", "--raw")
    assert found["raw"] == LINE.decode()
    assert [(row["what"], row["about"]) for row in shop.audited()][-1] == ("dlq show --raw", "events.raw-1-17")
    shop.run("dlq", "show", "events.raw-9-9", code=1)


def test_a_dry_run_says_what_would_be_done_and_does_nothing(shop: Shop) -> None:
    said = shop.json("dlq", "retry", "--all", "--dry-run", code=1)
    assert said["done"] == {"events.raw": 2, "trigger_candidates": 1, "triggers.retry": 1}
    assert said["refused"] == {"maybe_accepted": 1, "expired": 1, "accepted": 1}
    assert shop.json("dlq", "discard", "--all", "--why", "rubbish", "--dry-run")["total"] == 7
    written = [shop.records(topic) for topic in ("events.raw", "trigger_candidates", "triggers.retry", "dead_letters.state")]
    assert written == [[], [], [], []]


def test_a_retry_sends_each_letter_back_to_its_stage(shop: Shop) -> None:
    done = shop.json("dlq", "retry", "--all", "--rate", "1000/s", code=1)
    assert done["total"] == 4
    assert [(record.partition, record.value) for record in shop.records("events.raw")] == [(1, LINE), (1, b"[]")]
    (candidate,) = shop.records("trigger_candidates")
    assert (candidate.key, candidate.at) == (b"42", now() - 30 * MINUTE)
    (again,) = shop.records("triggers.retry")
    row = json.loads(again.value or b"")
    assert (again.key, row["send"], row["recheck"]) == (b"42", a_send(1), True)
    for topic in ("trigger_candidates", "triggers.retry", "dead_letters.state", "dead_letters"):
        rows = [Record(one.partition, one.offset, one.at, one.key, one.value) for one in shop.records(topic)]
        assert broken_rows(topic, rows) == []
    assert shop.audited()[-1]["what"] == "dlq retry"


def test_nothing_is_retried_twice(shop: Shop) -> None:
    again = shop.json("dlq", "retry", "triggers-0-1", "events.raw-1-17", code=1)
    assert (again["total"], again["refused"]) == (0, {"already_retried": 2})
    assert "events.raw-1-17" not in keys_of(shop)
    assert shop.json("dlq", "retry", "--stage", "ingest", code=1)["total"] == 0
    assert len(shop.records("triggers.retry")) == 1
    assert len(shop.records("events.raw")) == 2


def test_a_send_the_platform_may_have_goes_by_force_alone(shop: Shop) -> None:
    assert shop.json("dlq", "retry", send_id(2), code=1)["refused"] == {"maybe_accepted": 1}
    assert shop.json("dlq", "retry", send_id(2), "--force")["done"] == {"triggers.retry": 1}
    assert shop.json("dlq", "retry", send_id(3), send_id(4), "--force", code=1)["refused"] == {"expired": 1, "accepted": 1}


def test_a_discarded_letter_is_open_no_more_and_tells_why(shop: Shop) -> None:
    shop.run("dlq", "discard", "triggers-0-3", "--why", "they bought it", "--by", "ben")
    (found,) = shop.json("dlq", "show", "triggers-0-3")
    assert (found["state"], found["why"], found["by"]) == ("discarded", "they bought it", "ben")
    assert keys_of(shop) == ["triggers-0-4"]
    shop.run("dlq", "discard", "nothing-0-0", "--why", "rubbish", code=1)


@pytest.mark.parametrize(
    "words",
    [
        ("retry",),
        ("retry", "--all", "--stage", "gate"),
        ("retry", "--all", "--rate", "often"),
        ("list", "--since", "soon"),
        ("discard", "--all"),
    ],
)
def test_a_command_that_is_not_clear_is_refused(shop: Shop, words: tuple[str, ...]) -> None:
    shop.run("dlq", *words, code=2)


def test_reconcile_finds_what_breaks_the_account_and_nothing_else(shop: Shop) -> None:
    account = shop.json("reconcile", "--grace", "1 s", code=1)
    assert account["breaks"] == {"two_outcomes": 1}, "send 4 ended dead and accepted; 1 and 2 were sent back"
    assert account["findings"][0]["trigger_id"] == send_id(4)
    assert {word: account["total"][word] for word in ("triggers", "in_flight", "accepted", "dead", "missing")} == {
        "triggers": 4, "in_flight": 2, "accepted": 1, "dead": 1, "missing": 0,
    }  # fmt: skip
    shop.outcome(1, "accepted", 1)
    shop.outcome(2, "cancelled", 1)
    for number in (10, 11, 12):
        shop.send(number)
        shop.outcome(number, "accepted")
    assert shop.json("reconcile", "--from", at(-70), "--grace", "1 s", code=1)["breaks"] == {"two_outcomes": 1}
    found = shop.json("reconcile", "--from", at(-70), "--to", at(-65))
    assert (found["clean"], found["triggers"]) == (True, 0)


def test_reconcile_names_every_kind_of_break(shop: Shop) -> None:
    began = -100  # minutes: a window of their own
    shop.send(20, began, -90)
    shop.send(21, began)
    shop.outcome(21, "accepted", began)
    shop.outcome(21, "rejected", began + 1)
    shop.send(22, began)
    shop.decision(22, "cancelled_after_send", began + 1, "cancelled")
    shop.outcome(22, "accepted", began + 2)
    shop.send(23, began, began + 5)
    shop.outcome(23, "accepted", began + 6)
    shop.outcome(24, "accepted", began)
    shop.decision(25, minutes=began)
    shop.write("triggers", "42", a_send(26, began), began)
    shop.outcome(26, "accepted", began)
    shop.send(27, began)
    shop.outcome(27, "dead", began)
    shop.send(28, began)
    shop.outcome(28, "accepted", began)
    shop.letter("deliver", "triggers-3-28", json.dumps(a_send(28, began)).encode(), "tls", began)
    shop.write("triggers", "42", b"{", began)
    shop.write("triggers", "42", b"[]", began)
    shop.flush()
    bad = next(record for record in shop.records("triggers") if record.value == b"[]")
    shop.letter("deliver", f"triggers-{bad.partition}-{bad.offset}", b"[]", "not_object", began)
    account = shop.json("reconcile", "--from", at(began), "--to", at(began), code=1)
    assert {one["kind"]: one["trigger_id"] for one in account["findings"] if not one["kind"].startswith("unread")} == {
        "no_outcome": send_id(20), "two_outcomes": send_id(21), "accepted_after_cancel": send_id(22), "accepted_after_expiry": send_id(23),
        "outcome_without_trigger": send_id(24), "decision_without_trigger": send_id(25), "trigger_without_decision": send_id(26),
        "outcome_without_letter": send_id(27), "letter_without_outcome": send_id(28),
    }  # fmt: skip
    assert account["breaks"]["unreadable_without_letter"] == 1
    assert set(account["breaks"].values()) == {1}
    assert account["destinations"]["(unreadable)"]["dead"] == 1
    text = shop.run("reconcile", "--from", at(began), "--to", at(began), "--limit", "3", code=1)
    assert "≠" in text
    assert "ana@" not in text


def test_a_kafka_that_is_away_is_told_in_one_line(shop: Shop) -> None:
    options = ["--state-dir", str(shop.state), "--set", "kafka.servers=127.0.0.1:1"]
    result = CliRunner().invoke(rekindle, [*options, "dlq", "retry", "--all"])
    assert result.exit_code == 3
    assert result.stderr.count("\n") == 1
    assert "kafka.servers" in result.stderr


def test_of_two_runs_at_once_the_later_goes_on_and_the_other_writes_nothing_more(shop: Shop) -> None:
    def write(writer: Writer, key: str) -> None:
        writer.write(State(key, now(), "retried", "b", now(), "ana", None), Back("events.raw", None, key.encode()))

    earlier = Writer(shop.servers, {}, time.monotonic)
    write(earlier, "of-the-earlier")
    later = Writer(shop.servers, {}, time.monotonic)
    with pytest.raises(RunError, match="another `rekindle dlq`"), earlier:
        pass  # leaving commits
    with later:
        write(later, "of-the-later")
    assert _values(shop, "of-the-") == [b"of-the-later"]


def test_a_run_that_breaks_off_leaves_neither_record_nor_note(shop: Shop) -> None:
    before = len(shop.records("dead_letters.state"))

    def break_off() -> None:
        with Writer(shop.servers, {}, time.monotonic) as writer:
            writer.write(State("broken-off", now(), "retried", "b", now(), "ana", None), Back("events.raw", None, b"broken-off"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert _values(shop, "broken-off") == []
    assert len(shop.records("dead_letters.state")) == before


def _values(shop: Shop, start: str) -> list[bytes | None]:
    return [one.value for one in shop.records("events.raw") if (one.value or b"").startswith(start.encode())]
