"""`rekindle test`: cases run through the SQL and the gate of production, in event time."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as xml

import pytest
from click.testing import CliRunner, Result

from rekindle.cli.main import rekindle
from tests.flink.mini_cluster import MiniCluster

TRIGGER = """\
/* ---
name: search_abandoned
description: Who searched, opened no product and left?
owner: lifecycle@shop.example
template: search_help
purpose: marketing_email
cancel_on: [Order Completed]
max_age: 6 hours
--- */
SELECT device_id, user_id, session_id AS occasion, ended_at AS fired_at, JSON_OBJECT(KEY 'query' VALUE last_query) AS payload
FROM sessions
WHERE searches >= 1 AND product_views = 0
"""
PROFILE = """{person_id: ana, valid_from: "2026-01-01 00:00:00", email: ana@example.com, consent: {marketing_email: {granted: true, version: 1,
          source: form, at: "2026-01-01T00:00:00Z"}}}"""
SESSION = '{device_id: d1, user_id: ana, session_id: s1, ended_at: "2026-03-01 10:30:00", searches: 2, last_query: tea}'
CASES = f"""\
fires when somebody searched:
  clock: "2026-03-01 10:30:00"
  given: {{sessions: [{SESSION}]}}
  expect: [{{device_id: d1, person_id: ana, occasion: s1, fired_at: "2026-03-01 10:30:00", payload: {{query: tea}}}}]
is not due a moment before:
  clock: "2026-03-01 10:29:59.999"
  given: {{sessions: [{SESSION}]}}
  expect: []
the same device in another case is somebody else, whose name nobody learns for two hours:
  clock: "2026-03-01 12:30:00"
  given: {{sessions: [{SESSION.replace(", user_id: ana", "")}]}}
  expect: {{candidates: [{{person_id: d1}}], decisions: [{{reason: no_profile}}], triggers: []}}
the session that is still open is not there yet:
  steps:
    - clock: "2026-03-01 10:30:00"
      given: {{events.raw: [{{event: Products Searched, anonymousId: d1, timestamp: "2026-03-01T10:00:01Z", properties: {{query: tea}}}}]}}
      expect: []
    - {{clock: "2026-03-01 10:30:01", expect: [{{device_id: d1}}]}}
a row that comes behind the clock comes out late, and is late only in its own case:
  steps:
    - {{clock: "2026-03-01 12:00:00", expect: []}}
    - clock: "2026-03-01 12:00:01"
      given: {{sessions: [{SESSION}]}}
      expect: [{{occasion: s1, fired_at: "2026-03-01 10:30:00"}}]
who withdraws consent before the decision gets nothing:
  steps:
    - clock: "2026-03-01 10:30:10"
      given:
        sessions: [{SESSION}]
        profiles: [{PROFILE}]
      expect: {{candidates: [{{occasion: s1}}], decisions: []}}
    - clock: "2026-03-01 10:31:00"
      given: {{profiles: [{{person_id: ana, valid_from: "2026-03-01 10:30:20", email: ana@example.com}}]}}
      expect: {{decisions: [{{reason: consent_withdrawn}}], triggers: []}}
who agreed gets it thirty seconds later:
  clock: "2026-03-01 10:30:30"
  given:
    sessions: [{SESSION}]
    profiles: [{PROFILE}]
  expect: {{triggers: [{{person_id: ana, template: search_help, decided_at: "2026-03-01 10:30:30"}}]}}
"""
FAILING = f"""\
expects what does not come:
  clock: "2026-03-01 10:31:00"
  given: {{sessions: [{SESSION}]}}
  expect: [{{device_id: d1, occasion: s2}}, {{device_id: d7}}]
