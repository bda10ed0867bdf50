"""Job `evaluate` between files: what fires, for whom, and what was known of them at that instant."""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal
from importlib import resources
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from kafka.partitioner.default import murmur2

from jobs.evaluate.job import build
from tests.flink.mini_cluster import MiniCluster, read
from tests.oracle.instants import to_text
from tests.oracle.samples import HOUR, MINUTE, NOON
from tests.oracle.trigger_id import trigger_id

Row = dict[str, Any]
YES, NO = {"granted": True, "version": 1, "source": "form", "at": "2026-01-01T00:00:00.000Z"}, {"granted": False, "version": 2}


def at(t: int) -> str:
    return to_text(NOON + t)


def cart(device: str, t: int, user: str | None = None, **fields: Any) -> Row:
    """A row of `carts` that fires cart_abandoned at t ms after NOON."""
    item = {"product_id": "p1", "name": "Tea „grün“", "quantity": 2, "price": 12.50}
    row = {
        "device_id": device, "user_id": user, "items": json.dumps([item]), "item_count": 2, "total": 25.00, "currency": "EUR", "adds": 1, "removes": 0,
        "orders": 0, "first_add_at": at(t - 6 * MINUTE), "last_at": at(t - 5 * MINUTE), "ended_at": at(t), "cart_hash": f"cart-{device}-{t}",
    }  # fmt: skip
    return row | fields


def session(device: str, t: int, **fields: Any) -> Row:
    """A row of `sessions` that fires browse_abandoned at t ms after NOON."""
    row = {
        "session_id": f"session-{device}-{t}", "device_id": device, "started_at": at(t - HOUR), "ended_at": at(t), "events": 3, "pages": 1,
        "product_views": 2, "products": '["p1","p9"]', "last_product_id": "p9", "searches": 0, "filters": 0, "adds": 0, "orders": 0, "revenue": 0,
    }  # fmt: skip
    return row | fields


def profile(person: str, t: int, consent: Row | None = None, **fields: Any) -> Row:
    return {
        "person_id": person,
        "valid_from": at(t),
        "email": f"{person}@example.com",
        "consent": {"marketing_email": consent} if consent else None,
    } | fields


def heartbeats(column: str, key: str, times: Iterable[int]) -> list[Row]:
    return [{"event": "$heartbeat", key: f"$hb-{partition}-0", column: at(t)} for t in times for partition in range(4)]


CARTS = [
    *(cart("d-ana", t, "ana") for t in (0, 999, 1000, 1500, 1999, 2000, 5000, 6000)),
    cart("d-nobody", 100),
    *(cart("d-bea", t) for t in (999, 1000, 1001, 2999, 3000)),
    cart("d-empty", 3000, "ana", item_count=0, items="[]"),
    cart("d-ordered", 3000, "ana", orders=1),
    cart("d-user", 3500, "cy"),
    cart("d-unreadable", 4000, "dan"),
    cart("d-twice", 4000, "eve"),
    cart("d-half", 4000, "gil"),
    cart("d-plain", 4500, "flo", currency=None, total=0, first_add_at=None),
]
SESSIONS = [
    session("d-bea", 2500),
    session("d-none", 2500, product_views=0),
    session("d-added", 2500, adds=1),
    session("d-bought", 2500, orders=1),
    session("d-unnamed", 2500, last_product_id=None),
]
IDENTITIES = [
    {"device_id": "d-bea", "person_id": "bea", "valid_from": at(1000)},
    {"device_id": "d-user", "person_id": "not-cy", "valid_from": at(0)},
    {"device_id": "d-bea", "person_id": "bob", "valid_from": at(3000)},
]
PROFILES = [
    profile("ana", -HOUR, YES),
    profile("bea", 0, YES),
    profile("cy", 0),
    profile("dan", 0, YES),
    profile("eve", 0, YES),
    {"person_id": "ana", "valid_from": at(1000), "erased": True},
    profile("ana", 2000, YES | {"version": 3}),
    {"person_id": "dan", "valid_from": at(3999)},  # what the format makes of a value that is no JSON
    profile("gil", 3000, {"version": 4}),
    profile("eve", 4000, NO),
    profile("eve", 4000, YES | {"version": 9}),
    profile("ana", 5000, NO),
]


