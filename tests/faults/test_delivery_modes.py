"""Everything a platform can do wrong, each at a destination of its own, in one run of `deliver`: each send ends once, and nothing leaks."""

from __future__ import annotations

import json
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from jobs.deliver.operator import AdmitSends, DeliverSends
from jobs.destinations import Destination
from rekindle.local import processes
from rekindle.local.flink_rest import FlinkRest
from rekindle.local.ports import free_ports
from rekindle.local.waiting import wait_until
from tests.faults.delivering import AS_FED, account, calls, destination, outcomes, put, send, take_back, taskmanager, wait_for_ends
from tests.faults.leaks import everything_flink_tells, lines_with
from tests.integration.pipeline import LIMIT, Pipeline, pipeline

MANY = 40
OUT_S = 30.0
TOKENS = {"FAULTS_TOKEN": "tok-7Jq2bearer", "FAULTS_KEY": "whsec_Zm9yLXRlc3RzLW9ubHktbm8tcmVhbC1rZXktMTIzNA=="}
MARK = "payload-marker-9f41"
PERSON = "secret-person-"

PLAYED = {
    # a share of calls each; below a half, or the breaker would make the run long
    "late": "mode=slow&delay_s=0.3",
    "busy": "mode=status&status=429&share=0.3",
    "busyhint": "mode=status&status=429&retry_after=1&share=0.3",
    "gateway": "mode=status&status=502&share=0.4",
    "reset": "mode=reset&share=0.4",
    "half": "mode=half&share=0.3",
    "dribble": "mode=slow_body&delay_s=8&share=0.2",
    "hang": "mode=hang&share=0.2",
    "taken": "mode=commit_then_drop&share=0.4",
    "dropped": "mode=drop_before_commit&share=0.4",
}
"""Faults that pass: all is accepted in the end."""
LOST = ("half", "dribble", "hang", "taken")
"""The platform took the send and its answer was lost."""
SILENT = ("dribble", "hang")
"""An answer comes too late, or never: the caller's patience ends it."""
FOREVER = {"moved": "mode=redirect", "gone": "mode=gone", "locked": "mode=status&status=401"}


@dataclass
class Day:
    """What was fed, by destination, and how it ended."""

    running: Pipeline
    ledger: Path
    stranger: Path
    sends: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    ends: dict[str, set[str]] = field(default_factory=dict)

    def ended(self, kind: str) -> list[set[str]]:
        return [self.ends[row["trigger_id"]] for row in self.sends[kind]]

    def play(self, kind: str, **script: Any) -> None:
        url = f"{self.running.stack.esp_url}/faults"
        requests.put(url, params={"dest": kind}, data=json.dumps(script), timeout=30).raise_for_status()


def destinations(esp: str, stranger: str) -> dict[str, Destination]:
    def one(url: str, **more: Any) -> Destination:
        secret = {"Authorization": "Bearer ${env:FAULTS_TOKEN}"}
        # patient and few at a time: on a busy machine an answer that is only late is no lost one
        patient = {"timeout": "15 s", "budget": "20 s", "capacity": 8}
        return destination(url, **patient | more, headers=secret, signing_keys=["${env:FAULTS_KEY}"])

    brief = {name: {"timeout": "4 s"} for name in SILENT}
    played = {name: one(f"{esp}/webhook/{name}?{script}", **brief.get(name, {})) for name, script in (PLAYED | FOREVER).items()}
    scripted = {name: one(f"{esp}/webhook/{name}") for name in ("burst", "out")}
    return played | scripted | {"stranger": one(f"{stranger}/webhook/stranger")}


def secret_send(kind: str, number: int, **changes: Any) -> dict[str, Any]:
    """One that carries what nobody may read in a log."""
    return send(kind, number, address=f"{PERSON}{number}@example.com", payload={"items": [{"name": MARK}]}, **changes)


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory, jars: Path) -> Iterator[Day]:
    """All of it at once, and an outage of half a minute in which sends are taken back and expire."""
    folder, (port,) = tmp_path_factory.mktemp("modes"), free_ports(1)
    served = [sys.executable, "-m", "connectors.esp.fake", "--tls", "self-signed", "--port", str(port), "--ledger"]
    with pytest.MonkeyPatch.context() as patch, subprocess.Popen([*served, str(folder / "stranger.sqlite")]) as stranger:
        for name, value in TOKENS.items():
            patch.setenv(name, value)
        try:
            with pipeline(folder / "state", jars, "flink.checkpoint_interval=3 s", AS_FED, slots=1) as running:
                known = destinations(running.stack.esp_url or "", f"https://127.0.0.1:{port}")
                running.settings = running.settings.model_copy(update={"destinations": known})
                running.start("deliver")
                day = Day(running, running.stack.places.ledger, folder / "stranger.sqlite")
                live(day)
                yield day
        finally:
            stranger.kill()


def live(day: Day) -> None:
    running = day.running
    day.play("burst", mode="status", status=503, retry_after="1")
    day.play("out", mode="outage")
    began = time.monotonic()
    for kind in (*PLAYED, *FOREVER, "burst", "out"):
        day.sends[kind] = [secret_send(kind, number) for number in range(MANY)]
    day.sends["stranger"] = [secret_send("stranger", number, life=timedelta(seconds=60)) for number in range(MANY)]
    soon = timedelta(seconds=20)
    day.sends["expiring"] = [secret_send("out", number, life=soon) for number in range(1000, 1000 + MANY)]
    day.sends["taken_back"] = [secret_send("out", number) for number in range(2000, 2000 + MANY)]
    put(running, [row for rows in day.sends.values() for row in rows])
    running.produce("triggers", "broken", f'{{"address": "{PERSON}0@example.com", "{MARK}'.encode())
    take_back(running, day.sends["taken_back"])
    assert wait_until(lambda: len(calls(day.ledger, "out")[None]) > 0 and len(calls(day.ledger, "burst")) > 1, LIMIT, pause=0.2)
    day.play("burst", mode="ok")
    day.ends |= wait_for_ends(running, day.sends["expiring"] + day.sends["taken_back"])
    assert wait_until(lambda: time.monotonic() > began + OUT_S, LIMIT, pause=0.2)
    day.play("out", mode="ok")
    final = [row for kind, rows in day.sends.items() if kind not in ("gone", "locked") for row in rows]
    day.ends |= wait_for_ends(running, final)


