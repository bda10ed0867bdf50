"""Operators' uids: what a change of a pack's triggers means for the state that is found again by them."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.definitions import packs
from jobs.definitions.trigger import Trigger, parse
from jobs.evaluate import job as evaluate
from jobs.gate import job as gate
from jobs.operators import AmbiguousOperatorsError
from jobs.settings import load
from tests.flink.mini_cluster import MiniCluster

HEADER = "/* ---\nname: {name}\ndescription: d\nowner: o\ntemplate: t\npurpose: p\nversion: {version}\nmax_age: 1 h\n--- */\n"
SELECT = "SELECT device_id, user_id, event_id AS occasion, event_time AS fired_at, '{{}}' AS payload FROM events WHERE event = '{event}'"
COUNT = """SELECT
    device_id, MAX(user_id) AS user_id, CAST(window_start AS STRING) AS occasion, window_time AS fired_at,
    JSON_OBJECT(KEY 'n' VALUE COUNT(*)) AS payload
FROM TUMBLE(TABLE sessions, DESCRIPTOR(ended_at), INTERVAL '{minutes}' MINUTE)
GROUP BY device_id, window_start, window_end, window_time
HAVING COUNT(*) >= {least}"""


def reading(name: str, event: str = "x", version: int = 1) -> Trigger:
    """A trigger that keeps nothing."""
    return parse(HEADER.format(name=name, version=version) + SELECT.format(event=event), f"{name}.sql")


def counting(name: str, minutes: int = 1, least: int = 2) -> Trigger:
    """A trigger with a window."""
    return parse(HEADER.format(name=name, version=1) + COUNT.format(minutes=minutes, least=least), f"{name}.sql")


def state(flink: MiniCluster, *triggers: Trigger, active_from: dict[str, int] | None = None) -> dict[str, str]:
    """uid → types of the rows read, of every operator with state."""
    env = flink.environment("evaluate-core")
    evaluate.build(env, env.settings, triggers, active_from or {})
    return {one.uid: one.layout for one in env.complete() if one.stateful}


def own(found: dict[str, str], trigger: str) -> set[str]:
    return {uid for uid in found if f"/{trigger}/" in uid}


@pytest.fixture(scope="module")
def running(flink: MiniCluster) -> dict[str, str]:
    return state(flink, counting("many_seen"), reading("one_seen"), *packs.active(["core"]))


def test_order_names_nothing(flink: MiniCluster, running: dict[str, str]) -> None:
    assert state(flink, *reversed(packs.active(["core"])), reading("one_seen"), counting("many_seen")) == running


def test_a_trigger_more_or_less_changes_nobody_elses_state(flink: MiniCluster, running: dict[str, str]) -> None:
    more = state(flink, counting("many_more_seen", 5), reading("a_two_seen", "y", version=7), counting("many_seen"), reading("one_seen"))
    less = state(flink, reading("one_seen"))
    assert {uid: more[uid] for uid in running} == running
    assert own(more, "many_more_seen") == more.keys() - running.keys()
    assert less == {uid: layout for uid, layout in running.items() if uid not in own(running, "many_seen")}


def test_what_all_triggers_share_keeps_its_types_whatever_they_are(flink: MiniCluster, running: dict[str, str]) -> None:
    alone = state(flink, counting("many_seen"))
    assert {uid: running[uid] for uid in alone} == alone
    assert {"evaluate-core/TemporalJoin/identities", "evaluate-core/TemporalJoin/profiles", "candidates_heartbeats"} <= alone.keys()


def test_a_filter_above_a_window_leaves_its_state_alone(flink: MiniCluster, running: dict[str, str]) -> None:
    edited = state(flink, counting("many_seen", least=5), reading("one_seen", "y"), *packs.active(["core"]))
    assert edited == running


def test_another_window_is_another_operator_with_sources_that_start_anew(flink: MiniCluster, running: dict[str, str]) -> None:
    edited = state(flink, counting("many_seen", minutes=2), reading("one_seen"), *packs.active(["core"]))
    assert edited.keys() - running.keys() == own(edited, "many_seen")
    assert not own(edited, "many_seen") & own(running, "many_seen")
    assert len([uid for uid in own(edited, "many_seen") if "/Source-" in uid]) == 1


def test_a_time_from_which_a_trigger_counts_changes_no_state(flink: MiniCluster, running: dict[str, str]) -> None:
    later = state(flink, counting("many_seen"), reading("one_seen"), *packs.active(["core"]), active_from={"many_seen": 5, "one_seen": 5})
    assert later == running


def test_a_trigger_with_state_reads_through_sources_of_its_own(running: dict[str, str]) -> None:
    sources = {uid.split("/", 1)[1] for uid in running if "ource" in uid}
    assert {uid for uid in sources if uid.startswith("source/")} == {
        "source/carts_topic", "source/events_topic", "source/identities", "source/profiles", "source/sessions_topic",
    }  # fmt: skip
    assert len([uid for uid in sources if uid.startswith("many_seen/")]) == 1


def test_triggers_over_one_table_that_remembers_share_its_memory(flink: MiniCluster, running: dict[str, str]) -> None:
    dropped, back = packs.active(["catalog"])
    one, both = state(flink, dropped, reading("one_seen")), state(flink, back, dropped, reading("one_seen"))
    assert both == one, "the second adds no state and takes the first's as it is"
    assert len([uid for uid in one if uid.split("/")[-1].startswith("ProcessTableFunction")]) >= 2
    assert own(one, "memory_catalog_changes_interests")


@pytest.fixture
def two_packs(tmp_path: Path) -> Path:
    for pack, name in (("core", "one_seen"), ("extra", "two_seen")):
        (tmp_path / pack).mkdir()
        text = HEADER.format(name=name, version=1) + SELECT.format(event="x")
        (tmp_path / pack / f"{name}.sql").write_text(text, encoding="utf-8")
    return tmp_path


def test_the_gate_keeps_its_state_when_a_pack_is_added(flink: MiniCluster, two_packs: Path) -> None:
    def planned(packs: str) -> dict[str, str]:
        env = flink.environment("gate", load(overrides=[f"packs={packs}", f"packs_dir={two_packs}"], environ={}))
        gate.build(env, env.settings)
        return {one.uid: one.layout for one in env.complete() if one.stateful}

    one, two = planned("[core]"), planned("[extra, core]")
    assert {uid: two[uid] for uid in one} == one
    assert two.keys() - one.keys() == {"gate/source/trigger_candidates_extra"}


def test_operators_that_cannot_be_told_apart_are_refused(flink: MiniCluster) -> None:
    env = flink.environment("evaluate-core")
    evaluate.build(env, env.settings, [reading("one_seen")], {})
    env.run("INSERT INTO trigger_candidates_sink SELECT * FROM trigger_candidates_sink")
    with pytest.raises(AmbiguousOperatorsError, match="evaluate-core/sink/trigger_candidates_sink"):
        env.complete()
