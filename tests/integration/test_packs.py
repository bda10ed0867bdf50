"""A pack changed again and again while events flow: no trigger takes another's state, none fires twice, none is missed."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from jobs.definitions import lock as locks
from jobs.definitions.lock import Lock
from rekindle.local.waiting import wait_until
from tests.integration import lab
from tests.integration.command_line import Answer, CommandLine, command_line
from tests.integration.lab import SECOND, START, Feed, Found
from tests.integration.pipeline import LIMIT, Pipeline, pipeline

PACK = "lab"


class Lab:
    """A stack, a pack's folder, and the command line over both."""

    def __init__(self, running: Pipeline, root: Path, type_in: CommandLine) -> None:
        self.running, self.folder, self._type_in = running, root / PACK, type_in
        settings = running.settings.model_copy(update={"packs": [PACK], "packs_dir": str(root)})
        file = running.stack.places.root / "lab.yaml"
        file.write_text(settings.model_dump_json(), encoding="utf-8")
        self._before = ["--state-dir", str(running.stack.places.root), "--settings", str(file)]
        self.feed = Feed(running.producer, settings.kafka.partitions)

    def rekindle(self, *words: str) -> Answer:
        return self._type_in(*self._before, *words)

    def apply(self, *words: str) -> str:
        """What it said."""
        done = self.rekindle("apply", "--limit", "480", *words)  # a busy machine is no failure
        assert done.code == 0, done.stderr[-4000:]
        return done.stderr

    @property
    def lock(self) -> Lock:
        return locks.parse((self.folder / locks.FILE).read_text(encoding="utf-8"), "pack.lock")

    def counts_from(self, trigger: str) -> int:
        """Epoch ms."""
        at = self.lock.live[trigger].active_from
        assert at is not None
        return locks.millis_of(at)


@pytest.fixture(scope="module")
def the_lab(tmp_path_factory: pytest.TempPathFactory, jars: Path) -> Iterator[Lab]:
    root = tmp_path_factory.mktemp("packs")
    quick = ("kafka.partitions=2", "flink.checkpoint_interval=2 s")
    with pipeline(root / "state", jars, *quick, slots=2) as running, command_line() as type_in:
        yield Lab(running, root / "packs", type_in)


def found(rows: list[dict[str, Any]], trigger: str) -> set[Found]:
    return {
        (row["device_id"], round(datetime.fromisoformat(row["fired_at"]).timestamp() * 1000), json.loads(row["payload"]).get("n", 0))
        for row in rows
        if row["trigger"] == trigger
    }


def until(rows: set[Found], at: int) -> set[Found]:
    return {row for row in rows if row[1] <= at}


def after(rows: set[Found], at: int) -> set[Found]:
    return {row for row in rows if row[1] > at}


