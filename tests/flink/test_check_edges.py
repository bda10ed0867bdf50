"""Rules at their edges: what looks wrong and is not, and what hides in subqueries, aliases and branches."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.settings import load
from rekindle.workbench.check import checker
from rekindle.workbench.check.collect import Collected, File
from rekindle.workbench.check.planner import Planner
from rekindle.workbench.check.rules.examples import CART, a_file
from tests.flink.mini_cluster import MiniCluster

SETTINGS = load(environ={})
VIEW = "SELECT device_id, user_id, last_product_id AS occasion, ended_at AS fired_at, products AS payload FROM sessions"
PEOPLE = "FROM events AS e LEFT JOIN profiles FOR SYSTEM_TIME AS OF e.event_time AS p ON e.user_id = p.person_id"
EVENT = f"SELECT e.device_id, e.user_id, e.event_id AS occasion, e.event_time AS fired_at, e.properties AS payload {PEOPLE}"
JOIN = (
    "SELECT s.device_id, s.user_id, s.session_id AS occasion, s.ended_at AS fired_at, s.products AS payload "
    "FROM sessions AS s JOIN carts AS c ON s.device_id = c.device_id"
)


@pytest.fixture(scope="module")
def planner(flink: MiniCluster) -> Planner:
    return Planner(SETTINGS)


@pytest.fixture
def codes(planner: Planner, tmp_path: Path) -> object:
    def found(query: str) -> list[str]:
        path = tmp_path / "draft.sql"
        path.write_text(a_file(query), encoding="utf-8")
        report = checker.check(Collected((File(path, "draft.sql", None),), (), ()), SETTINGS, planner.judge)
        return [one.code for one in report.findings]

    return found


@pytest.mark.parametrize(
    "query",
    [
        f"WITH c AS ({CART}) SELECT * FROM c",
        f"SELECT * FROM ({CART} WHERE orders = 0)",
        f"{CART} UNION ALL {VIEW} WHERE last_product_id <> ''",
        CART.replace("items AS payload", "JSON_OBJECT(KEY 'count' VALUE COUNT(*) OVER (PARTITION BY device_id ORDER BY ended_at RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW)) AS payload"),
        VIEW.replace("last_product_id AS", "COALESCE(last_product_id, 'none') AS"),
        f"{VIEW} WHERE last_product_id IN ('p1', 'p2')",
        EVENT.replace("e.properties AS payload", "JSON_OBJECT(KEY 'tier' VALUE p.traits['tier']) AS payload"),
        f"{EVENT} WHERE p.email IS NOT NULL",  # read, not handed out
        CART.replace("user_id", "CAST(NULL AS STRING) AS user_id"),
        f"{CART} WHERE ended_at > TIMESTAMP '2026-03-01 00:00:00' AND currency = 'EUR' AND total > 5 AND item_count > 1.5",
        f"{CART} WHERE ended_at > first_add_at + INTERVAL '1' DAY",
        "SELECT `now`.device_id, `now`.user_id, `now`.cart_hash AS occasion, `now`.ended_at AS fired_at, `now`.items AS payload FROM carts AS `now`",
        f"{CART} WHERE UNIX_TIMESTAMP('2026-03-01 00:00:00') > 0",
        CART.replace("ended_at AS fired_at", "ended_at AS fired_at, first_add_at AS since"),
        f"{JOIN} AND c.ended_at BETWEEN s.ended_at - INTERVAL '5' MINUTE AND s.ended_at + INTERVAL '5' MINUTE",
        "SELECT device_id, MAX(user_id) AS user_id, device_id || CAST(window_start AS STRING) AS occasion, window_time AS fired_at, JSON_STRING(ARRAY_AGG(product_id)) AS payload FROM SESSION(TABLE events PARTITION BY device_id, DESCRIPTOR(event_time), INTERVAL '5' MINUTE) GROUP BY device_id, window_start, window_end, window_time",
    ],
)  # fmt: skip
def test_what_is_right_passes(codes: object, query: str) -> None:
    assert codes(query) == []  # type: ignore[operator]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("WITH c AS (SELECT device_id, user_id, cart_hash, ended_at - INTERVAL '1' HOUR AS t, items FROM carts) SELECT device_id, user_id, cart_hash AS occasion, t AS fired_at, items AS payload FROM c", ["T038"]),
        (f"{CART} UNION ALL {CART.replace('ended_at AS', 'ended_at + INTERVAL ' + chr(39) + '1' + chr(39) + ' DAY AS')}", ["T038"]),
        (EVENT.replace("e.properties AS payload", "JSON_OBJECT(KEY 'to' VALUE LOWER(p.email)) AS payload"), ["T042"]),
        (CART.replace("items AS payload", "'{\"to\": \"ana@example.com\"}' AS payload"), ["T042"]),
        (f"SELECT * FROM ({EVENT.replace('e.properties', 'p.email')})", ["T042"]),
        (VIEW, ["T041"]),
        (f"{VIEW} WHERE last_query IS NOT NULL", ["T041"]),
        (f"{CART} WHERE RAND() < 0.5", ["T040"]),
        (f"{CART} WHERE CURRENT_DATE > DATE '2026-01-01'", ["T030"]),
        (f"{CART} WHERE FALSE", ["T046"]),
        (f"{CART} WHERE item_count = 1 AND item_count = 2", ["T046"]),
        ("SELECT device_id, user_id, cart_hash AS occasion, ended_at AS fired_at, items AS payload FROM default_catalog.default_database.carts", ["T032"]),
        (f"{CART} WHERE device_id IN (SELECT device_id FROM identities)", ["T032", "T044"]),
        (f"{JOIN} AND c.ended_at BETWEEN s.ended_at - INTERVAL '6' MINUTE AND s.ended_at", ["T045"]),
        (f"{CART} AS c WHERE NOT EXISTS (SELECT 1 FROM sessions AS s WHERE s.device_id = c.device_id AND s.ended_at > c.ended_at)", ["T044"]),
        (CART.replace("SELECT", "SELECT DISTINCT"), ["T044"]),
        (f"{CART} LIMIT 10", ["T044"]),
        (CART.replace("user_id", "NULL AS user_id"), ["T036"]),
        (CART.replace("items AS payload", "ARRAY[items] AS payload"), ["T036"]),
        (CART.replace("items AS payload", "COALESCE(items, '')"), ["T034", "T035"]),
        (f"{CART} WHERE last_at > 'now'", ["T039"]),
        (f"{CART} WHERE item_count IN ('1', '2')", ["T039"]),
        (f"{CART} WHERE LOWER(cart_id) < last_at", ["T039"]),
        (f"{CART} WHERE COALESCE(last_at, ended_at) BETWEEN JSON_VALUE(items, '$[0].from') AND ended_at", ["T039"]),
        ("WITH c AS (SELECT device_id, user_id, JSON_VALUE(items, '$[0].t') AS t, cart_hash, ended_at, items FROM carts) SELECT device_id, user_id, cart_hash AS occasion, ended_at AS fired_at, items AS payload FROM c WHERE t > ended_at", ["T039"]),
        (f"{CART} WHERE last_at BETWEEN '2026-01-01' AND DATE '2026-01-02'", ["T039"]),
        (EVENT.replace("FOR SYSTEM_TIME AS OF e.event_time ", ""), ["T033"]),
        ("SELECT person_id AS device_id, person_id AS user_id, country AS occasion, valid_from AS fired_at, locale AS payload FROM profiles", ["T033", "T041"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found_wherever_it_hides(codes: object, query: str, expected: list[str]) -> None:
    assert sorted(codes(query)) == expected  # type: ignore[operator]
