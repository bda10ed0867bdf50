"""Faults by script. Whether one strikes depends on (seed, trigger_id, attempt) alone: a test that fails fails again."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

MODES = ("ok", "status", "drop_before_commit", "commit_then_drop", "slow", "hang")


@dataclass(frozen=True)
class Faults:
    """mode: ok · status (answers `status`, takes nothing) · drop_before_commit (connection lost, nothing taken) ·
    commit_then_drop (taken, connection lost) · slow (taken, answered after delay_s) · hang (taken, never answered).
    share: of attempts it strikes, 0…1. first: only the first so many attempts of each id; None: all.
    retry_after: header of a `status` answer.
    """

    mode: str = "ok"
    share: float = 1.0
    status: int = 503
    seed: int = 0
    first: int | None = None
    delay_s: float = 1.0
    retry_after: str | None = None

    def strikes(self, trigger_id: str, attempt: int) -> bool:
        """attempt: from 1."""
        if self.mode == "ok" or (self.first is not None and attempt > self.first):
            return False
        digest = hashlib.sha256(f"{self.seed}|{trigger_id}|{attempt}".encode()).digest()
        return int.from_bytes(digest[:8], "big") < self.share * 2**64


def parse_faults(given: Mapping[str, Any]) -> Faults:
    """A JSON object or a query → Faults. Raises ValueError naming the key that is unknown or out of range."""
    if unknown := set(given) - {field.name for field in fields(Faults)}:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    default = Faults()
    faults = Faults(
        mode=str(given.get("mode", default.mode)),
        share=_number(given, "share", default.share, 0, 1),
        status=int(_number(given, "status", default.status, 200, 599)),
        seed=int(_number(given, "seed", default.seed, 0, 2**63)),
        first=None if given.get("first") is None else int(_number(given, "first", 0, 0, 10**6)),
        delay_s=_number(given, "delay_s", default.delay_s, 0, 3600),
        retry_after=None if given.get("retry_after") is None else str(given["retry_after"]),
    )
    if faults.mode not in MODES:
        raise ValueError(f"mode: expected one of {', '.join(MODES)}")
    if faults.retry_after is not None and not faults.retry_after.isprintable():
        raise ValueError("retry_after: expected a header value")
    return faults


def _number(given: Mapping[str, Any], key: str, default: float, low: float, high: float) -> float:
    try:
        value = float(given.get(key, default))
    except (TypeError, ValueError, OverflowError):
        value = math.nan
    if not low <= value <= high:
        raise ValueError(f"{key}: expected a number from {low:g} to {high:g}")
    return value
