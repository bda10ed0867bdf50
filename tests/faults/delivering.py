"""Sends of a day at the e-mail platforms, for fault tests: written into Kafka by hand, decided by no gate."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from connectors.esp.times import iso
from jobs.destinations import Destination
from rekindle.cli.main import rekindle
from rekindle.local import processes
from rekindle.local.parts import mark
from rekindle.local.stack import Stack
from rekindle.local.waiting import wait_until
from tests.integration.pipeline import LIMIT, Pipeline
from tests.unit.a_send import a_row

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
AS_FED = "deliver.recheck_after=1 d"
"""A setting: no gate runs that could be asked again."""


def send(kind: str, number: int, life: timedelta = timedelta(hours=1), **changes: Any) -> dict[str, Any]:
    """A row of `triggers` to the destination `kind`, decided now; each of its own person."""
    text = "".join(letter if letter in CROCKFORD else "0" for letter in kind.upper())
    now = datetime.now(UTC)
    own = {"trigger_id": f"{text}{number:04}".rjust(26, "0")[-26:], "person_id": f"{kind}-{number}", "destination": kind}
    return a_row(**own | {"decided_at": iso(now), "expires_at": iso(now + life)} | changes)


def destination(url: str, **more: Any) -> Destination:
    """A webhook that may lie on this machine, its sends tried again soon."""
    return Destination.model_validate({"url": url, "private_hosts": ["127.0.0.1"], "waits": ["1 s"], **more})


def put(running: Pipeline, rows: Iterable[dict[str, Any]]) -> None:
    """Sends as the gate writes them: with their decision. All of it is in the log on return."""
    for row in rows:
        decided = {"trigger_id": row["trigger_id"], "verdict": "sent", "reason": "sent", "evidence": {}, "decided_at": row["decided_at"]}
        running.produce("trigger_decisions", row["person_id"], json.dumps(decided).encode())
        running.produce("triggers", row["person_id"], json.dumps(row).encode())
    assert running.producer.flush(LIMIT) == 0


def take_back(running: Pipeline, rows: Iterable[dict[str, Any]]) -> None:
    """The gate's word that these must not go."""
    word = {"verdict": "cancelled", "reason": "cancelled_after_send", "evidence": {}}
    for row in rows:
        told = word | {"trigger_id": row["trigger_id"], "decided_at": iso(datetime.now(UTC))}
        running.produce("trigger_decisions", row["person_id"], json.dumps(told).encode())
    assert running.producer.flush(LIMIT) == 0


def calls(ledger: Path, dest: str) -> dict[str | None, list[str]]:
    """Trigger id → verdicts of the calls the platform saw, in order. None: of calls it did not read."""
    found: dict[str | None, list[str]] = defaultdict(list)
    with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as base:
        for key, verdict in base.execute("SELECT key, verdict FROM attempts WHERE dest = ? ORDER BY rowid", (dest,)):
            found[key].append(verdict)
    return found


def last_call(ledger: Path, dest: str) -> float:
    """When the platform saw its newest call, epoch seconds; 0 before the first."""
    with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as base:
        (newest,) = base.execute("SELECT max(ts) FROM attempts WHERE dest = ?", (dest,)).fetchone()
    return (newest or 0) / 1000


def outcomes(running: Pipeline) -> dict[str, list[dict[str, Any]]]:
    """Trigger id → its rows of `delivery_outcomes`."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in running.rows("delivery_outcomes"):
        found[row["trigger_id"]].append(row)
    return found


def wait_for_ends(running: Pipeline, rows: Iterable[dict[str, Any]]) -> dict[str, set[str]]:
    """Trigger id → its final outcomes, once each of these sends has one."""
    ids = {row["trigger_id"] for row in rows}
    ends: dict[str, set[str]] = {}

    def all_there() -> bool:
        told = outcomes(running)
        ends.update({one: {row["outcome"] for row in told[one]} - {"retrying"} for one in ids & told.keys()})
        return all(ends.get(one) for one in ids)

    assert wait_until(all_there, LIMIT, pause=1.0), sorted(one for one in ids if not ends.get(one))
    return {one: ends[one] for one in ids}


def account(running: Pipeline) -> dict[str, Any]:
    """What `rekindle reconcile` finds, once nothing breaks the account: letters may come some moments after their outcomes."""
    found: dict[str, Any] = {}
    options = ["--state-dir", str(running.stack.places.root), "--set", f"kafka.servers={running.settings.kafka.servers}"]

    def clean() -> bool:
        done = CliRunner().invoke(rekindle, [*options, "reconcile", "--grace", "1 s", "--json"])
        assert done.exit_code in (0, 1), done.output
        found.update(json.loads(done.stdout))
        return bool(found["clean"])

    assert wait_until(clean, 120.0, pause=2.0), found["findings"]
    return found


def taskmanager(stack: Stack) -> tuple[processes.ProcessId, list[processes.ProcessId]]:
    """The process, and its Python workers."""
    leader = processes.read_pid(stack.places.pid_file("taskmanager-1"))
    assert leader is not None
    workers = processes.session(leader, mark(stack.places, "taskmanager-1"))
    assert workers
    return leader, workers
