"""What `rekindle bench gate` feeds, and which decisions it expects of it."""

from __future__ import annotations

from collections import Counter
from itertools import chain, pairwise
from pathlib import Path

import click
import orjson
import pytest
from jsonschema import Draft202012Validator

from bench import gate_rows as rows
from bench.gate import GateRun, Phase, Sizes
from bench.gate_rows import DAY
from bench.gate_show import show, tree
from bench.main import main
from connectors.heartbeats import is_heartbeat, partition_of

SCHEMAS = Path(__file__).parents[2] / "sql" / "schemas"
NOON = 1_772_366_400_000
MIDNIGHT = NOON // DAY * DAY
A_DAY = list(
    chain(
        rows.profiles("u", 90, 60, MIDNIGHT),
        rows.candidates("u", 60, MIDNIGHT),
        rows.events("u", 30, 60, MIDNIGHT, "Order Completed"),
        rows.probes("0-", MIDNIGHT),
    )
)


def test_every_row_keeps_the_contract_of_its_topic() -> None:
    for topic in rows.FED:
        schema = Draft202012Validator(orjson.loads((SCHEMAS / f"{topic}.schema.json").read_bytes()))
        for one in rows.with_heartbeats(A_DAY, MIDNIGHT, 4):
            if one.topic == topic:
                schema.validate(orjson.loads(one.value))


def test_half_is_refused_a_third_has_no_person_and_a_tenth_is_held() -> None:
    found = Counter(rows.ending(number) for number in range(300))
    assert found["nobody"] + found["refused"] + found["ordered"] == 150
    assert found["nobody"] + found["late"] == 100
    assert found["night"] == 30
    assert rows.expected(30) == {"no_profile": 5, "no_consent": 5, "ordered_since": 5, "held": 3, "sent": 15}


def test_a_day_is_in_order_of_time_and_heartbeats_end_it_in_every_partition_of_every_topic() -> None:
    day = list(rows.with_heartbeats(A_DAY, MIDNIGHT, 4))
    assert all(one.at <= other.at for one, other in pairwise(day))
    last = day[-4 * len(rows.FED) :]
    assert {(one.topic, partition_of(one.key, 4)) for one in last} == {(topic, partition) for topic in rows.FED for partition in range(4)}
    assert all(is_heartbeat(one.key.encode()) and one.at == MIDNIGHT + rows.CLOSES for one in last)
    assert len([one for one in day if not is_heartbeat(one.key.encode())]) == len(A_DAY)


def test_no_candidate_has_the_id_of_another() -> None:
    ids = [orjson.loads(one.value)["trigger_id"] for one in A_DAY if one.topic == "trigger_candidates"]
    assert len(set(ids)) == len(ids) == 60 + rows.PROBES


def test_rows_have_the_size_of_real_ones() -> None:
    sizes = {topic: [len(one.value) for one in A_DAY if one.topic == topic] for topic in ("profiles", "events")}
    assert len(rows.PAYLOAD) in range(400, 600)
    assert all(300 <= size <= 600 for found in sizes.values() for size in found)


def test_the_first_phase_has_a_profile_for_each_person_and_a_person_for_each_candidate() -> None:
    assert Sizes(30, 10, 100, 30).part(4) == Sizes(7, 2, 25, 7)
    assert Sizes(1, 1, 1, 1).part(4) == Sizes(0, 0, 1, 1)


def test_the_tables_say_what_was_measured(capsys: pytest.CaptureFixture[str]) -> None:
    phase = Phase("candidates", 1000, 2.0, 3.0, 4.0, [2.0], {"read events": 1.0})
    found = GateRun("hashmap", 1, Sizes(1000, 0, 2000, 2000), 30.0, 0.1, [phase], {"sent": 7}, False, 5.0, 900)
    show([found], 0.3)
    shown = capsys.readouterr().out
    assert all(text in shown for text in ("500", "2000", "NOT as expected: 7 sent"))
    assert tree(found)["phases"][0]["per_cpu_s"] == 500


def test_more_candidates_than_people_are_a_usage_error() -> None:
    with pytest.raises(click.UsageError, match="each candidate is of another person"):
        main(["gate", "--candidates", "100", "--profiles", "50"])
