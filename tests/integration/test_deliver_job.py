"""The job `deliver` between real Kafka and a real HTTP server: who is called, how it ends, who is not called."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors.esp.times import iso
from jobs.destinations import Destination
from rekindle.local.waiting import wait_until
from tests.integration.pipeline import LIMIT, Pipeline, pipeline
from tests.unit.a_send import a_row
from tests.unit.esp_cases import CASES, Case
from tests.unit.test_deliver_outcome import check

START = datetime.now(UTC)
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
MANY = 60


def trigger_id(kind: str, number: int) -> str:
    """A made-up id that says what it is for."""
    text = "".join(letter if letter in CROCKFORD else "0" for letter in kind.upper())
    return f"{text}{number}".rjust(26, "0")[-26:]


def send(kind: str, number: int = 0, **changes: Any) -> dict[str, Any]:
    """A row of `triggers`, decided now and good for an hour."""
    row = {
        "trigger_id": trigger_id(kind, number),
        "person_id": f"{kind}-{number}",
        "decided_at": iso(datetime.now(UTC)),
        "expires_at": iso(START + timedelta(hours=1)),
    }
    return a_row(**(row | changes))


def destination(url: str, **more: Any) -> Destination:
    return Destination.model_validate({"url": url, "private_hosts": ["127.0.0.1"], "waits": ["1 s"], **more})


WAYS = {case.kind: case for case in reversed(CASES.values())}
"""One way of sending of each kind."""


def platform(case: Case, esp: str, folder: Path) -> Destination:
    """A destination at the fake of its platform; its secrets lie in files."""
    for name, text in {**case.secrets, **case.urls}.items():
        (folder / f"{case.kind}-{name}").write_text(f"{text}\n", encoding="utf-8")
    options = json.loads(re.sub(r"\$\{env:(\w+)\}", rf"${{file:{folder}/{case.kind}-\1}}", json.dumps(dict(case.options))))
    given = {**options, "kind": case.kind, case.base: f"{esp}/{case.platform}.job", "private_hosts": ["127.0.0.1"], "waits": ["1 s"]}
    return Destination.model_validate(given)


def destinations(esp: str) -> dict[str, Destination]:
    """lossy takes the first call and loses the answer; down comes back at the fifth; slow takes its time; paced has a limit."""
    return {
        "default": destination(f"{esp}/webhook/default"),
        "lossy": destination(f"{esp}/webhook/lossy?mode=commit_then_drop&first=1"),
        "down": destination(f"{esp}/webhook/down?mode=status&status=503&first=4"),
        "slow": destination(f"{esp}/webhook/slow?mode=slow&delay_s=3", capacity=2),
        "paced": destination(f"{esp}/webhook/paced", rate={"calls": 10, "per": "1 s"}),
        "locked": destination(f"{esp}/webhook/locked?mode=status&status=401"),
    }


class Deliveries:
    """What the job made of what was fed."""

    def __init__(self, running: Pipeline) -> None:
        self.running = running
        self.rows: list[dict[str, Any]] = []

    def put(self, *rows: dict[str, Any]) -> None:
        for row in rows:
            self.running.produce("triggers", row["person_id"], json.dumps(row).encode())
        assert self.running.producer.flush(LIMIT) == 0

    def decide(self, kind: str, number: int, **row: Any) -> None:
        body = {"trigger_id": trigger_id(kind, number), "evidence": {}, "decided_at": iso(datetime.now(UTC)), **row}
        self.running.produce("trigger_decisions", f"{kind}-{number}", json.dumps(body).encode())
        assert self.running.producer.flush(LIMIT) == 0

    def of(self, kind: str, number: int = 0) -> list[dict[str, Any]]:
        """Outcome rows of one send, in the order of the log."""
        return [row for row in self.rows if row["trigger_id"] == trigger_id(kind, number)]

    def wait(self, kind: str, outcome: str, count: int = 1) -> None:
        """Until so many sends of a kind have ended so."""
        wanted = {trigger_id(kind, number) for number in range(1000)}

        def there() -> bool:
            self.rows = self.running.rows("delivery_outcomes")
            return len({row["trigger_id"] for row in self.rows if row["trigger_id"] in wanted and row["outcome"] == outcome}) >= count

        assert wait_until(there, LIMIT, pause=0.5), Counter((row["trigger_id"], row["outcome"], row["reason"]) for row in self.rows)

    def ledger(self, dest: str) -> dict[str, Any]:
        answer: dict[str, Any] = requests.get(f"{self.running.stack.esp_url}/ledger", params={"dest": dest}, timeout=30).json()
        return answer


@pytest.fixture(scope="module")
def deliveries(tmp_path_factory: pytest.TempPathFactory, jars: Path) -> Iterator[Deliveries]:
    with pipeline(tmp_path_factory.mktemp("deliver") / "state", jars, slots=2) as running:
        esp, secrets = running.stack.esp_url or "", tmp_path_factory.mktemp("secrets")
        every = destinations(esp) | {kind: platform(case, esp, secrets) for kind, case in WAYS.items()}
        running.settings = running.settings.model_copy(update={"destinations": every})
        found = Deliveries(running)
        found.decide("gone", 0, verdict="cancelled", reason="cancelled_after_send")  # long before its send comes
        running.start("deliver")
        yield found


def test_each_send_reaches_its_platform_once_however_often_its_row_is_written(deliveries: Deliveries) -> None:
    rows = [send("good", number) for number in range(MANY)]
    deliveries.put(*rows, *rows[:10])
    deliveries.wait("good", "accepted", MANY)
    deliveries.put(*rows[:10])  # as a gate does that was restarted
    deliveries.put(send("after", 0, person_id="good-0"))
    deliveries.wait("after", "accepted")
    assert deliveries.ledger("default")["delivered_distinct"] == MANY + 1
    assert deliveries.ledger("default")["duplicates"] == 0
    for row in deliveries.rows:
        check("delivery_outcomes", row)


def test_every_kind_of_platform_is_reached_from_kafka(deliveries: Deliveries) -> None:
    for kind in WAYS:
        deliveries.put(*(send(kind, number, destination=kind, address=f"{kind}{number}@example.com") for number in range(3)))
    for kind in WAYS:
        deliveries.wait(kind, "accepted", 3)
    for kind, case in WAYS.items():
        found = deliveries.ledger(f"{case.platform}.job")
        assert (found["delivered_distinct"], found["duplicates"]) == (3, 0), kind


def test_a_send_past_its_time_or_taken_back_is_never_called(deliveries: Deliveries) -> None:
    deliveries.put(send("late", 0, expires_at=iso(START)), send("gone", 0))
    deliveries.wait("late", "expired")
    deliveries.wait("gone", "cancelled")
    assert [row["attempts"] for row in deliveries.of("late") + deliveries.of("gone")] == [0, 0]


def test_a_lost_answer_is_asked_for_again_with_the_same_id(deliveries: Deliveries) -> None:
    deliveries.put(send("lossy", 0, destination="lossy"))
    deliveries.wait("lossy", "accepted")
    found = deliveries.ledger("lossy")
    assert (found["delivered_distinct"], found["duplicates"], found["attempts"]) == (1, 1, 2)


def test_what_the_first_pass_does_not_mend_is_tried_again_through_the_retry_topic(deliveries: Deliveries) -> None:
    deliveries.put(send("down", 0, destination="down"))
    deliveries.wait("down", "accepted")
    told = [(row["outcome"], row["reason"], row["attempts"]) for row in deliveries.of("down")]
    assert told == [("retrying", "unavailable", 3), ("accepted", None, 5)]
    rows = [row for row in deliveries.running.rows("triggers.retry") if row["destination"] == "down"]
    assert [(row["send"]["trigger_id"], row["attempts"], row["recheck"]) for row in rows] == [(trigger_id("down", 0), 3, False)]
    check("triggers.retry", rows[0])


def test_a_decision_that_waited_too_long_goes_back_to_the_gate(deliveries: Deliveries) -> None:
    old = iso(datetime.now(UTC) - timedelta(minutes=10))
    deliveries.put(*(send("old", number, decided_at=old) for number in range(2)))
    deliveries.wait("old", "retrying", 2)
    assert {(row["reason"], row["attempts"]) for number in range(2) for row in deliveries.of("old", number)} == {("recheck", 0)}
    deliveries.decide("old", 0, verdict="sent", reason="sent", evidence={"recheck": True})
    deliveries.decide("old", 1, verdict="suppressed", reason="consent_withdrawn", evidence={"recheck": True})
    deliveries.wait("old", "accepted")
    deliveries.wait("old", "cancelled")
    assert [deliveries.of("old", number)[-1]["outcome"] for number in range(2)] == ["accepted", "cancelled"]


def test_a_slow_platform_holds_up_no_other(deliveries: Deliveries) -> None:
    deliveries.put(*(send("slow", number, destination="slow") for number in range(12)))
    deliveries.put(*(send("quick", number) for number in range(MANY)))
    deliveries.wait("quick", "accepted", MANY)
    assert len([row for row in deliveries.rows if row["destination"] == "slow" and row["outcome"] == "accepted"]) < 12


def test_a_platform_is_not_called_faster_than_it_may_be(deliveries: Deliveries) -> None:
    deliveries.put(*(send("paced", number, destination="paced") for number in range(MANY)))
    deliveries.wait("paced", "accepted", MANY)
    pages = requests.get(f"{deliveries.running.stack.esp_url}/ledger/ids", params={"dest": "paced", "limit": "1000"}, timeout=30).json()
    times = sorted(datetime.fromisoformat(row["first_ts"]) for row in pages["ids"])
    busiest = max(sum(first <= other < first + timedelta(seconds=1) for other in times) for first in times)
    assert len(times) == MANY
    assert busiest <= 13  # ten, and what a hiccup of the machine pushes together


def test_a_key_that_is_refused_parks_the_send_and_gives_up_none(deliveries: Deliveries) -> None:
    deliveries.put(*(send("locked", number, destination="locked") for number in range(5)))
    deliveries.wait("locked", "retrying", 5)
    assert {row["outcome"] for row in deliveries.rows if row["destination"] == "locked"} == {"retrying"}
    assert deliveries.ledger("locked")["attempts"] <= 5


def test_what_is_no_send_or_goes_nowhere_becomes_a_dead_letter_that_says_where_it_lay(deliveries: Deliveries) -> None:
    running = deliveries.running
    for value in (b"{", b"[]", b"\xff", None, b"{}"):
        running.produce("triggers", "broken", value)
    deliveries.put(send("nowhere", 0, destination="nobody-knows"))
    deliveries.wait("nowhere", "dead")

    def there() -> bool:
        return len(running.rows("dead_letters")) >= 6

    assert wait_until(there, LIMIT, pause=0.5)
    letters = running.rows("dead_letters")
    for letter in letters:
        check("dead_letters", letter)
    assert Counter(letter["reason"] for letter in letters) == {"not_json": 3, "not_object": 1, "bad_send": 1, "no_destination": 1}
    assert {(letter["stage"], letter["topic"]) for letter in letters} == {("deliver", "triggers")}
