"""What the catalogue knows of a trigger without asking Flink."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.durations import parse_duration
from jobs.errors import SettingsError
from rekindle.workbench.cases.case import Case, Step
from rekindle.workbench.catalogue import entries
from rekindle.workbench.catalogue.words import duration

HEADER = "/* ---\nname: {name}\ndescription: Who?\nowner: o\ntemplate: t\npurpose: p\nmax_age: 1 h\n--- */\n"
QUERY = "SELECT device_id, user_id, cart_hash AS occasion, ended_at AS fired_at, '{}' AS payload FROM carts"


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    (tmp_path / "mine").mkdir()
    return tmp_path


def put(packs: Path, name: str, query: str = QUERY, cases: str | None = None) -> None:
    (packs / "mine" / f"{name}.sql").write_text(HEADER.replace("{name}", name) + query, encoding="utf-8")
    if cases is not None:
        (packs / "mine" / f"{name}.test.yaml").write_text(cases, encoding="utf-8")


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("SELECT 1 FROM carts", ("carts",)),
        ("SELECT 1 FROM `carts` AS c JOIN profiles FOR SYSTEM_TIME AS OF c.ended_at AS p ON TRUE", ("carts", "profiles")),
        ("WITH carts_of AS (SELECT 1 FROM sessions) SELECT 1 FROM carts_of -- FROM events", ("sessions",)),
        ("SELECT 'FROM events' FROM SESSION(TABLE order_lines PARTITION BY x, DESCRIPTOR(t), INTERVAL '1' DAY)", ("order_lines",)),
        ("SELECT 1 FROM carts UNION ALL SELECT 1 FROM carts", ("carts",)),
        ("SELECT 1 FROM nowhere", ()),
    ],
)
def test_a_trigger_reads_the_published_tables_it_names(sql: str, tables: tuple[str, ...]) -> None:
    assert entries.read_tables(sql) == tables


@pytest.mark.parametrize(
    ("sql", "payload"),
    [
        ("SELECT JSON_OBJECT(KEY 'a' VALUE x) AS payload FROM t", {"a": "x"}),
        ("JSON_OBJECT(KEY 'a' VALUE JSON(F(x, 'a,b')),\n  KEY 'b' VALUE `value`\n) as payload", {"a": "JSON(F(x, 'a,b'))", "b": "`value`"}),
        ("JSON_OBJECT(KEY 'o' VALUE JSON_OBJECT(KEY 'i' VALUE 1)) AS payload", {"o": "JSON_OBJECT(KEY 'i' VALUE 1)"}),
        ("JSON_OBJECT(KEY 'not' VALUE 1) AS other, JSON_OBJECT() AS payload", {}),
        ("SELECT '{}' AS payload", {}),
    ],
)  # fmt: skip
def test_a_payloads_keys_are_read_with_where_they_come_from(sql: str, payload: dict[str, str]) -> None:
    assert entries.payload_of(sql) == payload


def test_the_comment_before_the_select_is_the_note_for_the_marketer() -> None:
    sql = "-- For the marketer: people who\n--   left.\n\nSELECT 1 -- and this is none"
    assert entries.note_of(sql) == "People who left."
    assert entries.note_of("SELECT 1") == ""


@pytest.mark.parametrize(
    ("expect", "fires"),
    [
        ({"candidates": ({},)}, True),
        ({"candidates": ()}, False),
        ({"candidates": ({},), "triggers": ()}, False),
        ({"decisions": ({"verdict": "sent"},)}, True),
        ({"decisions": ({"verdict": "suppressed"},)}, False),
    ],
)
def test_a_case_fires_when_a_mail_comes_out_where_mails_are_looked_at(expect: dict[str, tuple[dict[str, str], ...]], fires: bool) -> None:
    assert entries.fires(Case("t", "s", "p", 1, (Step(0, {}, {"candidates": ()}), Step(1, {}, expect)))) is fires


def test_a_file_that_cannot_be_used_is_a_finding_and_hides_none(packs: Path) -> None:
    put(packs, "good_one", cases="fires: {clock: '2026-03-01 00:00:00', given: {}, expect: []}\n")
    put(packs, "no_cases")
    (packs / "mine" / "bad_one.sql").write_text("SELECT 1", encoding="utf-8")
    put(packs, "bad_cases", cases="fires: {clock: never, expect: []}\n")
    found = entries.load(packs)
    assert {entry.name: len(entry.cases) for entry in found.entries} == {"good_one": 1, "no_cases": 0, "bad_cases": 0}
    assert sorted(finding.path.rpartition("/")[2] for finding in found.findings) == ["bad_cases.test.yaml", "bad_one.sql"]


def test_a_trigger_runs_when_it_is_active_and_its_pack_is_on(packs: Path) -> None:
    put(packs, "a_one")
    (entry,) = entries.load(packs).entries
    assert (entry.runs({"mine"}), entry.runs({"core"})) == (True, False)
    with pytest.raises(SettingsError, match="a_one"):
        entries.load(packs).find("a_on")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("90 s", "90 seconds"),
        ("60 s", "1 minute"),
        ("4 h", "4 hours"),
        ("24 h", "24 hours"),
        ("36 h", "36 hours"),
        ("48 h", "2 days"),
        ("0 s", "no time"),
        ("20 ms", "0.02 seconds"),
    ],
)
def test_durations_are_said_as_people_say_them(text: str, words: str) -> None:
    assert duration(parse_duration(text)) == words
