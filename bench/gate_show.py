"""The figures of `rekindle bench gate`, as tables and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import click

from bench.gate import GateRun
from rekindle.cli.output import table


def tree(run: GateRun) -> dict[str, Any]:
    """A run for a machine, rates included."""
    found = asdict(run)
    for phase, row in zip(run.phases, found["phases"], strict=True):
        row |= {"per_cpu_s": round(phase.per_cpu_s), "warm_per_cpu_s": round(phase.warm_per_cpu_s)}
    return found


def show(runs: Sequence[GateRun], load: float) -> None:
    """One row a phase, then where its CPU went, then what was decided."""
    click.echo(f"load before: {load}")
    table(
        ("backend", "TMs", "rows", "count", "CPU-s", "of each TM", "rows/CPU-s", "without compiler", "µs each", "wall s", "state MB"),
        [
            (
                run.backend, run.taskmanagers, phase.name, f"{phase.count:,}", f"{phase.cpu_s:.1f}",
                " ".join(f"{one:.1f}" for one in phase.taskmanagers_s), f"{phase.per_cpu_s:,.0f}",
                f"{phase.warm_per_cpu_s:,.0f}",
                f"{phase.cpu_s / phase.count * 1e6:.0f}", f"{phase.wall_s:.1f}", f"{phase.state_mb:.1f}",
            )
            for run in runs for phase in run.phases
        ],
    )  # fmt: skip
    for run in runs:
        click.echo()
        click.echo(
            f"{run.backend}: start {run.start_s:.0f} CPU-s, idle {run.idle:.2f} CPU-s a second, restored in {run.restore_s:.1f} s,"
            f" {run.memory_mb} MB resident"
        )
        told = ", ".join(f"{count:,} {reason}" for reason, count in sorted(run.decisions.items()))
        click.echo(f"{'as expected' if run.equal else 'NOT as expected'}: {told}")
        names = sorted(
            {name for phase in run.phases for name in phase.stages}, key=lambda name: -sum(p.stages.get(name, 0) for p in run.phases)
        )
        table(
            ("CPU µs per row", *(phase.name for phase in run.phases)),
            [(name, *(f"{phase.stages.get(name, 0) / phase.count * 1e6:.1f}" for phase in run.phases)) for name in names],
        )
