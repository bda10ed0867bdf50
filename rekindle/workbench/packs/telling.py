"""A plan as people read it, and as machines do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from rekindle.workbench.packs.plan import Plan

_SIGNS = {"added": "+", "removed": "-", "changed": "~"}


def text(plan: Plan) -> str:
    """Some lines: where it runs, each change, what is lost, whether the gate must be restarted."""
    return "\n".join(_lines(plan))


def as_tree(plan: Plan) -> dict[str, Any]:
    """For --json."""
    return {
        "pack": plan.pack,
        "job": plan.job,
        "cluster": plan.running.reached,
        "runs": plan.running.job is not None,
        "nothing_to_do": plan.nothing,
        "changes": [asdict(change) for change in plan.comparison.changes],
        "other": list(plan.comparison.other),
        "lost": list(plan.lost()),
        "gate": list(plan.comparison.gate),
        "fingerprint": plan.after.fingerprint,
    }


def _lines(plan: Plan) -> Iterator[str]:
    yield f"pack {plan.pack}: {_where(plan)}"
    for change in plan.comparison.changes:
        yield f"  {_SIGNS[change.kind]} {change.trigger}: {change.kind}"
        yield from (f"      {sentence}" for sentence in change.says)
    yield from (f"  ~ {reason}: the job is restarted with its state" for reason in plan.comparison.other)
    unchanged = plan.after.live.keys() - {change.trigger for change in plan.comparison.changes}
    if unchanged:
        yield f"  = {', '.join(sorted(unchanged))}: unchanged" + (
            "" if plan.nothing else ", keep their state; nothing twice, nothing missed"
        )
    yield from (f"  ! state is lost: {what}" for what in plan.lost())
    yield from (f"  > restart the gate, with its state: {why}" for why in plan.comparison.gate)
    if plan.nothing:
        yield "  nothing to do"


def _where(plan: Plan) -> str:
    if not plan.running.reached:
        return "no Flink cluster answers; compared with pack.lock alone" + ("" if plan.before else ", and there is none")
    if plan.running.job is None:
        return f"{plan.job} does not run"
    if plan.unknown:
        return f"{plan.job} runs, but neither pack.lock nor this machine knows from which files"
    return f"{plan.job} runs" + ("" if plan.locked else "; pack.lock does not say what runs")
