"""rekindle.demo: real sessions dealt out, moved into the last hours, written as lines and profiles."""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise

import pytest
from jsonschema import Draft202012Validator

from connectors.topics import TOPICS
from jobs.scripts import read as sql_file
from rekindle.demo import feed, shoppers
from rekindle.demo.happenings import Happening, Record
from rekindle.demo.people import iso
from rekindle.demo.scenes import CART_GAP
from rekindle.demo.shoppers import MINUTE, PAUSE, SHORT_PAUSE, Action, Shopper

NOW = 1_800_000_000_000
HOUR = 60 * MINUTE


@pytest.fixture(scope="module")
def made() -> feed.Feed:
    return feed.make(NOW)


def user(*ats: int, kind: str = "clicks") -> dict[str, object]:
    return {"session": 7, "events": [{"aid": 100 + number, "ts": at, "type": kind} for number, at in enumerate(ats)]}


def ats(shopper: Shopper) -> list[int]:
    return [action.at for action in shopper.actions]


def test_pauses_are_cut_and_gaps_inside_a_visit_stay() -> None:
    [dealt] = shoppers.deal(user(0, 4_000, 4_000 + PAUSE, 4_000 + PAUSE + 9 * HOUR))
    assert ats(dealt) == [0, 4_000, 4_000 + PAUSE, 4_000 + PAUSE + SHORT_PAUSE]


def test_a_user_of_many_visits_becomes_several_shoppers() -> None:
    dealt = list(shoppers.deal(user(*(visit * HOUR for visit in range(7)))))
    assert [shopper.device_id for shopper in dealt] == ["otto-7-1", "otto-7-2", "otto-7-3"]
    assert [len(shopper.actions) for shopper in dealt] == [3, 3, 1]


def test_articles_ordered_at_one_moment_are_one_order() -> None:
    [dealt] = shoppers.deal(user(5, 5, 9, kind="orders"))
    assert dealt.actions == (Action(5, "orders", (100, 101)), Action(9, "orders", (102,)))


@pytest.mark.parametrize(
    ("actions", "leaves"),
    [
        ([(0, "clicks"), (1, "carts")], True),
        ([(0, "carts"), (CART_GAP, "clicks")], True),
        ([(0, "carts"), (CART_GAP + 1, "clicks")], False),
        ([(0, "carts"), (1, "orders")], False),
        ([(0, "orders"), (1, "carts")], True),
        ([(0, "clicks")], False),
    ],
)
def test_a_cart_is_left_when_it_is_open_within_five_minutes_of_the_end(actions: list[tuple[int, shoppers.Kind]], leaves: bool) -> None:
    assert Shopper("d", tuple(Action(at, kind, (1,)) for at, kind in actions)).leaves_a_cart is leaves


def test_nothing_of_the_shipped_data_is_lost() -> None:
    dealt = shoppers.read()
    assert len({shopper.device_id.split("-")[1] for shopper in dealt}) == 20
    assert sum(len(action.articles) for shopper in dealt for action in shopper.actions) == 862
    kinds = Counter(action.kind for shopper in dealt for action in shopper.actions)
    assert kinds == {"clicks": 800, "carts": 52, "orders": 5}


def test_the_same_moment_gives_the_same_feed(made: feed.Feed) -> None:
    assert feed.make(NOW) == made


def test_the_history_rises_in_time_and_is_young_enough_to_be_sent(made: feed.Feed) -> None:
    assert all(one.at <= other.at for one, other in pairwise(made.history))
    assert made.history[0].at > NOW - 5 * HOUR
    assert made.history[-1].at < NOW
    assert all(appointment.at > NOW for appointment in made.appointments)


def test_every_profile_is_known_before_the_first_event(made: feed.Feed) -> None:
    first = {profile.person_id: profile.at for profile in reversed(made.profiles)}
    assert max(first.values()) < made.history[0].at
    assert [record.at for record in made.records if record.topic == "profiles"] == [profile.at for profile in made.profiles]


def usable(made: feed.Feed) -> list[Record]:
    lines = [record for record in made.records if record.topic == "events.raw"]
    return [record for record in lines if not record.key.startswith("unusable-")]


def test_lines_and_profiles_keep_their_contracts(made: feed.Feed) -> None:
    for topic, records in (("events.raw", usable(made)), ("profiles", [one for one in made.records if one.topic == "profiles"])):
        check = Draft202012Validator(json.loads(sql_file(f"schemas/{TOPICS[topic].schema}.schema.json")))
        for record in records:
            if record.value is not None:
                check.validate(json.loads(record.value))


def test_addresses_are_of_nobody(made: feed.Feed) -> None:
    addresses = [profile.value["email"] for profile in made.profiles if profile.value and profile.value["email"]]
    assert addresses
    assert all(address.endswith("@example.com") for address in addresses)
    assert not any(b"@" in (record.value or b"") for record in made.records if record.topic == "events.raw")


def test_a_line_says_what_happened() -> None:
    from rekindle.demo.happenings import record

    line = json.loads(record(Happening(NOW, "Order Completed", "d1", "ana", (3, 4)), "m1").value or b"")
    assert (line["messageId"], line["anonymousId"], line["userId"], line["timestamp"]) == ("m1", "d1", "ana", iso(NOW))
    assert [product["product_id"] for product in line["properties"]["products"]] == ["3", "4"]
    assert line["properties"]["total"] == pytest.approx(sum(product["price"] for product in line["properties"]["products"]))
    assert record(Happening(NOW, "Order Completed", None, "ana", (3,)), "m2").key == "user:ana"
