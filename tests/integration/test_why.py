"""`rekindle why`, `report`, `pause` … on the topics of a real Kafka."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from confluent_kafka import Producer
from jsonschema import Draft202012Validator

from connectors import kafka_read
from connectors.heartbeats import heartbeat_key, heartbeat_value
from connectors.topics import TOPICS
from rekindle.cli.main import rekindle
from rekindle.workbench.index.rows import instant
from tests.integration.kafka_alone import PARTITIONS, kafka, producer
from tests.unit import shop_topics as shop
from tests.unit.shop_topics import Line

TODAY = datetime.now(UTC).date().isoformat()
YESTERDAY = datetime.fromtimestamp(time.time() - 86_400, UTC).date().isoformat()
SHIFT = instant(f"{YESTERDAY}T00:00:00Z") - instant(f"{shop.DAY}T00:00:00Z")
SEND = shop.send_id(1)
CONSENT = {"granted": True, "version": 3, "at": shop.at("08:00")}


@dataclass
class Shop:
    """A Kafka with topics, and a state folder."""

    servers: str
    state: Path
    producer: Producer

    def write(self, *lines: Line) -> None:
        """As if it had been yesterday: Kafka and the index forget what is old."""
        for topic, record in lines:
            value = None if record.value is None else record.value.replace(shop.DAY.encode(), YESTERDAY.encode())
            self.producer.produce(topic, key=record.key, value=value, timestamp=record.at + SHIFT)
        assert self.producer.flush(240) == 0

    def beat(self) -> None:
        """Heartbeats, as the jobs write them into every partition."""
        now = int(time.time() * 1000)
        for topic in (topic for topic in TOPICS.values() if topic.clock != "none"):
            for partition in range(PARTITIONS):
                key = heartbeat_key(partition, PARTITIONS)
                self.producer.produce(topic.name, key=key, value=heartbeat_value(topic, key, now), timestamp=now)
        assert self.producer.flush(240) == 0

    def run(self, *arguments: str, code: int = 0) -> str:
        """stdout of a command."""
        options = ["--state-dir", str(self.state), "--set", f"kafka.servers={self.servers}"]
        result = CliRunner().invoke(rekindle, [*options, *arguments])
        assert result.exit_code == code, result.output
        return result.stdout

    def json(self, *arguments: str, code: int = 0) -> Any:
        return json.loads(self.run(*arguments, "--json", code=code))

    def stored_bytes(self) -> bytes:
        """Everything the tool has written down."""
        return b"".join(path.read_bytes() for path in self.state.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory, jars: Path) -> Iterator[str]:
    with kafka(tmp_path_factory.mktemp("kafka"), jars) as address:
        yield address


@pytest.fixture(scope="module")
def opened(servers: str, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A day of person 42, who left a cart, got a mail and ordered, and of person 7, who agreed to nothing."""
    running = Shop(servers, tmp_path_factory.mktemp("state"), producer(servers))
    running.write(
        shop.profile("09:00"),
        shop.pair("10:02"),
        shop.visit("10:33", product_views=2, adds=2),
        shop.cart("10:08"),
        shop.candidate("10:08"),
        shop.decided("10:08:30", "sent", variant="a", evidence={"consent_at_decision": CONSENT}),
        shop.outcome("10:08:40", "accepted"),
        shop.receipt("11:00", "Email Opened", machine=True),
        shop.receipt("11:05", "Email Link Clicked"),
        shop.event("12:00", "Order Completed", user_id="42", order_id="o-9", value=59.9, currency="EUR"),
        shop.event("12:01", "Product Viewed"),
        shop.profile("09:00", "7", consent={}),
        shop.decided("10:09", "no_consent", 2, person="7", evidence={"purpose": "marketing_email", "consent_at_fire": None}),
    )
    running.beat()
    return running


def test_a_person_is_explained_by_id_by_device_and_by_address(opened: Shop) -> None:
    answer = opened.json("why", "42")
    assert [entry["kind"] for entry in answer["story"]] == [
        "profile", "identity", "cart", "candidate", "decision", "outcome", "session", "event", "event", "event",
    ]  # fmt: skip
    for given in ("d1", "42@Example.com"):
        asked = opened.json("why", given, "--at", answer["as_of"])
        assert asked == answer
    text = opened.run("why", "42")
    assert "cart_abandoned passed every check and was sent: the consent is version 3" in text
    assert "Ordered for 59.90 EUR (order o-9) on device d1." in text
    assert "silence is a no" in opened.run("why", "7", "cart_abandoned")


def test_a_trigger_without_a_candidate_names_the_condition_that_was_missed(opened: Shop) -> None:
    answer = opened.json("why", "42", "search_abandoned")
    (miss,) = answer["why_not"]
    assert (miss["table"], miss["rows"]) == ("sessions", 1)
    assert [one["condition"] for one in miss["failed"]] == ["searches + filters >= 1", "product_views <= 0", "adds = 0"]


def test_nothing_is_known_of_a_stranger(opened: Shop) -> None:
    assert opened.json("why", "nobody@example.com", code=1)["known"] is False
    assert "no trigger 'cart_abandonned'" in CliRunner().invoke(rekindle, ["why", "42", "cart_abandonned"]).output


