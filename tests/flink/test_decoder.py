"""The event decoder against the oracle: every line gives one row, and both say the same of it."""

from __future__ import annotations

import base64
from collections import Counter
from typing import Any

import pytest

from tests.flink.mini_cluster import File, MiniCluster
from tests.flink.nasty_lines import MAX_BYTES, at_random, by_hand
from tests.oracle import decode as oracle
from tests.oracle import fields
from tests.oracle.decode import Raw, Row
from tests.oracle.json_text import read as exact
from tests.oracle.vocabulary import read
from udfs import mapping

SEED = 20260301
RANDOM_LINES = 4000
TABLE = read()
Said = Row | str | None
"""A row, a reason, or None for a heartbeat."""
LAST_INSTANT = fields.END_OF_TIME - 1
"""All lines arrive then, so that no time is ahead of its arrival."""
FORMAT = {"format": "rekindle-event", "rekindle-event.mapping": mapping.load().as_json(), "rekindle-event.max-line-bytes": str(MAX_BYTES)}
TYPES = {"amount": "DECIMAL(18, 2)", "quantity": "INT", "text": "STRING", "json": "STRING"}
COLUMNS = {
    "reason": "STRING", "raw": "BYTES", "event_id": "STRING", "content": "BIGINT", "event": "STRING", "device_id": "STRING", "anonymous_id": "STRING",
    "user_id": "STRING", "previous_id": "STRING", "sent_time": "TIMESTAMP_LTZ(3)", "sent_received_at": "TIMESTAMP_LTZ(3)", "behavioural": "BOOLEAN",
    "lines": "ARRAY<ROW<product_id STRING, name STRING, price DECIMAL(18, 2), quantity INT>>", "properties": "STRING", "flags": "ARRAY<STRING>",
    **{name: TYPES[kind] for name, (kind, _) in TABLE.columns.items()},
}  # fmt: skip


@pytest.fixture(scope="module")
def lines() -> list[bytes]:
    return [*by_hand(), *at_random(RANDOM_LINES, SEED)]


@pytest.fixture(scope="module")
def expected(lines: list[bytes]) -> list[Said]:
    """What the oracle says of each line."""
    return [oracle.decode(Raw(0, 0, LAST_INSTANT, line), TABLE, MAX_BYTES) for line in lines]


@pytest.fixture(scope="module")
def rows(flink: MiniCluster, lines: list[bytes]) -> list[dict[str, Any]]:
    columns = ", ".join(f"`{name}` {kind}" for name, kind in COLUMNS.items())
    times = [f"EPOCH_MILLIS({name}) AS {name}" if kind.startswith("TIMESTAMP") else f"`{name}`" for name, kind in COLUMNS.items()]
    return flink.rows(f"SELECT {', '.join(times)} FROM raw_lines", {"raw_lines": File(columns, lines, FORMAT)})


def test_every_line_gives_exactly_one_row_that_holds_the_line_itself(lines: list[bytes], rows: list[dict[str, Any]]) -> None:
    assert [base64.b64decode(row["raw"]) for row in rows] == lines


def test_decoder_and_oracle_say_the_same_of_every_line(lines: list[bytes], expected: list[Said], rows: list[dict[str, Any]]) -> None:
    assert [found for line, said, row in zip(lines, expected, rows, strict=True) for found in unequal(line, said, row)] == []


def test_the_lines_meet_every_reason_and_most_of_them_can_be_read(rows: list[dict[str, Any]]) -> None:
    counts = Counter(row["reason"] for row in rows)
    assert counts.keys() == {None, "too_large", "not_json", "not_object", "no_identity", "no_event", "no_time"}
    assert counts[None] > len(rows) / 2


def test_content_is_equal_for_lines_that_say_the_same_and_for_no_others(expected: list[Said], rows: list[dict[str, Any]]) -> None:
    pairs = {(said.content, row["content"]) for said, row in zip(expected, rows, strict=True) if isinstance(said, Row)}
    assert len(pairs) == len({content for content, _ in pairs}) == len({content for _, content in pairs}) > 1000


