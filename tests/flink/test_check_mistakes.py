"""The twelve commonest mistakes, word for word as an author reads them. `tests/data/mistakes`: NAME.sql, and NAME.txt as printed."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from jobs.settings import load
from rekindle.workbench.check import checker, render
from rekindle.workbench.check.collect import collect, packs_root
from rekindle.workbench.check.planner import Planner
from tests.flink.mini_cluster import MiniCluster

FOLDER = Path(__file__).resolve().parent.parent / "data" / "mistakes"
MISTAKES = sorted(path.stem for path in FOLDER.glob("*.sql"))
SETTINGS = load(environ={})


@pytest.fixture(scope="module")
def planner(flink: MiniCluster) -> Planner:
    return Planner(SETTINGS)


def printed(planner: Planner, folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(folder)
    report = checker.check(collect([name], packs_root(SETTINGS)), SETTINGS, planner.judge)
    return click.unstyle(render.report(report, report.texts)) + "\n"


def test_all_twelve_are_here() -> None:
    assert len(MISTAKES) == 12


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_common_mistake_is_told_in_these_words(planner: Planner, monkeypatch: pytest.MonkeyPatch, mistake: str) -> None:
    expected = (FOLDER / f"{mistake}.txt").read_text(encoding="utf-8")
    assert printed(planner, FOLDER, f"{mistake}.sql", monkeypatch) == expected


GOOD = "SELECT device_id, user_id, session_id AS occasion, ended_at AS fired_at, last_query AS payload\nFROM sessions"
EVENT = "SELECT device_id, user_id, event_id AS occasion, event_time AS fired_at, properties AS payload\nFROM events"


@pytest.mark.parametrize(
    ("query", "finding"),
    [
        (GOOD.replace("device_id, user_id", "device_id user_id"), "T034 1:8-24 output column 'device_id' is missing = is a comma missing: device_id, user_id?"),
        (GOOD.replace("FROM", "FORM"), "T015 2:1-4 'FORM' is not expected here = did you mean: FROM"),
        (GOOD + "\nWHER adds = 0", "T015 3:1-4 'WHER' is not expected here = did you mean: WHERE"),
        (GOOD + "\nWHERE adds = 0 ANDD orders = 0", "T015 3:16-19 'ANDD' is not expected here = did you mean: AND"),
        (GOOD.replace("payload\n", "payload,\n"), "T015 1:95-95 a comma before FROM = remove it"),
        (GOOD + "\nWHERE last_query = 'tea", "T015 3:20-20 a quote ' that is not closed = close it with '"),
        (GOOD + '\nWHERE last_query = "tea"', "T015 3:20-20 text in double quotes = text stands in single quotes: 'like this'"),
        (GOOD + "\nWHERE (adds = 0", "T015 3:15-15 the SELECT ends too early after '0' = expected here: , or ) or AND"),
        (GOOD + "\nWHERE adds == 0", "T015 3:12-13 '==' is not expected here = equal is one sign: ="),
        (GOOD + "\nWHERE adds = '5'", "T039 3:7-16 a number is compared with text = a number stands without quotes: 5"),
        (GOOD + "\nWHERE ended_at > 5", "T016 3:7-18 a time is compared with a number = make both sides of one type: CAST(… AS …); a time is TIMESTAMP '2026-03-01 10:00:00'"),
        (GOOD + "\nWHERE Adds = 0", "T012 3:7-10 unknown column 'Adds' = did you mean: adds"),
        (GOOD.replace("FROM sessions", "FROM sesions"), "T014 2:6-12 unknown table 'sesions' = did you mean: sessions"),
        (GOOD.replace("FROM sessions", "FROM identities").replace("session_id", "device_id"), "T032 2:6-15 'identities' is not published = the suite finds the person itself: give device_id and user_id"),
        (GOOD.replace("last_query AS", "LOWWER(last_query) AS"), "T017 1:74-91 unknown function 'LOWWER' = did you mean: LOWER, POWER"),
        (EVENT.replace("properties AS", "flags.x AS"), "T022 1:74-80 'flags.x': a column has no fields = write: flags[1] for the first"),
        (EVENT + "\nWHERE event_time > UNIX_TIMESTAMP()", "T030 3:20-35 UNIX_TIMESTAMP is the wall clock = compare with the row's own time: event_time"),
        (GOOD.replace("ended_at AS fired_at", "MAX(ended_at) AS fired_at"), "T024 1:8-16 'device_id' is neither grouped nor aggregated = add it to GROUP BY, or take one of them: MAX(device_id)"),
    ],
)  # fmt: skip
def test_other_slips_are_told_where_they_are(
    planner: Planner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, query: str, finding: str
) -> None:
    header = "/* ---\nname: search_abandoned\ndescription: d\nowner: o\ntemplate: t\npurpose: p\nmax_age: 6 h\n--- */\n"
    (tmp_path / "draft.sql").write_text(header + query, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    report = checker.check(collect(["draft.sql"], packs_root(SETTINGS)), SETTINGS, planner.judge)
    told = [f"{one.code} {one.line - 8}:{one.column}-{one.column + one.length - 1} {one.message} = {one.hint}" for one in report.findings]
    assert finding in told
    assert all("\tat " not in one and "org.apache" not in one for one in told)