@pytest.fixture(scope="module")
def written(flink: MiniCluster) -> list[Row]:
    """Rows of `trigger_candidates`, heartbeats included."""
    clock = range(0, 10_000, 100)
    rows = {"carts": CARTS, "sessions": SESSIONS, "events": [], "identities": IDENTITIES, "profiles": PROFILES}
    columns = {"carts": "ended_at", "sessions": "ended_at", "events": "event_time", "identities": "valid_from", "profiles": "valid_from"}
    topics = {
        name: sorted(
            [*rows[name], *heartbeats(column, "person_id" if name == "profiles" else "device_id", clock)], key=lambda row: row[column]
        )
        for name, column in columns.items()
    }
    env, sinks = flink.on_files("evaluate", topics, ["trigger_candidates"])
    build(env, env.settings)
    env.execute().get_job_execution_result().result()
    return read(sinks["trigger_candidates"])


@pytest.fixture(scope="module")
def candidates(written: list[Row]) -> list[Row]:
    return [row for row in written if "event" not in row]


def of(candidates: list[Row], device: str, trigger: str = "cart_abandoned") -> dict[int, Row]:
    """T in ms after NOON → candidate of that device."""
    times = {at(t): t for t in range(0, 10_000)}
    return {times[row["fired_at"]]: row for row in candidates if (row["device_id"], row["trigger"]) == (device, trigger)}


def test_only_what_the_selects_ask_for_fires(candidates: list[Row]) -> None:
    fired = sorted((row["trigger"], row["device_id"]) for row in candidates)
    quiet = {"d-empty", "d-ordered", "d-none", "d-added", "d-bought", "d-unnamed"}
    assert fired == sorted(
        [("cart_abandoned", row["device_id"]) for row in CARTS if row["device_id"] not in quiet] + [("browse_abandoned", "d-bea")]
    )


def test_a_tombstone_erases_from_its_own_time_on_and_not_before(candidates: list[Row]) -> None:
    found = {t: row["profile_found"] for t, row in of(candidates, "d-ana").items()}
    assert found == {0: True, 999: True, 1000: False, 1500: False, 1999: False, 2000: True, 5000: True, 6000: True}


def test_consent_is_what_was_said_last_as_of_t(candidates: list[Row]) -> None:
    found = {t: (row.get("consent") or {}).get("granted") for t, row in of(candidates, "d-ana").items()}
    assert found == {0: True, 999: True, 1000: None, 1500: None, 1999: None, 2000: True, 5000: False, 6000: False}
    versions = {t: (row.get("consent") or {}).get("version") for t, row in of(candidates, "d-ana").items()}
    assert (versions[999], versions[2000], versions[5000]) == (1, 3, 2)


def test_of_two_profiles_of_one_instant_the_later_in_the_log_counts(candidates: list[Row]) -> None:
    assert of(candidates, "d-twice")[4000]["consent"]["version"] == 9


def test_a_profile_that_cannot_be_read_or_says_nothing_holds_no_consent(candidates: list[Row]) -> None:
    for device, t in (("d-unreadable", 4000), ("d-user", 3500), ("d-half", 4000)):
        row = of(candidates, device)[t]
        assert row["profile_found"] is True
        assert "consent" not in row


def test_who_has_no_profile_is_found_to_have_none(candidates: list[Row]) -> None:
    assert [of(candidates, device)[t]["profile_found"] for device, t in (("d-nobody", 100), ("d-plain", 4500))] == [False, False]