def test_a_line_as_long_as_allowed_is_read_and_one_byte_more_is_not(flink: MiniCluster) -> None:
    limit = oracle.MAX_LINE_BYTES
    fixed = b'{"event":"x","userId":"1","properties":{%s}}'
    many = b",".join(b'"k%06d":1' % number for number in range(limit // 13))  # names enough to be slow to tell apart one by one
    lines = [fixed % (many + b" " * (length - len(fixed) - len(many) + 2)) for length in (limit, limit + 1)]
    assert [len(line) - limit for line in lines] == [0, 1]
    unlimited = {name: value for name, value in FORMAT.items() if name != "rekindle-event.max-line-bytes"}
    table = File("reason STRING, event STRING, properties STRING", lines, unlimited)
    first, second = flink.rows("SELECT reason, event, CHAR_LENGTH(properties) AS length FROM raw_lines", {"raw_lines": table})
    assert first == {"reason": None, "event": "x", "length": limit - len(fixed) + 4}
    assert second == {"reason": "too_large", "event": None, "length": None}


def test_a_column_no_mapping_names_is_refused_when_the_job_is_planned(flink: MiniCluster) -> None:
    with pytest.raises(Exception, match="format rekindle-event has no column 'colour'"):
        flink.rows("SELECT colour FROM raw_lines", {"raw_lines": File("colour STRING", [], FORMAT)})


def unequal(line: bytes, said: Said, row: dict[str, Any]) -> list[str]:
    expected, actual = said_by_the_oracle(said), said_by_the_decoder(row)
    return [
        f"{name}: expected {expected.get(name)!r}, got {actual.get(name)!r} of {line[:200]!r}"
        for name in sorted(expected.keys() | actual.keys())
        if expected.get(name) != actual.get(name)
    ]


def said_by_the_oracle(row: Said) -> dict[str, Any]:
    if not isinstance(row, Row):
        return {"reason": row}
    kinds = {name: kind for name, (kind, _) in TABLE.columns.items()}
    whole: dict[str, Any] = clean(
        {
            "event_id": row.event_id,
            "event": row.event,
            "device_id": row.device_id,
            "user_id": row.user_id,
            "t": row.t,
            "pairs": row.pairs,
            "behavioural": row.event not in TABLE.not_behavioural,
            "flags": [flag for flag in row.flags if flag != "historical"],
            "properties": plain(row.properties),
            "lines": None if row.lines is None else [[*one] for one in row.lines if one.product_id is not None],
            **{name: plain(value) if kinds[name] == "json" else value for name, value in row.columns.items()},
        }
    )
    return whole


def said_by_the_decoder(row: dict[str, Any]) -> dict[str, Any]:
    if row["reason"] is not None:
        return {"reason": row["reason"]}
    if row["event"] == "$heartbeat":
        return {}
    whole: dict[str, Any] = clean(
        {name: row[name] for name in ("event_id", "event", "device_id", "user_id", "behavioural")}
        | {name: plain(row[name]) if kind == "json" else row[name] for name, (kind, _) in TABLE.columns.items()}
        | {
            "t": LAST_INSTANT if row["sent_time"] is None else row["sent_time"],
            "pairs": pairs(row),
            "flags": sorted(row["flags"] or []),
            "properties": plain(row["properties"]),
            "lines": None
            if row["lines"] is None
            else [[one["product_id"], one["name"], one["price"], one["quantity"]] for one in row["lines"]],
        }
    )
    return whole


def pairs(row: dict[str, Any]) -> list[tuple[str, str]]:
    devices = [row["anonymous_id"], row["previous_id"] if row["event"] == "Aliased" else None]
    return [(device, row["user_id"]) for device in devices if device is not None and row["user_id"] is not None]


def plain(text: str | None) -> Any:
    """What JSON text holds, numbers as written."""
    return None if text is None else exact(text.encode("utf-8", "replace"))


def clean(value: Any) -> Any:
    """Without nulls; half surrogates as Flink's strings keep them."""
    if isinstance(value, dict):
        return {clean(name): clean(item) for name, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [clean(item) for item in value]
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    return value
