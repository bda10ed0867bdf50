"""rekindle.demo.run: exit codes, and what stays up."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs.errors import RunError
from rekindle import demo
from rekindle.cli.invocation import Invocation
from rekindle.demo import play, screen, stage, submission
from rekindle.demo.tally import Key, Tally
from rekindle.local.layout import Wishes, plan
from rekindle.local.paths import Places
from rekindle.local.stack import Stack


class FakeStage:
    closed = False

    def __init__(self, folder: Path) -> None:
        layout = plan(Wishes(), find=lambda count, _: list(range(30_000, 30_000 + count)))
        self.stack = Stack(Places.under(folder), layout)

    def close(self) -> None:
        self.closed = True


class FakePlay:
    """missing: what `perform` finds, or what it does."""

    missing: Callable[[], list[str]] = staticmethod(list)

    def __init__(self, *_: object, once: bool) -> None:
        self.tally = Tally()

    def perform(self) -> list[str]:
        return type(self).missing()

    def follow(self, on_decision: Callable[[Key], None]) -> None:
        raise KeyboardInterrupt

    def close(self) -> None:
        pass


class FakeClient:
    warm = closed = False

    def __init__(self, _: Places) -> None:
        pass

    def warm_up(self, _: object) -> None:
        type(self).warm = True

    def close(self) -> None:
        type(self).closed = True


@pytest.fixture
def staged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeStage:
    found = FakeStage(tmp_path)

    def opened(_places: Places, _given: object, report: Callable[[str], None]) -> FakeStage:
        report("starting kafka")
        return found

    monkeypatch.setattr(stage, "open_stage", opened)
    monkeypatch.setattr(play, "Play", FakePlay)
    monkeypatch.setattr(submission, "Client", FakeClient)
    monkeypatch.setattr(FakeClient, "warm", False)
    monkeypatch.setattr(FakeClient, "closed", False)
    return found


def run(folder: Path, once: bool = True) -> int:
    return demo.run(Invocation(state_dir=str(folder)), once=once, as_json=True)


def test_once_ends_what_it_started_and_the_last_line_is_the_summary(
    staged: FakeStage, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path) == 0
    assert staged.closed
    assert FakeClient.warm
    assert FakeClient.closed
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["delivered"] == 0


def test_without_once_ctrl_c_leaves_the_cluster_up(staged: FakeStage, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, once=False) == 0
    assert not staged.closed
    assert FakeClient.closed
    said = capsys.readouterr()
    assert "`rekindle down` stops them" in said.err
    assert staged.stack.flink_url in said.out


def test_what_is_missing_is_said_and_the_exit_code_is_3(
    staged: FakeStage, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakePlay, "missing", staticmethod(lambda: ["cart_abandoned of ana: no decision"]))
    assert run(tmp_path) == 3
    assert "error: cart_abandoned of ana: no decision" in capsys.readouterr().err
    assert staged.closed


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_before_the_end_tears_down(
    staged: FakeStage, tmp_path: Path, number: signal.Signals, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    def struck() -> list[str]:
        os.kill(os.getpid(), number)
        return []

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(FakePlay, "missing", staticmethod(struck))
    # a shell starts what runs in its background, as CI does, deaf to Ctrl-C
    interrupt = signal.signal(signal.SIGINT, signal.default_int_handler)
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, interrupt))
    assert run(tmp_path, once=False) == 130
    assert staged.closed
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_job_that_cannot_run_tears_down_too(staged: FakeStage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> list[str]:
        raise RunError("job gate is FAILED")

    monkeypatch.setattr(FakePlay, "missing", staticmethod(fails))
    with pytest.raises(RunError):
        run(tmp_path, once=False)
    assert staged.closed
    assert FakeClient.closed


def test_reasons_have_no_word_twice() -> None:
    assert len(set(screen.WORDS.values())) == len(screen.WORDS)
