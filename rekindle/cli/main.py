"""The console command `rekindle`. Commands import what they need when they run: `--help` starts neither Flink nor Kafka."""

from __future__ import annotations

import logging
import traceback
from typing import Any

import click

from jobs.definitions.findings import FindingsError
from jobs.errors import RekindleError, RunError
from rekindle.cli import (
    cases_commands,
    catalogue_commands,
    check_commands,
    collector_commands,
    control_commands,
    dlq_commands,
    history_commands,
    job_commands,
    pack_commands,
    receipts_commands,
    reconcile_commands,
    stack_commands,
    topics_commands,
    why_commands,
)
from rekindle.cli.invocation import Invocation


class _Tool(click.Group):
    """Turns errors into one message and an exit code; usage errors (2) are click's own."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except Exception as error:
            if ctx.params["debug"]:
                traceback.print_exc()
            if not isinstance(error, RekindleError):
                error = RunError(f"unexpected {type(error).__name__}: {_first_lines(error)}", "run it again with --debug for the traceback")
            if isinstance(error, FindingsError):
                click.echo(_shown(error), err=True)
                ctx.exit(error.exit_code)
            # one line, so that a log or a grep has the remedy too; several findings stay several lines
            click.echo(f"error: {error.message}" + (f"; {error.hint}" if error.hint else ""), err=True)
            ctx.exit(error.exit_code)


def _shown(error: FindingsError) -> str:
    """As `rekindle check` shows them: place, line, caret, hint."""
    from rekindle.workbench.check import render
    from rekindle.workbench.find import text_of

    return "\n\n".join(render.finding(one, text_of(one.path)) for one in error.findings)


def _first_lines(error: Exception) -> str:
    """What it says without the frames below: a Java error says it in its second line."""
    said = [line.strip() for line in str(error).splitlines() if line.strip()]
    return " ".join(said[: 2 if type(error).__name__.startswith("Py4J") else 1])


@click.group(cls=_Tool, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--settings", "settings_file", metavar="FILE", help="YAML file. Default: the file in REKINDLE_SETTINGS, if any.")
@click.option("--set", "overrides", metavar="SECTION.KEY=VALUE", multiple=True, help="One setting, over all files. Repeatable.")
@click.option(
    "--state-dir",
    default=".rekindle",
    show_default=True,
    envvar="REKINDLE_STATE",
    metavar="DIR",
    help="Where the local stack keeps data, jars and logs; also REKINDLE_STATE.",
)
@click.option("--debug", is_flag=True, help="Tracebacks, and the log of the libraries.")
@click.pass_context
def rekindle(ctx: click.Context, settings_file: str | None, overrides: tuple[str, ...], state_dir: str, debug: bool) -> None:
    """Behaviour events in, e-mail triggers out: a Flink job suite and the tool around it.

    Exit codes: 0 fine, 1 findings, 2 usage or configuration, 3 the run failed.
    """
    # without a handler Python prints the libraries' warnings; the one clear line of an error would drown
    logging.basicConfig(level=logging.INFO) if debug else logging.getLogger().addHandler(logging.NullHandler())
    ctx.obj = Invocation(settings_file, overrides, state_dir, debug)


for _command in (
    stack_commands.up,
    stack_commands.down,
    stack_commands.status,
    stack_commands.doctor,
    topics_commands.topics,
    catalogue_commands.new,
    catalogue_commands.list_,
    catalogue_commands.show,
    check_commands.check,
    check_commands.tables,
    cases_commands.test,
    history_commands.preview,
    history_commands.backtest,
    catalogue_commands.docs,
    job_commands.run,
    pack_commands.plan,
    pack_commands.apply,
    why_commands.why,
    why_commands.report,
    control_commands.pause,
    control_commands.resume,
    control_commands.mute,
    control_commands.unmute,
    control_commands.set_,
    control_commands.control,
    dlq_commands.dlq,
    reconcile_commands.reconcile,
    receipts_commands.receipts,
    collector_commands.collector,
    job_commands.demo,
    job_commands.bench,
):
    rekindle.add_command(_command)


def main() -> None:
    """Entry point of the console script."""
    rekindle(prog_name="rekindle")


if __name__ == "__main__":
    main()