"""


@pytest.fixture
def folder(flink: MiniCluster, jars: Path, tmp_path: Path) -> Path:
    """With the trigger in it, and a state folder with jars."""
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "jars").symlink_to(jars)
    (tmp_path / "search_abandoned.sql").write_text(TRIGGER, encoding="utf-8")
    return tmp_path


def tool(folder: Path, *arguments: object) -> Result:
    return CliRunner().invoke(rekindle, ["--state-dir", str(folder / "state"), "test", *map(str, arguments)])


def test_cases_of_event_time_all_pass_in_one_run(folder: Path) -> None:
    (folder / "search_abandoned.test.yaml").write_text(CASES, encoding="utf-8")
    result = tool(folder, folder / "search_abandoned.sql", "--junit", folder / "junit.xml")
    assert result.exit_code == 0, result.output
    assert "7 cases, 0 failed" in result.stdout
    (suite,) = xml.parse(folder / "junit.xml").getroot()
    assert (suite.get("name"), suite.get("tests"), suite.get("failures")) == ("search_abandoned", "7", "0")


def test_a_case_that_fails_shows_what_is_missing_unexpected_and_different(folder: Path) -> None:
    (folder / "search_abandoned.test.yaml").write_text(FAILING, encoding="utf-8")
    result = tool(folder, folder / "search_abandoned.sql", "--junit", folder / "junit.xml")
    assert result.exit_code == 1
    shown = [line.split() for line in result.stdout.splitlines()]
    assert ["different", "d1", "s2", "<>", "s1"] in shown
    assert ["missing", "d7"] in shown
    assert "FAIL  expects what does not come" in result.stdout
    failure = xml.parse(folder / "junit.xml").getroot().find(".//failure")
    assert failure is not None
    assert "s2 <> s1" in (failure.text or "")


def test_a_trigger_that_cannot_be_planned_fails_its_own_cases_only(folder: Path) -> None:
    (folder / "search_abandoned.test.yaml").write_text(CASES, encoding="utf-8")
    broken = TRIGGER.replace("search_abandoned", "search_broken").replace("searches >= 1", "serches >= 1")
    (folder / "search_broken.sql").write_text(broken, encoding="utf-8")
    (folder / "search_broken.test.yaml").write_text(FAILING, encoding="utf-8")
    result = tool(folder, folder / "search_abandoned.sql", folder / "search_broken.sql", "--json")
    assert result.exit_code == 1
    cases = json.loads(result.stdout)["cases"]
    assert [one["passed"] for one in cases] == [True] * 7 + [False]
    assert "serches" in "\n".join(cases[-1]["failure"])


def test_words_choose_cases(folder: Path) -> None:
    (folder / "search_abandoned.test.yaml").write_text(CASES, encoding="utf-8")
    result = tool(folder, folder / "search_abandoned.sql", "-k", "moment before")
    assert result.exit_code == 0, result.output
    assert "1 case, 0 failed" in result.stdout


def test_a_test_file_that_is_missing_or_wrong_is_a_finding(folder: Path) -> None:
    result = tool(folder, folder / "search_abandoned.sql")
    assert result.exit_code == 1
    assert "the test file is missing" in result.stderr
    (folder / "search_abandoned.test.yaml").write_text(CASES.replace("searches: 2", "serches: 2", 1), encoding="utf-8")
    result = tool(folder, folder / "search_abandoned.sql")
    assert result.exit_code == 1
    assert "unknown column 'serches' of sessions" in result.stderr
    assert "did you mean: searches" in result.stderr
    assert "6 cases, 0 failed" in result.stdout


def test_a_name_nobody_knows_is_a_usage_error(folder: Path) -> None:
    result = tool(folder, "no_such")
    assert result.exit_code == 2
    assert "no trigger or pack 'no_such'" in result.output


def test_what_a_person_did_becomes_a_case_without_a_word_of_theirs(folder: Path) -> None:
    who = {"anonymousId": "device-of-ana", "userId": "customer-4711"}
    lines = [
        {
            "event": "Products Searched",
            "timestamp": "2025-11-03T10:00:00Z",
            "properties": {"query": "gift for my wife", "email": "ana@example.org"},
        },
        {
            "event": "Page Viewed",
            "timestamp": "2025-11-03T10:05:00Z",
            "context": {"ip": "203.0.113.9", "page": {"url": "https://shop.example/ana"}},
        },
    ]
    other = {"event": "Product Added", "anonymousId": "someone", "timestamp": "2025-11-03T10:05:00Z"}
    events = folder / "events.jsonl"
    events.write_text("\n".join(json.dumps(line) for line in [*(who | line for line in lines), other]) + "\n", encoding="utf-8")
    result = tool(folder, folder / "search_abandoned.sql", "--from-person", "customer-4711", "--events", events)
    assert result.exit_code == 0, result.output
    for word in ("4711", "device-of-ana", "wife", "example.org", "203.0", "someone", "2025"):
        assert word not in result.stdout
    (folder / "search_abandoned.test.yaml").write_text(result.stdout, encoding="utf-8")
    assert tool(folder, folder / "search_abandoned.sql").exit_code == 0, "what was recorded is what comes out"