@pytest.mark.parametrize("kind", [*PLAYED, "burst", "out"])
def test_what_passes_is_waited_out_and_repeated_only_where_the_answer_was_lost(kind: str, day: Day) -> None:
    assert day.ended(kind) == [{"accepted"}] * MANY
    fed = {row["trigger_id"] for row in day.sends[kind]}
    seen = {one: verdicts for one, verdicts in calls(day.ledger, kind).items() if one is not None}
    assert seen.keys() == fed, "an id that nobody fed, or a send that never arrived"
    for one, verdicts in seen.items():
        took = [verdict for verdict in verdicts if verdict.startswith(("accepted", "duplicate"))]
        assert took[0].startswith("accepted"), one
        if kind not in SILENT:
            assert all(verdict.endswith("_unanswered") for verdict in took[:-1]), f"{one} was called again though it had its answer"
    struck = sum(len(verdicts) > 1 for verdicts in seen.values())
    assert struck > 0 or kind in ("late", "out"), "no fault was played"
    assert any(len(v) > 1 and v[0] == "accepted_unanswered" for v in seen.values()) == (kind in LOST)


def test_what_expires_or_is_taken_back_in_an_outage_never_arrives(day: Day) -> None:
    told = outcomes(day.running)
    for kind, word in (("expiring", "expired"), ("taken_back", "cancelled")):
        ids = {row["trigger_id"] for row in day.sends[kind]}
        assert not ids & calls(day.ledger, "out").keys()
        for one in ids:
            # a call into the outage may have been taken, for all we know
            assert day.ends[one] in ({word}, {"unknown"})
            assert day.ends[one] == {word} or max(row["attempts"] for row in told[one]) > 0
        assert any(day.ends[one] == {word} for one in ids)


def test_a_redirect_is_refused_and_never_followed(day: Day) -> None:
    assert day.ended("moved") == [{"rejected"}] * MANY
    assert calls(day.ledger, "webhook") == {}


@pytest.mark.parametrize("kind", ["gone", "locked"])
def test_an_endpoint_that_takes_nothing_more_is_left_alone_and_its_sends_are_kept(kind: str, day: Day) -> None:
    told = outcomes(day.running)
    rows = [told[row["trigger_id"]] for row in day.sends[kind]]
    assert all(one and {row["outcome"] for row in one} == {"retrying"} for one in rows)
    # those in the air when the first was refused, and a probe a minute
    assert sum(len(verdicts) for verdicts in calls(day.ledger, kind).values()) < 2 * MANY


def test_a_certificate_nobody_vouches_for_gets_nothing_and_its_sends_expire(day: Day) -> None:
    assert day.ended("stranger") == [{"expired"}] * MANY
    assert calls(day.stranger, "stranger") == {}


def test_the_account_is_clean(day: Day) -> None:
    found = account(day.running)
    total = found["total"]
    assert total["triggers"] == sum(len(rows) for rows in day.sends.values()) + 1  # the unreadable one
    assert (total["in_flight"], total["missing"], total["rejected"]) == (2 * MANY, 0, MANY)
    assert total["accepted"] == (len(PLAYED) + 2) * MANY


def test_after_a_crash_no_log_nor_anything_flink_tells_holds_a_person_a_payload_or_a_token(day: Day) -> None:
    running, places = day.running, day.running.stack.places
    assert wait_until(lambda: list(lines_with(places.checkpoints, [MARK])), LIMIT, pause=0.5), "sends that wait lie in checkpoints"
    _, workers = taskmanager(running.stack)
    for worker in workers:
        processes.send(worker, signal.SIGKILL)
    rest = FlinkRest(running.stack.flink_url, timeout=60.0)
    assert wait_until(lambda: rest.root_cause(running.jobs["deliver"]), LIMIT, pause=0.5), "the job never noticed"
    rest.close()
    running.wait_running("deliver")
    secrets = [PERSON, MARK, *TOKENS.values()]
    assert list(lines_with(places.logs, secrets)) == []
    told = everything_flink_tells(running.stack)
    assert len(told) > 50
    assert [path for path, text in told.items() if any(secret in text for secret in secrets)] == []


def test_no_token_is_in_the_job_graph_a_checkpoint_or_any_other_file(day: Day) -> None:
    running, places = day.running, day.running.stack.places
    tokens = list(TOKENS.values())
    for folder in (places.checkpoints, places.flink_conf, places.kafka):
        assert list(lines_with(folder, tokens)) == []
    submitted = (places.root / "submitted-settings.yaml").read_text(encoding="utf-8")
    assert "${env:FAULTS_TOKEN}" in submitted
    assert not any(token in submitted for token in tokens)
    settings = running.settings
    for name, one in settings.destinations.items():
        kafka = (settings.kafka.servers, settings.kafka.options)
        graph = pickle.dumps([DeliverSends(name, one, 50, kafka), AdmitSends(name, settings.deliver, kafka, timedelta(hours=1))])
        assert b"FAULTS_TOKEN" in graph
        assert not any(token.encode() in graph for token in tokens)
