"""rekindle.demo.live: shoppers in real time, driven by the clock they are given."""

from __future__ import annotations

import json

from rekindle.demo.happenings import Happening, Record
from rekindle.demo.live import LiveShoppers
from rekindle.demo.people import iso

NOW = 1_800_000_000_000
ARTICLES = tuple(range(100, 140))
ORDER = Happening(NOW + 20_000, "Order Completed", None, "rosa", (7,))


def an_hour_of(live: LiveShoppers) -> list[tuple[int, Record]]:
    return [(now, record) for now in range(NOW, NOW + 3_600_000, 1_000) for record in live.step(now)]


def test_an_event_is_stamped_with_the_moment_it_is_told() -> None:
    live = LiveShoppers(NOW, ARTICLES, (ORDER,), ordering_only=True)
    assert [record for record in live.step(NOW) if record.topic == "events.raw"] == []
    late = NOW + 29_000  # the demo was held up
    lines = [json.loads(record.value or b"") for record in live.step(late) if record.topic == "events.raw"]
    assert lines
    assert {line["timestamp"] for line in lines} == {iso(late)}
    assert Happening(late, "Order Completed", None, "rosa", (7,)) in live.happened


def test_a_person_is_in_the_crm_before_the_first_event() -> None:
    known: set[str] = set()
    for _, record in an_hour_of(LiveShoppers(NOW, ARTICLES, (), ordering_only=False)):
        if record.topic == "profiles":
            known.add(record.key)
        else:
            assert json.loads(record.value or b"")["userId"] in known


def test_message_ids_are_told_apart() -> None:
    lines = [record for _, record in an_hour_of(LiveShoppers(NOW, ARTICLES, (), ordering_only=False)) if record.topic == "events.raw"]
    assert len({json.loads(record.value or b"")["messageId"] for record in lines}) == len(lines) > 500


def test_who_only_orders_leaves_no_cart_and_others_do() -> None:
    def carts_left(ordering_only: bool) -> int:
        live = LiveShoppers(NOW, ARTICLES, (), ordering_only=ordering_only)
        an_hour_of(live)
        finished = [one for one in live.happened if one.at < NOW + 3_500_000]
        added = {one.device for one in finished if one.event == "Product Added"}
        return len(added - {one.device for one in live.happened if one.event == "Order Completed"})

    assert carts_left(ordering_only=True) == 0
    assert carts_left(ordering_only=False) > 10
