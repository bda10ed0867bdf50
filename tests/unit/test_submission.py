"""Which jobs the words of `rekindle run` stand for."""

from __future__ import annotations

import pytest

from jobs.errors import SettingsError
from jobs.settings import load
from jobs.submission import is_ours, planned

TWO = load(overrides=["packs=[core, extra]"], environ={})


def test_evaluate_is_a_job_of_each_pack() -> None:
    found = planned(TWO, ["ingest", "evaluate"])
    assert [(job.name, job.stage, job.settings.packs) for job in found] == [
        ("ingest", "ingest", ["core", "extra"]),
        ("evaluate-core", "evaluate", ["core"]),
        ("evaluate-extra", "evaluate", ["extra"]),
    ]


def test_a_pack_can_be_named_alone() -> None:
    assert [job.name for job in planned(TWO, ["evaluate-extra"])] == ["evaluate-extra"]


@pytest.mark.parametrize("word", ["evaluat", "evaluate-other", "gate-core"])
def test_an_unknown_job_is_refused_with_those_there_are(word: str) -> None:
    with pytest.raises(SettingsError) as error:
        planned(TWO, [word])
    assert error.value.message == f"unknown job '{word}'"
    assert error.value.hint.endswith("evaluate-core, evaluate-extra")


def test_a_job_of_a_pack_that_is_no_longer_named_is_still_ours() -> None:
    assert is_ours("evaluate-gone")
    assert not is_ours("somebody-elses")


@pytest.mark.parametrize("packs", ["[]", "[core, core]", "[Core]", "['a-b']"])
def test_packs_are_named_once_and_plainly(packs: str) -> None:
    with pytest.raises(SettingsError, match="packs"):
        load(overrides=[f"packs={packs}"], environ={})