def test_every_look_up_is_in_the_audit_log_and_names_nobody(opened: Shop) -> None:
    before = (opened.state / "audit.jsonl").read_text(encoding="utf-8").count("\n")
    opened.run("why", "42@example.com")
    lines = (opened.state / "audit.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == before + 1
    assert json.loads(lines[-1])["what"] == "why"
    assert json.loads(lines[-1])["about"].startswith("address:")


def test_the_report_counts_the_same_day(opened: Shop, tmp_path: Path) -> None:
    found = opened.json("report", "--from", YESTERDAY, "--to", TODAY, "--svg", str(tmp_path / "f.svg"), "--html", str(tmp_path / "f.html"))
    (one,) = found["triggers"]
    assert {name: one[name] for name in ("candidates", "sent", "accepted", "opened", "clicked", "ordered", "reasons")} == {
        "candidates": 2, "sent": 1, "accepted": 1, "opened": 1, "clicked": 1, "ordered": 1, "reasons": {"no_consent": 1},
    }  # fmt: skip
    assert [variant["variant"] for variant in one["variants"]] == ["a"]
    assert (tmp_path / "f.svg").read_text(encoding="utf-8").startswith("<svg")
    assert "cart_abandoned: funnel" in (tmp_path / "f.html").read_text(encoding="utf-8")
    assert "not sent: no_consent" in opened.run("report", "--trigger", "cart_abandoned")
    assert opened.json("report", "--trigger", "nonesuch", code=1)["triggers"] == []


def test_what_is_new_in_the_topics_is_known_at_the_next_look_up(opened: Shop) -> None:
    before = len(opened.json("why", "42")["story"])
    opened.write(shop.decided("18:00", "cooldown", 5, evidence={"trigger_id": SEND, "decided_at": shop.at("10:08:30")}))
    opened.beat()
    assert len(opened.json("why", "42", "--offline")["story"]) == before
    assert len(opened.json("why", "42")["story"]) == before + 1


def test_an_event_a_new_trigger_waits_for_is_read_from_the_beginning(opened: Shop, tmp_path: Path) -> None:
    draft = tmp_path / "viewed.sql"
    header = "/* ---\nname: viewed\ndescription: d\nowner: o\ntemplate: t\npurpose: p\nmax_age: 1 h\n--- */\n"
    draft.write_text(header + "SELECT device_id FROM events WHERE event = 'Product Viewed' AND price > 5", encoding="utf-8")
    answer = opened.json("why", "42", str(draft))
    assert [one["condition"] for one in answer["why_not"][0]["failed"]] == ["price > 5"]


def test_a_paused_trigger_a_muted_pack_and_settings_are_rows_of_control(opened: Shop, root: Path, tmp_path: Path) -> None:
    caps = tmp_path / "caps.yaml"
    caps.write_text("- {class: marketing, channel: email, limit: 2, per: 24 hours}\n", encoding="utf-8")
    for command in (
        ("pause", "cart_abandoned", "--by", "ana"), ("pause", "browse_abandoned"), ("resume", "browse_abandoned"), ("mute", "core"),
        ("unmute", "core"), ("set", "caps", str(caps)), ("set", "quiet_hours", "21:00-09:00"), ("set", "quiet_hours", "--default"),
    ):  # fmt: skip
        opened.run(*command)
    in_force = opened.json("control")
    assert [(row["key"], row["value"]) for row in in_force] == [
        ("setting:caps", {"caps": [{"class": "marketing", "channel": "email", "limit": 2, "per": "24 hours", "calendar": False}]}),
        ("trigger:cart_abandoned", {"paused": True}),
    ]
    assert in_force[1]["by"] == "ana"
    assert "trigger:cart_abandoned  paused" in opened.run("control")
    schema = Draft202012Validator(json.loads((root / "sql" / "schemas" / "control.schema.json").read_text(encoding="utf-8")))
    rows = [one for one in kafka_read.records(opened.servers, "control") if b'"by"' in (one.value or b"")]
    assert len(rows) == 8
    for one in rows:
        row = json.loads(one.value or b"")
        assert list(schema.iter_errors(row)) == []
        assert (one.key or b"").decode() == row["key"]
        assert one.at == instant(row["at"])


def test_an_erased_person_is_gone_from_every_byte_even_after_a_new_build(opened: Shop) -> None:
    opened.write(shop.erased("20:00"))
    for more in ((), ("--rebuild",)):
        answer = opened.json("why", "42", *more)
        assert answer["erased_at"] is not None
        assert answer["story"] == []
    assert opened.json("why", "7")["known"]
    assert opened.json("why", "42@example.com", code=1)["known"] is False
    stored = opened.stored_bytes()
    for trace in (b"42@example.com", b"42%40", b"o-9"):
        assert trace not in stored


def test_without_kafka_one_line_says_what_to_do(tmp_path: Path) -> None:
    result = CliRunner().invoke(rekindle, ["--state-dir", str(tmp_path), "--set", "kafka.servers=127.0.0.1:1", "why", "42"])
    assert result.exit_code == 3
    assert "the topics cannot be read at 127.0.0.1:1" in result.output
    assert "--offline" in result.output
