"""The figures of `rekindle bench deliver`, as tables and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import click

from bench.deliver import DeliverRun, Rate
from bench.deliver_backlog import Drained
from rekindle.cli.output import table


def tree(run: DeliverRun, drained: Sequence[Drained]) -> dict[str, Any]:
    """For a machine, rates and ratios included."""
    found = asdict(run)
    for name, rates in (("rates", run.rates), ("batches", run.batches)):
        for one, row in zip(rates, found[name], strict=True):
            row |= {"per_s": round(one.per_s), "us": round(one.us), "share": round(one.share, 2)}
    ratios = {who: {str(n): round(run.ratio(n, who), 2) for n in run.capacities} for who in ("engine", "engine+journal")}
    backlog = [asdict(one) | {"right": one.right} for one in drained]
    return found | {"ratios": ratios, "missed": run.missed(), "right": run.right, "backlog": backlog}


def show(run: DeliverRun, drained: Sequence[Drained], load: float) -> None:
    """One row a run, then latency, then the backlog, then what was missed."""
    click.echo(f"load before: {load}; platform: {run.esp}")
    table(("who", "kind", "capacity", "sends/s", "of what it allows", "CPU µs each", "× bare", "platform's CPU µs", "taken"), rows(run))
    if run.added:
        click.echo()
        table(
            ("row due → request at the platform", "rows/s", "calls", "p50 ms", "p99 ms"),
            [(one.who, one.rate, one.calls, f"{one.p50 * 1000:.1f}", f"{one.p99 * 1000:.1f}") for one in run.added],
        )
    if drained:
        click.echo()
        table(
            ("who was away", "backlog", "rate", "busiest second", "drained s", "fresh", "wait p50 s", "p99 s", "passes", "most", "right"),
            [
                (
                    one.case.name, f"{one.case.backlog:,}", one.case.rate, one.most, f"{one.drained_s:,.0f}", f"{one.fresh:,}",
                    f"{one.wait_p50:.2f}", f"{one.wait_p99:.2f}", f"{one.passes:.1f}", one.most_passes, "yes" if one.right else "NO",
                )
                for one in drained
            ],
        )  # fmt: skip
    for one in run.missed():
        click.echo(f"missed: {one}")


def rows(run: DeliverRun) -> list[tuple[object, ...]]:
    """The best of the runs of each kind: on a machine with neighbours the others say what those did."""
    best: dict[tuple[str, str, int], Rate] = {}
    for one in (*run.rates, *run.batches):
        key = (one.kind, one.who, one.capacity)
        if key not in best or one.per_s > best[key].per_s:
            best[key] = one
    return [
        (
            one.who, one.kind, one.capacity, f"{one.per_s:,.0f}", f"{one.share:.0%}" if one.kind == "webhook" else "-", f"{one.us:.0f}",
            f"{run.ratio(one.capacity, one.who):.1f}" if one.kind == "webhook" and one.who != "bare" else "-",
            f"{one.esp_s / one.sends * 1e6:.0f}", f"{one.taken:,} of {one.sends:,}",
        )
        for one in best.values()
    ]  # fmt: skip
