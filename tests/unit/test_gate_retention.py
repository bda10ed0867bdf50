"""The gate remembers as long as the triggers ask."""

from __future__ import annotations

import pytest

from jobs.definitions.trigger import parse
from jobs.gate.retention import DAY_MS, GateSettings, long_enough_for
from jobs.settings import Settings

TEXT = """/* ---
name: order_followed_up
description: A question?
owner: a@shop.example
template: t
purpose: marketing_email
max_age: 200 days
{more}
--- */
SELECT 1"""


def kept(more: str) -> GateSettings:
    return long_enough_for([parse(TEXT.format(more=more), "x.sql")], Settings())


def test_a_cancel_is_remembered_until_the_last_candidate_that_waits_for_it_is_decided() -> None:
    assert kept("send_after: 45 days").cancels_ms >= 45 * DAY_MS + 7 * DAY_MS


@pytest.mark.parametrize("more", ["send_after: 90 days", "cooldown: 120 days", "cooldown: 1 hours"])
def test_nobody_is_forgotten_before_their_facts_are(more: str) -> None:
    settings = kept(more)
    assert settings.forget_ms > max(settings.cancels_ms, settings.sends_ms, settings.decided_ms)
    if "cooldown: 120" in more:
        assert settings.forget_ms > 120 * DAY_MS


def test_no_trigger_at_all_gives_the_usual() -> None:
    assert long_enough_for([], Settings()).cancels_ms == GateSettings().cancels_ms