def test_triggers_change_while_events_flow(the_lab: Lab) -> None:
    feed, folder = the_lab.feed, the_lab.folder
    lab.write(
        folder,
        kept_seen=lab.seen("kept_seen", "carts"),
        kept_counted=lab.counted("kept_counted", "sessions", 13),
        loose_seen=lab.seen("loose_seen", "sessions", "searches = 0"),
        loose_counted=lab.counted("loose_counted", "sessions", 10, least=2),
        wide_counted=lab.counted("wide_counted", "sessions", 10),
    )
    feed.start()
    assert "First start of the pack" in the_lab.apply()

    # what is added comes first by name: every position in the plan moves
    lab.write(
        folder,
        a_new_seen=lab.seen("a_new_seen", "events"),
        a_new_counted=lab.counted("a_new_counted", "carts", 7),
        loose_seen=lab.seen("loose_seen", "sessions", "searches <= 1", version=2),
        loose_counted=lab.counted("loose_counted", "sessions", 10, least=1, version=2),
    )
    edited_from = the_lab.running.clock("trigger_candidates")
    said = the_lab.apply()
    edited_to = feed.now
    assert "+ a_new_counted: added\n      Keeps open TUMBLE windows (size 7 s) per device_id, until they end, built from what" in said
    assert "~ loose_counted: changed\n      Version 1 → 2.\n      Keeps its state: open TUMBLE windows (size 10 s) per device_id" in said
    assert "= kept_counted, kept_seen, wide_counted: unchanged, keep their state; nothing twice, nothing missed" in said
    new_from = the_lab.counts_from("a_new_counted")
    assert the_lab.counts_from("a_new_seen") == new_from

    lab.write(folder, wide_counted=lab.counted("wide_counted", "sessions", 15, version=2), a_new_seen=None)
    removed_from = the_lab.running.clock("trigger_candidates")
    assert "Up to the restart the old definition counts, from then on the new one: nothing twice, nothing missed." in the_lab.apply()
    removed_to = feed.now
    wide_from = the_lab.counts_from("wide_counted")

    # it cannot run: its first window kills it
    lab.write(folder, broken_counted=lab.counted("broken_counted", "sessions", 1, least="1 / (COUNT(*) - COUNT(*))"))
    before = the_lab.lock
    done = the_lab.rekindle("apply", "--limit", "240")
    assert done.code == 3, done.stderr[-4000:]
    assert "error: evaluate-lab was taken back: " in done.stderr
    assert the_lab.lock == before
    lab.write(folder, broken_counted=None)

    lab.write(folder, a_new_counted=None)
    planned = the_lab.rekindle("plan")
    assert planned.code == 1, planned.stderr
    assert "! state is lost: a_new_counted: open TUMBLE windows (size 7 s) per device_id, until they end" in planned.stdout
    assert the_lab.rekindle("apply").code == 1
    gone_from = the_lab.running.clock("trigger_candidates")
    the_lab.apply("--allow-state-loss")
    gone_to = feed.now
    assert [entry.name for entry in the_lab.lock.triggers if entry.retired] == ["a_new_counted", "a_new_seen"]

    feed.finish()
    last = feed.now
    assert wait_until(lambda: the_lab.running.clock("trigger_candidates") > last + 30 * SECOND, LIMIT, pause=1.0)
    rows, steps = the_lab.running.rows("trigger_candidates"), range(feed.steps)

    repeats = defaultdict(list)
    for row in rows:
        assert row["pack"] == PACK
        repeats[row["trigger_id"], row["fired_at"]].append(row)
    assert all(row == several[0] for several in repeats.values() for row in several), "a repeat is the same row"
    assert len({(row["trigger"], row["device_id"], row["occasion"]) for row in rows}) == len({trigger_id for trigger_id, _ in repeats})
    times = defaultdict(set)
    for row in rows:
        # its windows of 15 s may begin with one of the 10 s before: that is one occasion, which the gate sends once
        if row["trigger"] != "wide_counted":
            times[row["trigger_id"]].add(row["fired_at"])
    assert not {one: found for one, found in times.items() if len(found) > 1}, "an occasion fired at two times"

    assert found(rows, "kept_seen") == lab.expected_seen("carts", steps)
    assert found(rows, "kept_counted") == lab.expected_counted("sessions", steps, 13)
    narrow, wide = lab.expected_counted("sessions", steps, 10), lab.expected_counted("sessions", steps, 15)
    assert found(rows, "wide_counted") == until(narrow, wide_from) | after(wide, wide_from)

    for trigger, old, new in (
        ("loose_seen", lab.expected_seen("sessions", steps, range(1)), lab.expected_seen("sessions", steps, range(2))),
        ("loose_counted", lab.expected_counted("sessions", steps, 10, 2), narrow),
    ):
        got = found(rows, trigger)
        assert until(got, edited_from) == until(old, edited_from)
        assert after(got, edited_to) == after(new, edited_to)
        assert old <= got <= new, "what both definitions ask for was missed, or what neither does was found"

    for trigger, everything, low, high in (
        ("a_new_seen", after(lab.expected_seen("events", steps), new_from), removed_from, removed_to),
        ("a_new_counted", after(lab.expected_counted("carts", steps, 7), new_from), gone_from, gone_to),
    ):
        got = found(rows, trigger)
        assert until(everything, low) <= got <= until(everything, high)
        assert new_from > START, "it was added after the beginning"
