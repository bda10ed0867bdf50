"""`rekindle run | demo | bench`: things that submit jobs."""

from __future__ import annotations

import sys
from dataclasses import asdict

import click

from jobs.errors import RunError
from rekindle.cli.invocation import Invocation
from rekindle.cli.output import as_json, table

_START_LIMIT = 300.0  # seconds for a submitted job to run with all its tasks


@click.command()
@click.argument("jobs", metavar="JOB...", nargs=-1, required=True)
@click.option("--wait", is_flag=True, help="Return only when all tasks run.")
@click.option("--from", "path", metavar="PATH", help="Start from this savepoint or retained checkpoint. One job only.")
@click.option("--json", "json_", is_flag=True, help="Print names and Flink's ids as JSON.")
@click.pass_obj
def run(invocation: Invocation, jobs: tuple[str, ...], wait: bool, path: str | None, json_: bool) -> None:
    """Submit one or several jobs to Flink.

    JOB is one of ingest, quarantine, evaluate, gate, deliver; evaluate is a job per pack, evaluate-PACK that of one. All are planned by
    one client process, and start without state unless told with --from.
    """
    from jobs.submission import planned, submit
    from rekindle.cli.connection import require_ready
    from rekindle.local.client import use_jars_of
    from rekindle.local.paths import Places
    from rekindle.workbench.packs.archive import Archive

    settings = invocation.settings()
    if path and len(planned(settings, jobs)) != 1:
        raise click.UsageError("--from needs exactly one job: each has its own state")
    places = Places.under(invocation.state_dir)
    use_jars_of(places)
    require_ready(settings)
    if path:
        options = {**settings.flink.options, "execution.state-recovery.path": path}
        settings = settings.model_copy(update={"flink": settings.flink.model_copy(update={"options": options})})
    archive = Archive(places.packs)
    submitted = submit(settings, list(jobs), keep=lambda lock: archive.keep(lock, settings))
    if wait:
        _wait(settings.flink.rest_url, {job.job_id for job in submitted})
    if json_:
        as_json([asdict(job) for job in submitted])
    else:
        table(("job", "id"), [(job.name, job.job_id) for job in submitted])


def _wait(rest_url: str, ids: set[str]) -> None:
    from rekindle.local.flink_rest import FlinkRest

    cluster = FlinkRest(rest_url)
    cluster.wait_running({job.name for job in cluster.jobs() if job.id in ids}, _START_LIMIT)
    cluster.close()


@click.command()
@click.option("--once", is_flag=True, help="Tear down at the end; exit code 0 when every due trigger was delivered.")
@click.option("--json", "json_", is_flag=True, help="End with one line of JSON.")
@click.pass_context
def demo(context: click.Context, once: bool, json_: bool) -> None:
    """Show all of it at work on this machine.

    Real shop sessions in, e-mail triggers out at a fake platform. Without --once the cluster stays up: `rekindle down` stops it.
    """
    from rekindle import demo as show

    context.exit(show.run(context.obj, once=once, as_json=json_))


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def bench(context: click.Context, arguments: tuple[str, ...]) -> None:
    """Measure speed and latency.

    Against a hand-written loop over the same topic; `rekindle bench --help` says how.
    """
    from rekindle.local.paths import package_folder

    sys.path.insert(0, str(package_folder("rekindle").parent))  # a checkout's bench/ is no part of what is installed
    try:
        from bench.main import main
    except ModuleNotFoundError as error:
        if error.name not in ("bench", "bench.main"):
            raise
        raise RunError("the benchmarks are not installed", "run this from a checkout") from None
    context.exit(main(list(arguments)))
