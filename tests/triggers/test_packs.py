"""Every trigger that ships, against the rules that hold for all of them. A failure starts with the file's path."""

from __future__ import annotations

import re
from datetime import timedelta
from importlib import resources

import pytest

from jobs.definitions import packs
from jobs.definitions.trigger import Trigger
from rekindle.workbench.catalogue import entries
from udfs import mapping

CATALOGUE = entries.load()
PACKS = sorted(folder.name for folder in (resources.files("sql") / packs.ROOT).iterdir() if folder.is_dir())
TRIGGERS = [trigger for pack in PACKS for trigger in packs.load(pack)]
ABANDONED = ("cart", "checkout", "browse")
every_trigger = pytest.mark.parametrize("trigger", TRIGGERS, ids=lambda trigger: trigger.path)


def test_packs_are_there() -> None:
    assert {"cart_abandoned", "browse_abandoned"} <= {trigger.name for trigger in TRIGGERS}
    assert len({trigger.name for trigger in TRIGGERS}) == len(TRIGGERS), "two triggers share a name, and so their ids"


@every_trigger
def test_its_parameters_become_literals(trigger: Trigger) -> None:
    assert not re.search(r":\w", re.sub(r"--[^\n]*|'[^']*'", "", trigger.select())), f"{trigger.path}: a parameter is left"


@every_trigger
def test_it_is_cancelled_by_events_the_mapping_table_knows(trigger: Trigger) -> None:
    known = set(mapping.load().events)
    unknown = set(trigger.header.cancel_on) - known
    assert not unknown, f"{trigger.path}: cancel_on names {unknown}, which no event is called"


@every_trigger
def test_abandonment_is_marketing_and_an_order_cancels_it(trigger: Trigger) -> None:
    if trigger.name.split("_")[0] not in ABANDONED:
        pytest.skip("not about something abandoned")
    assert trigger.header.purpose != "transactional", f"{trigger.path}: needs consent"
    assert "Order Completed" in trigger.header.cancel_on, f"{trigger.path}: a buyer must not be reminded"
    assert trigger.header.cooldown > timedelta(0), f"{trigger.path}: may come again and again"


@every_trigger
def test_it_has_sentences_in_which_a_mail_comes_out_and_some_in_which_none_does(trigger: Trigger) -> None:
    entry = next(entry for entry in CATALOGUE.entries if entry.name == trigger.name)
    told = [entries.fires(case) for case in entry.cases]
    assert told.count(True) >= 1, f"{trigger.path}: no case fires"
    assert told.count(False) >= 2, f"{trigger.path}: fewer than two cases stay quiet"


@every_trigger
def test_it_tells_the_marketer_what_it_is_for(trigger: Trigger) -> None:
    note = entries.note_of(trigger.query)
    assert len(note) > 100, f"{trigger.path}: begin the SELECT with a paragraph for the marketer"
    assert trigger.header.description.endswith("?"), f"{trigger.path}: the description is the question it answers"


def test_test_files_can_be_used() -> None:
    assert CATALOGUE.findings == []
