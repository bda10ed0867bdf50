"""`rekindle bench ingest | latency | workbench | gate | deliver`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import click

from rekindle.cli.invocation import Invocation
from rekindle.cli.output import as_json, progress, table


@click.group("bench")
def bench() -> None:
    """Measure speed and latency in a stack of the bench's own; bench/README.md says what the figures mean.

    Exit code 1: the results are wrong, or slower than the aim.
    """


@bench.command()
@click.option("--events", default=4_000_000, show_default=True, type=click.IntRange(10_000), help="Lines to feed.")
@click.option("--users", default=200_000, show_default=True, type=click.IntRange(100), help="Devices that take turns.")
@click.option("--load", type=click.Choice(["bursty", "sparse"]), default="bursty", show_default=True, help="Sessions of 8 events, or of 1.")
@click.option("--backend", type=click.Choice(["hashmap", "rocksdb", "both"]), default="both", show_default=True, help="Flink's state.")
@click.option("--memory", default=4096, show_default=True, type=click.IntRange(1024), help="Size of the TaskManager's process, MB.")
@click.option("--no-verify", is_flag=True, help="Leave out the small feed that the oracle checks.")
@click.option("--json", "json_", is_flag=True, help="Print the figures as JSON.")
@click.pass_obj
def ingest(
    invocation: Invocation | None, events: int, users: int, load: Any, backend: str, memory: int, no_verify: bool, json_: bool
) -> int:
    """CPU per event of ingest and evaluate against a hand-written loop."""
    from bench import ingest as measure

    given = invocation or Invocation()
    around = measure.machine()
    found = measure.run(
        given.state_dir,
        ("--settings", given.settings_file) if given.settings_file else (),
        given.overrides,
        events=events,
        users=users,
        load=load,
        backends=("hashmap", "rocksdb") if backend == "both" else (backend,),
        memory_mb=memory,
        verify=not no_verify,
        report=progress,
    )
    if json_:
        as_json({**around, "runs": [asdict(one) for one in found]})
    else:
        _show_ingest(found)
    return 0 if all(one.equal and one.oracle in (None, True) for one in found) else 1


def _show_ingest(found: Sequence[Any]) -> None:
    table(
        ("backend", "load", "events", "loop µs", "jobs µs", "ratio", "start CPU-s", "JobManager CPU-s", "wall s", "candidates", "equal"),
        [
            (
                one.backend, one.load, f"{one.events:,}", f"{one.loop_us:.1f}", f"{one.jobs_us:.1f}", f"{one.ratio:.1f}",
                f"{one.jobs['start_s']:.0f}", f"{one.jobs['jobmanager_s']:.0f}", f"{one.jobs['wall_s']:.0f}", f"{one.candidates:,}",
                {None: "loop", True: "loop, oracle", False: "NOT the oracle's"}[one.oracle] if one.equal else "NOT the loop's",
            )
            for one in found
        ],
    )  # fmt: skip
    big = [one for one in found if one.oracle is None]
    names = {name: max(one.jobs["stages"].get(name, 0) for one in big) for one in big for name in one.jobs["stages"]}
    if big:
        click.echo()
        table(
            ("CPU µs per event", *(one.backend for one in big)),
            [(name, *(f"{one.jobs['stages'].get(name, 0):.2f}" for one in big)) for name in sorted(names, key=lambda name: -names[name])],
        )


@bench.command()
@click.option("--rate", default=500, show_default=True, type=click.IntRange(1), help="Events per second on the busy topic.")
@click.option("--minutes", default=2.0, show_default=True, type=click.FloatRange(0.5), help="Of each phase.")
@click.option("--json", "json_", is_flag=True, help="Print the figures as JSON.")
@click.pass_obj
def latency(invocation: Invocation | None, rate: int, minutes: float, json_: bool) -> int:
    """From the instant a trigger fires to the HTTP call, on a quiet and on a busy topic."""
    from bench import ingest as measure
    from bench import latency as delay

    given, around = invocation or Invocation(), measure.machine()
    options = ("--settings", given.settings_file) if given.settings_file else ()
    found = delay.run(given.state_dir, options, given.overrides, rate=rate, seconds=minutes * 60, report=progress)
    if json_:
        as_json({**around, "phases": [asdict(one) for one in found]})
    else:
        table(
            ("topic", "events/s", "calls", "missing", "p50 s", "p95 s", "p99 s", "max s", "aim s"),
            [
                (one.phase, one.rate, one.calls, one.missing, *(f"{s:.2f}" for s in (one.p50, one.p95, one.p99, one.longest, one.aim)))
                for one in found
            ],
        )
    return 0 if all(one.p99 < one.aim and not one.missing for one in found) else 1


@bench.command()
@click.option("--events", default=1_000_000, show_default=True, type=click.IntRange(10_000), help="Lines of the history.")
@click.option("--users", default=100_000, show_default=True, type=click.IntRange(100), help="Devices that take turns.")
@click.option("--json", "json_", is_flag=True, help="Print the figures as JSON.")
@click.pass_obj
def workbench(invocation: Invocation | None, events: int, users: int, json_: bool) -> int:
    """CPU per event of a backtest; how long check and test of all that ships take."""
    from bench import ingest as measure
    from bench import workbench as work

    given, around = invocation or Invocation(), measure.machine()
    progress(f"backtest over {events // 10:,} and {events:,} events")
    found = work.backtest(given.state_dir, events, users)
    progress("check and test")
    check, test = (work.measured(given.state_dir, [word]) for word in ("check", "test"))
    if json_:
        as_json({**around, "backtest": asdict(found), "check": asdict(check), "test": asdict(test)})
        return 0
    table(
        ("what", "CPU-s", "wall s", "µs/event", "events per CPU-s"),
        [
            (
                "backtest",
                f"{found.whole.cpu_s:.1f}",
                f"{found.whole.wall_s:.1f}",
                f"{found.us_per_event:.1f}",
                f"{found.events_per_cpu_second:,.0f}",
            ),
            ("check", f"{check.cpu_s:.1f}", f"{check.wall_s:.1f}", "-", "-"),
            ("test", f"{test.cpu_s:.1f}", f"{test.wall_s:.1f}", "-", "-"),
        ],
    )
    return 0


@bench.command()
@click.option("--backend", type=click.Choice(["heap", "rocksdb", "both"]), default="both", show_default=True, help="Flink's state.")
@click.option("--candidates", default=20_000, show_default=True, type=click.IntRange(30), help="Each of a person of its own.")
@click.option("--cancels", default=20_000, show_default=True, type=click.IntRange(0), help="Orders; as many other events.")
@click.option("--profiles", default=100_000, show_default=True, type=click.IntRange(1), help="Rows of profiles.")
@click.option("--people", type=click.IntRange(1), help="Whose profiles these are. Default: each row another's.")
@click.option("--taskmanagers", default=1, show_default=True, type=click.IntRange(1, 4), help="And parallelism.")
@click.option("--memory", default=2048, show_default=True, type=click.IntRange(1024), help="Size of a TaskManager's process, MB.")
@click.option("--json", "json_", is_flag=True, help="Print the figures as JSON.")
@click.pass_obj
def gate(
    invocation: Invocation | None, backend: str, candidates: int, cancels: int, profiles: int, people: int | None, taskmanagers: int,
    memory: int, json_: bool,
) -> int:  # fmt: skip
    """CPU per candidate, cancel event and profile change of the job `gate`."""
    from bench import gate as job
    from bench import gate_show
    from bench import ingest as measure

    sizes = job.Sizes(candidates, cancels, profiles, people or profiles)
    if not candidates <= sizes.people <= profiles:
        raise click.UsageError(
            "expected --candidates ≤ --people ≤ --profiles: each candidate is of another person, each person has a profile"
        )
    given, around = invocation or Invocation(), measure.machine()
    found = job.run(
        given.state_dir,
        ("--settings", given.settings_file) if given.settings_file else (),
        given.overrides,
        sizes=sizes,
        backends={"heap": ("hashmap",), "rocksdb": ("rocksdb",), "both": ("hashmap", "rocksdb")}[backend],
        taskmanagers=taskmanagers,
        memory_mb=memory,
        report=progress,
    )
    if json_:
        as_json({**around, "runs": [gate_show.tree(one) for one in found]})
    else:
        gate_show.show(found, around["load_before"])
    return 0 if all(one.equal for one in found) else 1


@bench.command()
@click.option("--capacity", "capacities", multiple=True, type=click.IntRange(1, 1000), help="Calls in flight. Default: 50, 100, 200.")
@click.option("--seconds", default=3.0, show_default=True, type=click.FloatRange(0.5), help="Of each run, at the aim's pace.")
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1), help="Engine and bare loop take turns this often.")
@click.option("--esp", type=click.Choice(["stand-in", "fake"]), default="stand-in", show_default=True, help="Who is called.")
@click.option("--backlog", default=100_000, show_default=True, type=click.IntRange(0), help="Sends that wait; 0: leave this out.")
@click.option("--rate", default=500, show_default=True, type=click.IntRange(10), help="Calls a second, for the backlog.")
@click.option("--json", "json_", is_flag=True, help="Print the figures as JSON.")
@click.pass_obj
def deliver(
    _invocation: Invocation | None, capacities: tuple[int, ...], seconds: float, rounds: int, esp: Any, backlog: int, rate: int, json_: bool
) -> int:
    """Calls a second and CPU per call of `deliver`, its latency, and how a backlog drains."""
    from bench import deliver as calls
    from bench import deliver_backlog, deliver_show
    from bench import ingest as measure

    around = measure.machine()
    kinds = ("segment", "braze") if esp == "stand-in" else ("segment",)
    found = calls.run(esp, capacities=capacities or (50, 100, 200), seconds=seconds, rounds=rounds, kinds=kinds, report=progress)
    drained = []
    for esp_away in (True, False) if backlog else ():
        case = deliver_backlog.Case(esp_away, backlog, rate)
        progress(f"backlog of {backlog:,}, {case.name}")
        drained.append(deliver_backlog.simulate(case))
    if json_:
        as_json({**around, **deliver_show.tree(found, drained)})
    else:
        deliver_show.show(found, drained, around["load_before"])
    return 0 if found.right and not found.missed() and all(one.right for one in drained) else 1


def main(argv: Sequence[str]) -> int:
    """Run with the words after `rekindle bench`. Raises what the command line knows how to show."""
    parent = click.get_current_context(silent=True)
    given = parent.find_object(Invocation) if parent else None
    result = bench.main(list(argv), prog_name="rekindle bench", standalone_mode=False, obj=given)
    return int(result or 0)