def test_the_person_is_who_the_row_names_else_who_had_the_device_at_t_else_the_device(candidates: list[Row]) -> None:
    assert {t: row["person_id"] for t, row in of(candidates, "d-bea").items()} == {
        999: "d-bea",
        1000: "bea",
        1001: "bea",
        2999: "bea",
        3000: "bob",
    }
    assert of(candidates, "d-bea", "browse_abandoned")[2500]["person_id"] == "bea"
    assert of(candidates, "d-user")[3500]["person_id"] == "cy"
    assert of(candidates, "d-nobody")[100]["person_id"] == "d-nobody"


def test_the_id_follows_from_trigger_person_and_occasion(candidates: list[Row]) -> None:
    for row in candidates:
        assert row["trigger_id"] == trigger_id("default", row["trigger"], 1, row["person_id"], row["occasion"]), row
    assert of(candidates, "d-bea", "browse_abandoned")[2500]["occasion"] == "session-d-bea-2500:p9"
    assert of(candidates, "d-bea")[999]["occasion"] == "cart-d-bea-999"


def test_instants_follow_from_t_the_header_and_the_arbitration_window(candidates: list[Row]) -> None:
    row = of(candidates, "d-ana")[999]
    expected = {"fired_at": 999, "since": 999 - 6 * MINUTE, "decide_at": 999 + MINUTE // 2, "expires_at": 999 + 6 * HOUR}
    assert {name: row[name] for name in expected} == {name: at(t) for name, t in expected.items()}
    assert (row["cooldown_ms"], row["max_age_ms"], row["send_after_ms"]) == (24 * HOUR, 6 * HOUR, 0)
    assert "since" not in of(candidates, "d-plain")[4500]


def test_what_the_header_says_is_in_the_row(candidates: list[Row]) -> None:
    browse, left = of(candidates, "d-bea", "browse_abandoned")[2500], of(candidates, "d-ana")[0]
    names = ("version", "destination", "template", "purpose", "priority", "cancel_on", "needs_address")
    assert [browse[name] for name in names] == [
        1,
        "default",
        "browse_reminder",
        "marketing_email",
        40,
        ["Order Completed", "Product Added"],
        False,
    ]
    assert [left[name] for name in names] == [1, "default", "cart_reminder", "marketing_email", 60, ["Order Completed"], False]


def test_payloads_hold_items_as_json_and_amounts_as_numbers(candidates: list[Row]) -> None:
    item = {"product_id": "p1", "name": "Tea „grün“", "quantity": 2, "price": Decimal("12.5")}
    assert payload(of(candidates, "d-ana")[0]) == {"items": [item], "total": Decimal("25.00"), "currency": "EUR"}
    assert payload(of(candidates, "d-plain")[4500]) == {"items": [item], "total": Decimal("0.00"), "currency": None}
    assert payload(of(candidates, "d-bea", "browse_abandoned")[2500]) == {"product_id": "p9", "products": ["p1", "p9"]}


def payload(row: Row) -> Any:
    return json.loads(row["payload"], parse_float=Decimal)


def test_every_row_satisfies_the_contract(written: list[Row]) -> None:
    schema = json.loads((resources.files("sql") / "schemas" / "trigger_candidates.schema.json").read_text(encoding="utf-8"))
    validator = Draft202012Validator(schema)
    for row in written:
        plain = json.loads(json.dumps({name: value for name, value in row.items() if name != "record_time"}))
        assert [error.message for error in validator.iter_errors(plain)] == [], row


def test_heartbeats_tell_readers_of_the_topic_how_far_it_is_complete(written: list[Row]) -> None:
    beats = [row for row in written if "event" in row]
    assert {(murmur2(row["person_id"].encode()) & 0x7FFFFFFF) % 4 for row in beats} == {0, 1, 2, 3}
    told: dict[int, str] = {}
    for row in written:
        partition = (murmur2(row["person_id"].encode()) & 0x7FFFFFFF) % 4
        assert row["fired_at"] > told.get(partition, ""), "a row came after a heartbeat that said there was none"
        if "event" in row:
            told[partition] = row["fired_at"]
    assert max(told.values()) <= at(9_900)
