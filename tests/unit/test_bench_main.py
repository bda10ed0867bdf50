"""`rekindle bench` as a command line: help, and words it does not know."""

from __future__ import annotations

import click
import pytest

from bench.main import main


@pytest.mark.parametrize("words", [["--help"], ["ingest", "--help"], ["latency", "--help"], ["gate", "--help"]])
def test_help_is_shown_and_nothing_is_started(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 0
    assert "Usage: rekindle bench" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["speed"], ["ingest", "--events", "3"], ["ingest", "--load", "odd"]])
def test_words_it_does_not_know_are_usage_errors(words: list[str]) -> None:
    with pytest.raises(click.UsageError):
        main(words)
