"""Rules over headers, at their edges. Their plain examples are in the rules themselves."""

from __future__ import annotations

import pytest

from jobs.definitions.lock import Entry
from jobs.definitions.meaning import meaning
from jobs.definitions.trigger import parse, read
from jobs.settings import Settings, load
from rekindle.workbench.check.rules.base import Subject
from rekindle.workbench.check.rules.headers import RULES
from tests.unit.a_trigger import a_file

SETTINGS = load(environ={})


def found(extra: str = "", settings: Settings = SETTINGS, locked: Entry | None = None, **keys: str) -> list[tuple[str, str]]:
    draft = read(a_file(extra=extra, **({"name": "price_dropped"} | keys)), "f.sql")
    assert draft.read.header is not None
    subject = Subject(draft, settings, locked=locked)
    return [(one.code, one.hint) for rule in RULES for one in rule.header(subject, draft.read.header)]


@pytest.mark.parametrize(
    "name",
    [
        "price_dropped",
        "back_in_stocked",
        "order_followed_up",
        "replenishment_due",
        "welcome_due",
        "cart_left",
        "price_fallen",
        "coupon_sent",
    ],
)
def test_a_noun_and_a_participle_is_a_name(name: str) -> None:
    codes = [code for code, _ in found("cancel_on: [Order Completed]\n", name=name)]
    assert "T050" not in codes


@pytest.mark.parametrize("name", ["cart", "abandoned", "cart_reminder", "price_drop", "due", "send_mail", "back_in_stock", "followed_up"])
def test_other_words_are_no_name(name: str) -> None:
    assert "T050" in [code for code, _ in found("cancel_on: [Order Completed]\n", name=name)]


def test_an_order_must_cancel_whatever_else_does() -> None:
    assert found("cancel_on: [Product Removed]\n", name="checkout_abandoned") == [("T051", "cancel_on: [Product Removed, Order Completed]")]


@pytest.mark.parametrize("name", ["cart_abandoned", "browse_abandoned", "price_dropped", "customer_lapsed", "tea_abandoned"])
def test_marketing_by_name_needs_consent(name: str) -> None:
    assert ("T052", "purpose: marketing_email") in found("cancel_on: [Order Completed]\n", name=name, purpose="transactional")


def test_other_mail_may_be_transactional() -> None:
    assert found(name="order_shipped", purpose="transactional") == []


@pytest.mark.parametrize(
    ("max_age", "send_after", "wrong"), [("30 s", "0 s", True), ("31 s", "0 s", False), ("1 h", "1 h", True), ("61 min", "1 h", False)]
)
def test_a_candidate_must_still_be_young_enough_when_it_is_decided(max_age: str, send_after: str, wrong: bool) -> None:
    assert ("T053" in [code for code, _ in found(f"send_after: {send_after}\n", max_age=max_age)]) is wrong


def test_destinations_are_looked_up_only_where_the_settings_name_some() -> None:
    assert found("destination: mial\n") == []
    settings = load(overrides=["destinations.mail.url=https://esp.example/x"], environ={})
    assert found("destination: mial\n", settings) == [("T054", "did you mean: mail")]


def test_the_version_rises_with_the_meaning_and_only_then() -> None:
    same = meaning(parse(a_file(name="price_dropped"), "f.sql"))
    assert found(locked=Entry("price_dropped", 1, same, "")) == []
    assert found(locked=Entry("price_dropped", 1, "another", "")) == [("T055", "version: 2")]
    assert found("version: 2\n", locked=Entry("price_dropped", 1, "another", "")) == []
    assert found(locked=Entry("price_dropped", 3, "another", "")) == [("T055", "version: 4")]
    assert found() == []


def test_an_event_nobody_knows_comes_with_the_one_that_was_meant() -> None:
    assert found("cancel_on: [Order Complete, Product Added]\n") == [("T056", "did you mean: Order Completed, Order Updated")]
