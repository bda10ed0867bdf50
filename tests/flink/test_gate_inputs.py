"""Each rule of what stands before the gate's Python (docs/gate.md, "Who is it"): who is it, who is one with whom, what is known of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pyflink.common.typeinfo import Types
from pyflink.datastream import DataStream
from pyflink.java_gateway import get_gateway

from tests.flink.gate_log import WINDOW, GateLog, Row
from tests.flink.mini_cluster import MiniCluster
from tests.oracle.instants import to_text
from tests.oracle.samples import HOUR, MINUTE, NOON

DAY = 24 * HOUR
T = HOUR
D = T + WINDOW
DEADLINE = T + 2 * HOUR
Seen = tuple[str, int, int | None]


def anonymous(log: GateLog) -> None:
    """Candidates of nobody, fired at T, one a device."""
    log.candidate("in-time", T, "in-time").pair("in-time", "ana", T + MINUTE).pair("in-time", "bea", T + 2 * MINUTE)
    log.candidate("swapped", T, "swapped").pair("swapped", "bea", T + 2 * MINUTE).pair("swapped", "ana", T + MINUTE)
    log.candidate("at-once", T, "at-once").pair("at-once", "ana", T + 1)
    log.candidate("at-T", T, "at-T").pair("at-T", "ana", T)
    log.candidate("at-deadline", T, "at-deadline").pair("at-deadline", "ana", DEADLINE)
    log.candidate("too-late", T, "too-late").pair("too-late", "ana", DEADLINE + 1)
    log.candidate("alone", T, "alone")
    log.candidate("expires", T, "expires", max_age=HOUR).pair("expires", "ana", T + HOUR + 1)
    log.candidate("patient", T, "patient", send_after=3 * HOUR).pair("patient", "ana", T + 3 * HOUR)
    log.candidate("patience-ends", T, "patience-ends", send_after=3 * HOUR).pair("patience-ends", "ana", T + 3 * HOUR + WINDOW + 1)
    log.candidate("erased", T, "erased").record("identities", "erased", T + MINUTE, None).pair("erased", "ana", T + 2 * MINUTE)
    log.candidate("known", T, "other")


def orders(log: GateLog) -> None:
    log.event("o-person", T, "ana")
    log.event("o-device", T).pair("o-device", "ana", T - 1)
    log.event("o-later", T).pair("o-later", "ana", T + MINUTE).pair("o-later", "bea", T + 2 * MINUTE)
    log.event("o-nobody", T)
    log.event("o-late", T, "ana", **LATE)
    log.event("o-late-device", T, **LATE).pair("o-late-device", "ana", T - 1)
    log.event("o-late-later", T, **LATE).pair("o-late-later", "ana", T + MINUTE)
    log.event("o-late-much-later", T, **LATE).pair("o-late-much-later", "ana", T + 2 * HOUR)
    log.event("o-old", T).pair("o-old", "ana", T + 8 * DAY + 1)
    log.event("o-not-so-old", T).pair("o-not-so-old", "ana", T + 8 * DAY - 1)
    log.event("o-other", T, "ana", name="Product Viewed")


LATE: dict[str, Any] = {"flags": ["late"], "received_at": to_text(NOON + T + HOUR)}


def merged(log: GateLog) -> None:
    log.profile("old", MINUTE, "old@example.com").pair("old", "new", T).profile("new", MINUTE, "new@example.com")
    log.erased("gone", MINUTE).pair("gone", "new", T)
    log.pair("visitor", "new", T)
    log.pair("not-yet", "new", T).profile("not-yet", T + 1, "n@example.com")
    log.profile("self", MINUTE, "self@example.com").pair("self", "self", T)
    log.profile("again", MINUTE, "again@example.com").pair("again", "new", T).pair("again", "new", T + MINUTE).pair(
        "again", "newer", T + 2 * MINUTE
    )


def shared(log: GateLog) -> None:
    log.profile("one", MINUTE, "Both@Example.com ").profile("two", 3 * MINUTE, "both@example.com").profile(
        "two", 4 * MINUTE, "both@example.com"
    )
    log.profile("three", 5 * MINUTE, " BOTH@example.com")
    log.profile("apart", MINUTE, "apart@example.com").profile("empty", MINUTE, " ").profile("blank", MINUTE, " ").profile(
        "none", MINUTE
    ).profile("none2", MINUTE)
    log.profile("was", MINUTE, "was@example.com").profile("was", 2 * MINUTE, "is@example.com").profile("has", 3 * MINUTE, "was@example.com")
    log.profile("blunt", MINUTE, "n/a").profile("curt", MINUTE, "n/a")
    for place in reversed(range(CROWD)):  # who had it first comes last
        log.profile(f"crowd{place:02}", MINUTE + place // 2, "info@example.com")
    log.profile("strange\nid \\", MINUTE, "s@example.com").profile("plain", MINUTE, "s@example.com")


CROWD = 53


def known(log: GateLog) -> None:
    log.profile("v", MINUTE, "first@example.com").profile("v", T, "as-of-T@example.com").profile("v", T + 1, "after@example.com").erased(
        "v", T + 2
    )
    log.profile("v", T + 6 * HOUR, "last@example.com").profile("v", T + 6 * HOUR + 1, "never@example.com").candidate("v", T)
    log.profile("quiet", T, "quiet@example.com").profile("quiet", T + 1, "quieter@example.com")
    log.record("profiles", "garbled", 1, b'{"email":"g@example.com"').record("profiles", "array", 1, b"[]").record(
        "profiles", "bytes", 1, b'{"email":"\xff\xfe"}'
    )
    log.profile("odd", 1, **ODD)
    log.profile("suppressed", 1, suppressed={"since": 1}).profile("falsely", 1, suppressed=False)
    log.record("profiles", "halves", 1, b'{"country":"\\ud83d!","timezone":"\xf0\x9f\x98\x80","suppressed":"a\\n\\"b\\\\"}')
    for person in ("nobody", "garbled", "array", "bytes", "odd", "suppressed", "falsely", "halves"):
        log.candidate(person, T)


ODD: dict[str, Any] = {
    "email": 5, "timezone": ["UTC"], "country": {"a": 1}, "consent": {
        "a": {"granted": "true", "version": "3", "source": 7, "at": 1_700_000_000}, "b": None, "c": {"granted": True, "version": 3.5, "at": "yesterday"},
        "d": {"granted": False, "version": 10**30}, "e": [], "f": {"granted": True, "version": 3, "source": "form", "at": "2026-01-01T00:00:00Z", "more": {"x": []}},
    },
}  # fmt: skip


def commanded(log: GateLog) -> None:
    log.control("trigger:y", MINUTE, paused=True).control("trigger:y", T + HOUR).control("pack:core", T - 1, muted=True).control(
        "pack:core", T + HOUR, muted=False
    )
    log.candidate("expired", T, send_after=3 * HOUR, max_age=MINUTE)
    log.control("setting:caps", T + DAY, caps=[{"class": "été"}]).record("control", "trigger:gone", T + HOUR, None)
    log.record("control", "trigger:text", MINUTE, b'{"key":"trigger:text","value":"paused"}').record(
        "control", "trigger:no", MINUTE, b"no json"
    )
    log.record("control", "trigger:a", MINUTE, b'{"key":"trigger:b","value":{}}').record(
        "control", None, MINUTE, b'{"key":"trigger:c","value":{}}'
    )
    log.outcome("ana", T, "rejected").outcome("ana", T, "accepted").outcome("ana", T, "dead").record(
        "delivery_outcomes", "ana", T + 1, b'"text"'
    )
    log.outcome("ana", T, "retrying", reason="recheck").outcome("ana", T, "retrying", reason="timeout").outcome("ana", T, "retrying")
    log.outcome("ana", T, "accepted", reason="recheck")


@pytest.fixture(scope="module", params=["hashmap", "rocksdb"])
def rows(request: pytest.FixtureRequest, flink: MiniCluster, tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    """All of it in one run: no id is in two of them but Ana's, Bea's and those who control."""
    log = GateLog().clock(0)
    for some in (anonymous, orders, merged, shared, known, commanded):
        some(log)
    log.clock(20 * HOUR).clock(20 * DAY)
    return log.rows(tmp_path_factory.mktemp("gate"), f"flink.state_backend={request.param}", parallelism=2)


def of(rows: list[Row], kind: str, matches: Callable[[Row], bool] = lambda _: True) -> list[Row]:
    return [row for row in rows if row["kind"] == kind and matches(row)]


@pytest.mark.parametrize(
    ("device", "answer"),
    [
        ("in-time", ("ana", T + MINUTE + WINDOW, T + MINUTE)),
        ("swapped", ("ana", T + MINUTE + WINDOW, T + MINUTE)),
        ("at-once", ("ana", T + 1 + WINDOW, T + 1)),
        ("at-T", ("at-T", DEADLINE, None)),  # `evaluate` has looked it up as of T: if it is no person then, it is none now
        ("at-deadline", ("ana", DEADLINE + WINDOW, DEADLINE)),
        ("too-late", ("too-late", DEADLINE, None)),
        ("alone", ("alone", DEADLINE, None)),
        ("expires", ("expires", T + HOUR, None)),
        ("patient", ("ana", T + 3 * HOUR + WINDOW, T + 3 * HOUR)),
        ("patience-ends", ("patience-ends", T + 3 * HOUR + WINDOW, None)),
        ("erased", ("ana", T + 2 * MINUTE + WINDOW, T + 2 * MINUTE)),
        ("other", ("known", D, None)),
    ],
)
def test_a_candidate_of_nobody_waits_for_the_first_person(rows: list[Row], device: str, answer: Seen) -> None:
    (row,) = of(rows, "candidate", lambda row: row["body"]["device_id"] == device)
    assert (row["person_id"], row["at"], row["known_at"]) == answer
    assert row["body"]["person_id"] == ("known" if device == "other" else device), "the body is what evaluate said"


@pytest.mark.parametrize(
    ("device", "answer"),
    [
        ("o-person", [("ana", None)]),
        ("o-device", [("ana", None)]),
        ("o-later", [("ana", T + MINUTE), ("o-later", None)]),
        ("o-nobody", [("o-nobody", None)]),
        ("o-late", [("ana", T + HOUR)]),
        ("o-late-device", [("ana", T + HOUR)]),
        ("o-late-later", [("ana", T + HOUR), ("o-late-later", T + HOUR)]),
        ("o-late-much-later", [("ana", T + 2 * HOUR), ("o-late-much-later", T + HOUR)]),
        ("o-old", [("o-old", None)]),
        ("o-not-so-old", [("ana", T + 8 * DAY - 1), ("o-not-so-old", None)]),
        ("o-other", []),
    ],
)
def test_an_order_of_nobody_counts_for_the_first_person_too(rows: list[Row], device: str, answer: list[tuple[str, int | None]]) -> None:
    found = of(rows, "cancel", lambda row: row["body"]["event_id"] == f"{device}-{T}")
    assert [(row["person_id"], row["known_at"]) for row in found] == answer
    assert {row["at"] for row in found} <= {T}


def links(rows: list[Row], how: str) -> set[tuple[str, tuple[str, ...], int]]:
    return {(row["person_id"], tuple(row["body"]["ids"]), row["at"]) for row in of(rows, "link", lambda row: row["body"]["how"] == how)}


def test_a_pair_of_somebody_with_a_profile_merges_two_people(rows: list[Row]) -> None:
    told = {(("old", "new"), T), (("gone", "new"), T), (("again", "new"), T), (("again", "newer"), T + 2 * MINUTE)}
    assert links(rows, "alias") == {(side, ids, at) for ids, at in told for side in ids}


def test_whoever_is_merged_is_known_too(rows: list[Row]) -> None:
    assert versions(rows, "old") == {MINUTE: {"email": "old@example.com"}}
    assert versions(rows, "gone") == {MINUTE: None}
    assert versions(rows, "new") == {MINUTE: {"email": "new@example.com"}}


def test_people_of_one_address_are_linked_each_with_each(rows: list[Row]) -> None:
    told = {
        (("one", "two"), 3 * MINUTE), (("one", "three"), 5 * MINUTE), (("three", "two"), 5 * MINUTE), (("has", "was"), 3 * MINUTE),
        (("plain", "strange\nid \\"), MINUTE),
    }  # fmt: skip
    assert {link for link in links(rows, "address") if "crowd" not in link[0]} == {
        (side, tuple(sorted(ids)), at) for ids, at in told for side in ids
    }


def versions(rows: list[Row], person: str) -> dict[int, Any]:
    """Time → facts, of all that Python is told of a person."""
    told = {row["at"]: row["body"] for row in of(rows, "profile", lambda row: row["person_id"] == person)}
    return told | {at: facts for row in rows if row["person_id"] == person and row["facts"] for at, facts in row["facts"]["profile"]}


def test_a_candidate_brings_what_its_person_was_from_T_on_and_what_changes_follows(rows: list[Row]) -> None:
    found = versions(rows, "v")
    addresses = {at: facts and facts["email"] for at, facts in found.items()}
    needed = {T: "as-of-T@example.com", T + 1: "after@example.com", T + 2: None, T + 6 * HOUR: "last@example.com"}
    # what was there before the candidate may come along
    assert needed.items() <= addresses.items() <= needed.items() | {(MINUTE, "first@example.com"), (T + 6 * HOUR + 1, "never@example.com")}
    assert max((row["at"] for row in of(rows, "profile", lambda row: row["person_id"] == "v")), default=0) <= T + 6 * HOUR


def test_nobody_elses_profile_reaches_python(rows: list[Row]) -> None:
    assert not [row for row in rows if row["person_id"] in {"quiet", "apart", "visitor", "none"}]


@pytest.mark.parametrize(
    ("person", "facts"),
    [
        ("nobody", None),
        ("garbled", {}),
        ("array", {}),
        ("suppressed", {"suppressed": "unreadable"}),
        ("falsely", {"suppressed": "false"}),
        ("halves", {"country": "\ufffd!", "timezone": "\U0001f600", "suppressed": 'a\n"b\\'}),
        ("odd", {"consent": {
            "a": {}, "c": {"granted": True, "at": "yesterday"}, "d": {"granted": False},
            "f": {"granted": True, "version": 3, "source": "form", "at": "2026-01-01T00:00:00Z"},
        }}),
    ],
)  # fmt: skip
def test_what_breaks_the_contract_says_nothing_but_a_suppression_is_one(rows: list[Row], person: str, facts: dict[str, Any] | None) -> None:
    assert versions(rows, person) == ({} if facts is None else {1: facts})


def test_an_address_of_broken_text_is_no_address_anybody_has(rows: list[Row]) -> None:
    assert "@" not in str(versions(rows, "bytes"))


def test_of_a_crowd_with_one_address_the_first_fifty_are_linked_whoever_is_read_first(rows: list[Row]) -> None:
    found = {link for link in links(rows, "address") if "crowd" in link[0]}
    first = [f"crowd{place:02}" for place in range(50)]
    assert found == {
        (side, (one, other), MINUTE + place // 2) for place, other in enumerate(first) for one in first[:place] for side in (one, other)
    }


@pytest.mark.parametrize("person", ["v", "expired"])
def test_control_rows_come_with_candidates_and_behind_them_up_to_D_even_if_they_expire_before(rows: list[Row], person: str) -> None:
    (row,) = of(rows, "candidate", lambda row: row["person_id"] == person)
    told = [tuple(one) for one in row["facts"].get("control", ())]
    told += [(row["at"], row["body"]["key"], row["body"]["value"]) for row in of(rows, "control", lambda row: row["person_id"] == person)]
    needed: list[tuple[int, str, Any]] = [
        (MINUTE, "trigger:y", {"paused": True}), (T - 1, "pack:core", {"muted": True}), (T + HOUR, "pack:core", {"muted": False}),
        (T + HOUR, "trigger:gone", {}), (T + HOUR, "trigger:y", {}),
    ]  # fmt: skip
    later = (T + DAY, "setting:caps", {"caps": [{"class": "été"}]})
    assert sorted(one for one in told if one != later) == needed


def test_a_control_row_that_cannot_be_read_is_handed_on_as_it_is(flink: MiniCluster, rows: list[Row]) -> None:
    broken = of(rows, "control", lambda row: row["person_id"] in {"trigger:text", "trigger:no", "trigger:a", ""})
    assert {row["person_id"]: row["body"] for row in broken} == {
        "trigger:text": {"key": "trigger:text", "value": "paused"},
        "trigger:no": "no json",
        "trigger:a": {"key": "trigger:b", "value": {}},
        "": {"key": "trigger:c", "value": {}},
    }


def test_outcomes_that_give_a_send_back_or_ask_again_come_and_the_rest_does_not(rows: list[Row]) -> None:
    assert [row["body"] for row in of(rows, "outcome")] == [
        {"trigger_id": "0" * 26, "outcome": "dead", "destination": "default"},
        {"trigger_id": "0" * 26, "outcome": "rejected", "destination": "default"},
        {"trigger_id": "0" * 26, "outcome": "retrying", "destination": "default", "reason": "recheck"},
        "text",
    ]


def test_rows_are_told_apart_by_their_first_field(flink: MiniCluster) -> None:
    env = flink.environment()
    given = env.stream.from_collection([("a", 1), ("b", 2), (None, 3), ("a", 4)], Types.ROW([Types.STRING(), Types.INT()]))
    filtered = DataStream(given._j_data_stream.filter(get_gateway().jvm.io.rekindle.flink.gate.TopicIs("a")))
    with filtered.execute_and_collect() as found:
        assert [tuple(row) for row in found] == [("a", 1), ("a", 4)]
