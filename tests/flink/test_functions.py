"""The scalar functions against plain Python: one job over thousands of inputs, a sentence for each function."""

from __future__ import annotations

import hashlib
from random import Random
from typing import Any

import pytest
from kafka.partitioner.default import murmur2

from tests.flink.mini_cluster import File, MiniCluster
from tests.flink.nasty_lines import ANY
from tests.oracle.decode import DAY, MINUTE
from tests.oracle.fields import END_OF_TIME
from tests.oracle.instants import to_text
from tests.oracle.trigger_id import trigger_id

SEED = 4711
TEXTS = [value for value in ANY if isinstance(value, str)]
COLUMNS = """
    tenant STRING, name STRING, epoch INT, person STRING, occasion STRING, stage INT, partitions INT, ms BIGINT,
    flags ARRAY<STRING>, sent BIGINT, received BIGINT, late BOOLEAN
"""
QUERY = f"""
    SELECT
        TRIGGER_ID(tenant, name, epoch, person, occasion, stage) AS trigger_id,
        KAFKA_PARTITION(person, partitions) AS kafka_partition,
        SESSION_ID(person, ISO_TIME(TO_TIMESTAMP_LTZ(ms, 3))) AS session_id,
        ISO_TIME(TO_TIMESTAMP_LTZ(ms, 3)) AS iso_time,
        EPOCH_MILLIS(TO_TIMESTAMP_LTZ(ms, 3)) AS epoch_millis,
        EVENT_FLAGS(flags, TO_TIMESTAMP_LTZ(sent, 3), TO_TIMESTAMP_LTZ(received, 3), late, {2 * MINUTE}, {DAY}) AS flags
    FROM inputs
"""
NOON = 1_772_366_400_000
DISTANCES = [0, 1, -1, 2 * MINUTE, 2 * MINUTE + 1, -DAY, -DAY - 1, 10 * DAY, -400 * DAY]


def inputs() -> list[dict[str, Any]]:
    rng = Random(SEED)
    days = [
        END_OF_TIME - 1,
        0,
        1,
        999,
        DAY - 1,
        DAY,
        951_782_400_000,
        4_107_542_399_999,
        NOON,
    ]  # leap day of 2000, last ms before the one 2100 lacks
    vector = {"tenant": "default", "name": "cart_abandoned", "epoch": 1, "person": "42", "occasion": "c0ffee", "stage": 0}
    found = []
    for number in range(2000):
        row: dict[str, Any] = {
            **{
                name: rng.choice([f"{name}-{number}", rng.choice(TEXTS), "é日本😀" * rng.randrange(9)])
                for name in ("tenant", "name", "person", "occasion")
            },
            "epoch": rng.choice([1, 2, -1, 2**31 - 1]),
            "stage": rng.choice([0, 1, 7]),
            "partitions": rng.choice([1, 2, 3, 4, 7, 64, 512]),
            "ms": rng.choice([*days, rng.randrange(END_OF_TIME)]),
            "flags": rng.choice([None, [], ["bad_price"], ["bad_time", "bad_quantity"]]),
            "sent": rng.choice([None, NOON + rng.choice(DISTANCES)]),
            "received": NOON,
            "late": rng.choice([None, True, False]),
        }
        if number < len(vector):
            row |= vector | {list(vector)[number]: None}
        if number == len(vector):
            row |= vector
        found.append(row | ({"ms": None} if number % 97 == 5 else {}))
    return found


@pytest.fixture(scope="module")
def answers(flink: MiniCluster) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """(input, what the functions gave)."""
    asked = inputs()
    return list(zip(asked, flink.rows(QUERY, {"inputs": File(COLUMNS, asked)}), strict=True))


Answers = list[tuple[dict[str, Any], dict[str, Any]]]


def test_trigger_id_is_that_of_the_published_vector(answers: Answers) -> None:
    of_the_vector = [found["trigger_id"] for asked, found in answers if (asked["name"], asked["person"]) == ("cart_abandoned", "42")]
    assert [one for one in of_the_vector if one] == ["57184V2D7RZGQ8YDP0RFFB3YC4"]


def test_trigger_id_is_the_oracles_and_null_when_a_part_is(answers: Answers) -> None:
    parts = ("tenant", "name", "epoch", "person", "occasion", "stage")
    expected = [None if None in (row := [asked[part] for part in parts]) else trigger_id(*row) for asked, _ in answers]
    assert [found["trigger_id"] for _, found in answers] == expected
    assert expected.count(None) == len(parts)


def test_a_key_goes_to_the_partition_every_other_kafka_client_gives_it(answers: Answers) -> None:
    for asked, found in answers:
        key = asked["person"]
        expected = 0 if key is None else (murmur2(key.encode("utf-8", "replace")) & 0x7FFFFFFF) % asked["partitions"]
        assert found["kafka_partition"] == expected, asked


def test_session_ids_follow_from_the_device_and_the_first_instant(answers: Answers) -> None:
    for asked, found in answers:
        if asked["person"] is None or asked["ms"] is None:
            assert found["session_id"] is None
        else:
            text = f"{asked['person']}\u001f{to_text(asked['ms'])}".encode("utf-8", "replace")
            assert found["session_id"] == hashlib.sha256(text).hexdigest()[:32], asked


def test_iso_time_writes_every_instant_from_1970_to_9999_to_the_millisecond(answers: Answers) -> None:
    assert [found["iso_time"] for _, found in answers] == [None if asked["ms"] is None else to_text(asked["ms"]) for asked, _ in answers]


def test_epoch_millis_gives_back_what_made_the_time(answers: Answers) -> None:
    assert [found["epoch_millis"] for _, found in answers] == [asked["ms"] for asked, _ in answers]


def test_event_flags_adds_what_only_the_clocks_can_tell(answers: Answers) -> None:
    for asked, found in answers:
        expected = list(asked["flags"] or [])
        ahead = 0 if asked["sent"] is None else asked["sent"] - asked["received"]
        expected += ["future"] * (ahead > 2 * MINUTE) + ["historical"] * (ahead < -DAY) + ["late"] * (asked["late"] is True)
        assert (found["flags"] or []) == expected, asked
