"""Job `evaluate` and trigger files that cannot be used: one sentence that names the file, never a Java stack trace."""

from __future__ import annotations

import pytest

from jobs.definitions import packs
from jobs.definitions.trigger import parse
from jobs.errors import DefinitionError
from jobs.evaluate.job import build
from tests.flink.mini_cluster import MiniCluster

HEADER = "/* ---\nname: a_test\ndescription: d\nowner: o\ntemplate: t\npurpose: p\nmax_age: {max_age}\n--- */\n"
GOOD = "SELECT device_id, user_id, session_id AS occasion, ended_at AS fired_at, '{}' AS payload FROM sessions WHERE adds = 0"


def plan(flink: MiniCluster, monkeypatch: pytest.MonkeyPatch, query: str, max_age: str = "1 h") -> str:
    """Plans the job with this one trigger. Returns: what is wrong with it, empty if nothing is."""
    trigger = parse(HEADER.replace("{max_age}", max_age) + query, "sql/triggers/core/a_test.sql")
    monkeypatch.setattr(packs, "active", lambda *_: [trigger])
    env = flink.environment("evaluate")
    try:
        build(env, env.settings)
    except DefinitionError as error:
        return str(error)
    env.inserts.explain()
    return ""


@pytest.mark.parametrize(
    "query",
    [
        GOOD,
        GOOD.replace("FROM", ", started_at AS since FROM"),
        GOOD.replace("user_id", "CAST(NULL AS STRING) AS user_id"),
        GOOD.replace("session_id", "pages"),  # an occasion may be a number
        GOOD.replace("session_id", "event_id")
        .replace("ended_at", "event_time")
        .replace("sessions WHERE adds = 0", "events WHERE event = 'x'"),
        f"WITH quiet AS ({GOOD}) SELECT * FROM quiet",
        f"{GOOD} UNION ALL {GOOD.replace('session_id', 'cart_hash').replace('sessions', 'carts')}",
    ],
)
def test_a_trigger_within_the_rules_is_planned(flink: MiniCluster, monkeypatch: pytest.MonkeyPatch, query: str) -> None:
    assert plan(flink, monkeypatch, query) == ""


def test_an_age_of_years_is_planned(flink: MiniCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    assert plan(flink, monkeypatch, GOOD, max_age="800 d") == ""


@pytest.mark.parametrize(
    ("query", "finding"),
    [
        (GOOD.replace("session_id AS occasion, ", ""), "output column 'occasion' is missing"),
        (GOOD.replace("FROM", ", pages FROM"), "unknown output column 'pages'"),
        (GOOD.replace("adds = 0", "serches = 0"), "'serches'"),
        (GOOD.replace("FROM sessions", "FROM session"), "'session'"),
        (GOOD.replace("adds = 0", "adds = "), "the SELECT ends too early after '='"),
        (GOOD.replace("adds = 0", "adds = 'many' + DATE '2026-01-01'"), "'+' cannot take text and a date"),
        (GOOD.replace("ended_at AS", "CAST(ended_at AS TIMESTAMP_LTZ(3)) AS"), "fired_at is not a table's event time"),
        (GOOD.replace("ended_at AS", "started_at AS"), "fired_at is not a table's event time"),
        (GOOD.replace("'{}' AS payload", "NO_SUCH_FUNCTION(pages) AS payload"), "NO_SUCH_FUNCTION"),
    ],
)
def test_a_trigger_outside_the_rules_is_refused_in_one_sentence(
    flink: MiniCluster, monkeypatch: pytest.MonkeyPatch, query: str, finding: str
) -> None:
    message = plan(flink, monkeypatch, query)
    assert finding in message
    assert message.startswith("sql/triggers/core/a_test.sql:9:")
    assert "\tat " not in message
    assert len(message.splitlines()) <= 2


def test_a_trigger_that_would_take_rows_back_is_refused(flink: MiniCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    counting = "SELECT device_id, MAX(user_id) AS user_id, device_id AS occasion, ended_at AS fired_at, '{}' AS payload FROM sessions GROUP BY device_id, ended_at"
    with pytest.raises(Exception, match=r"(?i)update"):
        plan(flink, monkeypatch, counting)
