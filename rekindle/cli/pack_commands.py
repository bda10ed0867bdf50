"""`rekindle plan | apply`: what a change of a pack means for what runs, and putting it live."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from jobs.errors import SettingsError
from rekindle.cli.invocation import Invocation
from rekindle.cli.output import as_json, progress

if TYPE_CHECKING:
    from jobs.settings import Settings
    from rekindle.workbench.packs.archive import Archive
    from rekindle.workbench.packs.plan import Plan

_pack = click.argument("packs", metavar="[PACK]...", nargs=-1)
_loss = click.option("--allow-state-loss", is_flag=True, help="Go on where state would be gone for good.")
_json = click.option("--json", "json_", is_flag=True, help="Print it as JSON.")


@click.command()
@_pack
@_loss
@_json
@click.pass_context
def plan(context: click.Context, packs: tuple[str, ...], allow_state_loss: bool, json_: bool) -> None:
    """Say what putting a pack live would change.

    Compares its files with pack.lock and with the job that runs. Changes nothing. Exit code 1 when state would be lost.
    """
    from rekindle.workbench.packs import telling

    settings, archive = _prepared(context.obj, packs)
    plans = [_planned(settings, archive, pack) for pack in packs or settings.packs]
    if json_:
        as_json([telling.as_tree(one) for one in plans])
    else:
        click.echo("\n".join(telling.text(one) for one in plans))
    context.exit(1 if any(one.lost() for one in plans) and not allow_state_loss else 0)


@click.command()
@_pack
@_loss
@click.option(
    "--from", "state", metavar="PATH", default="", help="Savepoint or retained checkpoint to start from, when the job does not run."
)
@click.option("--without-rollback", is_flag=True, help="Go on although what runs could not be started again.")
@click.option("--limit", default=120.0, show_default=True, metavar="SECONDS", help="For the new job to run and complete a checkpoint.")
@_json
@click.pass_context
def apply(
    context: click.Context, packs: tuple[str, ...], allow_state_loss: bool, state: str, without_rollback: bool, limit: float, json_: bool
) -> None:
    """Put a pack live: its job goes on with its state, as its files say.

    Shows the plan, stops the job with a savepoint, starts it from there, and starts the old one again if the new one does not run.
    Writes pack.lock. Exit code 1 when state would be lost: nothing is touched then.
    """
    from dataclasses import asdict

    from rekindle.cli.connection import require_ready
    from rekindle.workbench.packs import telling
    from rekindle.workbench.packs.deployment import Deployment

    settings, archive = _prepared(context.obj, packs)
    require_ready(settings)
    deployment, done = Deployment(settings, archive, limit, progress), []
    for pack in packs or settings.packs:
        found = _planned(settings, archive, pack)
        progress(telling.text(found))
        _refuse(found, archive, allow_state_loss, state, without_rollback)
        done.append(deployment.apply(found, state))
    if json_:
        as_json([{**asdict(one), "lock": one.lock.fingerprint} for one in done])


def _prepared(invocation: Invocation, packs: tuple[str, ...]) -> tuple[Settings, Archive]:
    from rekindle.local.client import use_jars_of
    from rekindle.local.paths import Places
    from rekindle.workbench import jvm
    from rekindle.workbench.packs.archive import Archive

    settings, places = invocation.settings(), Places.under(invocation.state_dir)
    unknown = [pack for pack in packs if pack not in settings.packs]
    if unknown:
        raise SettingsError(f"pack '{unknown[0]}' is not in the setting packs", f"there: {', '.join(settings.packs)}")
    use_jars_of(places)  # a local cluster's own, if one was made here
    if not (places.flink / "lib").is_dir():
        jvm.start(places)
    return settings, Archive(places.packs)


def _planned(settings: Settings, archive: Archive, pack: str) -> Plan:
    from rekindle.workbench.packs import plan as planning

    return planning.plan(settings, pack, archive, planning.running(settings, pack))


def _refuse(plan: Plan, archive: Archive, allow_state_loss: bool, state: str, without_rollback: bool) -> None:
    """Raises StateLossError or SettingsError when the plan needs a yes that was not given."""
    from rekindle.workbench.packs.refusal import StateLossError

    if plan.nothing:
        return
    if plan.running.job is not None and state:
        raise SettingsError(f"{plan.job} runs: it goes on from its own state", "leave out --from, or cancel the job first")
    if plan.running.job is None and plan.before is not None and not (state or allow_state_loss):
        raise StateLossError(f"{plan.job} does not run, and would start without the state it had", "--from PATH, or --allow-state-loss")
    if plan.lost() and not allow_state_loss:
        raise StateLossError(f"{plan.job}: state would be lost: {plan.lost()[0]}", "--allow-state-loss, if that is meant")
    at_hand = plan.before is not None and archive.find(plan.pack, plan.before.fingerprint) is not None
    if plan.running.job is not None and not at_hand and not without_rollback:
        raise SettingsError(
            f"{plan.job} was not started from this machine: a new one that fails could not be taken back",
            "--without-rollback, if that is fine",
        )
