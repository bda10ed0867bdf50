"""pack.lock: what it says is what is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.definitions import lock as locks
from jobs.definitions.lock import Entry, Lock
from jobs.errors import DefinitionError
from jobs.settings import load

AT = "2026-03-01T10:31:00.250Z"
LOCK = Lock(
    "core",
    "f" * 64,
    {"evaluate-core/source/carts_topic": "s"},
    (
        Entry("gone_seen", 3, "m", "d", retired=True),
        Entry("a_seen", 1, "m", "d", ("Order Completed",), ("open windows",), False, ("evaluate-core/source/carts_topic",), AT),
    ),
)


def test_what_is_written_is_read_again() -> None:
    assert locks.parse(locks.text(LOCK), "pack.lock") == LOCK
    assert locks.text(LOCK).startswith("# Written by `rekindle apply`")


def test_only_what_runs_is_live() -> None:
    assert list(LOCK.live) == ["a_seen"]
    assert LOCK.active_from_ms() == {"a_seen": locks.millis_of(AT)}
    assert locks.text_of(locks.millis_of(AT)) == AT


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("pack: [", "core/pack.lock:1:8: is not valid YAML"),
        ("pack: core", "core/pack.lock: fingerprint: Field required"),
        ("", "core/pack.lock: the file: "),
    ],
)
def test_a_file_that_is_no_lock_gets_one_finding(text: str, finding: str) -> None:
    with pytest.raises(DefinitionError) as error:
        locks.parse(text, "core/pack.lock")
    assert error.value.message.startswith(finding)


def test_a_pack_that_was_never_put_live_has_none(tmp_path: Path) -> None:
    (tmp_path / "core").mkdir()
    settings = load(overrides=[f"packs_dir={tmp_path}"], environ={})
    assert locks.read("core", settings) is None
    assert locks.active_from(settings) == {}
    (tmp_path / "core" / "pack.lock").write_text(locks.text(LOCK), encoding="utf-8")
    assert locks.active_from(settings) == {"a_seen": locks.millis_of(AT)}
