"""`rekindle demo`: everything on this machine, real shop sessions in, e-mail triggers out at a fake platform."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from rekindle.cli.invocation import Invocation
    from rekindle.demo.play import Play
    from rekindle.demo.screen import Screen
    from rekindle.demo.stage import Stage
    from rekindle.demo.submission import Client

FINE, FAILED, INTERRUPTED = 0, 3, 130


def run(invocation: Invocation, once: bool, as_json: bool) -> int:
    """The exit code: 0 when every due trigger was delivered, 3 when not, 130 after Ctrl-C before that was known.

    once: tear down at the end whatever was started here; else go on with live shoppers until Ctrl-C and leave all running.
    Raises: RekindleError when it cannot play at all; then nothing stays behind either.
    """
    from rekindle.demo.screen import Screen
    from rekindle.demo.stage import open_stage
    from rekindle.demo.submission import Client
    from rekindle.local.paths import Places

    started, began = time.monotonic(), time.time()
    screen, places, given = Screen(started), Places.under(invocation.state_dir), invocation.settings()
    client = Client(places)

    def step(text: str) -> None:
        screen.step(text)
        client.warm_up(given)  # beside the stack's own start, whose first step comes when the cluster's jars are in place

    stage: Stage | None = None
    keep = False
    try:
        with _terminated_like_interrupted():
            stage = open_stage(places, given, step)
            code, keep = _perform(stage, client, screen, started, began, once, as_json)
    except KeyboardInterrupt:
        code = INTERRUPTED
    finally:
        screen.quiet()
        client.close()
        if stage is not None and not keep:
            stage.close()
    return code


def _perform(stage: Stage, client: Client, screen: Screen, started: float, began: float, once: bool, as_json: bool) -> tuple[int, bool]:
    """(exit code, whether all stays up)."""
    from rekindle.demo.play import Play

    play = Play(stage, client, screen, started, once=once)
    try:
        missing = play.perform()
        screen.result(play.tally, stage.stack)
        screen.places(stage.stack)
        screen.missing(missing)
        if not once:
            _follow(play, screen)
        if as_json:
            screen.line(play.tally.summary(_first_delivery(play, began)))
        return FAILED if missing else FINE, not once
    finally:
        play.close()


def _follow(play: Play, screen: Screen) -> None:
    screen.step("live shoppers go on; a cart they leave is due after 5 minutes. Ctrl-C ends this and leaves the cluster up")
    try:
        play.follow(lambda key: screen.decision(play.tally, key))
    except KeyboardInterrupt:
        screen.step("the cluster and its jobs stay up; `rekindle down` stops them")


def _first_delivery(play: Play, began: float) -> float | None:
    """Seconds from the demo's start to the first call that the platform accepted. began: epoch seconds."""
    times = play.tally.accepted().values()
    return round(datetime.fromisoformat(min(times)).timestamp() - began, 1) if times else None


@contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """SIGTERM ends the demo as Ctrl-C does: without leaving processes behind."""

    def interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
