"""Faults by script. Whether one strikes depends on (seed, trigger_id, attempt) alone: a test that fails fails again."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

NOTHING_TAKEN = ("status", "redirect", "gone", "drop_before_commit", "reset", "outage")
TAKEN = ("commit_then_drop", "slow", "hang", "half", "slow_body")
MODES = ("ok", *NOTHING_TAKEN, *TAKEN, "partial")
_STATUS = {"redirect": 307, "gone": 410}


@dataclass(frozen=True)
class Faults:
    """mode: ok · status (answers `status`, takes nothing) · redirect (307, or a `status` of 3xx) · gone (410) ·
    drop_before_commit (connection lost, nothing taken) · reset (the same by TCP RST) · outage (the same for every call, logins too;
    give it `for_s`) · commit_then_drop (taken, connection lost) · half (taken, half an answer, connection lost) ·
    slow (taken, answered after delay_s) · slow_body (taken, answer dribbles for delay_s) · hang (taken, never answered) ·
    partial (each item of a batch that is struck is refused, the others are taken).
    share: of attempts it strikes, 0…1; a batch is struck when its first item is. first: only the first so many attempts of each id.
    from_s, for_s: strikes only so long after it was set, and for so long.
    retry_after: header of a `status` answer. resets_s: such an answer tells in the platform's own words when its limit resets.
    rate_calls in rate_per_s: a limit of the destination instead of the platform's own; strikes whatever the mode.
    """

    mode: str = "ok"
    share: float = 1.0
    status: int = 503
    seed: int = 0
    first: int | None = None
    delay_s: float = 1.0
    retry_after: str | None = None
    from_s: float = 0.0
    for_s: float | None = None
    resets_s: float | None = None
    rate_calls: int | None = None
    rate_per_s: float = 1.0

    def strikes(self, trigger_id: str, attempt: int, since: float = 0.0) -> bool:
        """attempt: from 1. since: seconds since the script was set."""
        if self.mode == "ok" or (self.first is not None and attempt > self.first) or not self._is_on(since):
            return False
        digest = hashlib.sha256(f"{self.seed}|{trigger_id}|{attempt}".encode()).digest()
        return int.from_bytes(digest[:8], "big") < self.share * 2**64

    def is_out(self, since: float) -> bool:
        """Whether nobody is at home at all."""
        return self.mode == "outage" and self._is_on(since)

    @property
    def answered_status(self) -> int:
        """The status a fault of this mode answers with."""
        if self.mode == "redirect" and 300 <= self.status < 400:
            return self.status
        return _STATUS.get(self.mode, self.status)

    def _is_on(self, since: float) -> bool:
        return self.from_s <= since and (self.for_s is None or since < self.from_s + self.for_s)


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
        first=_whole(given, "first", 0),
        delay_s=_number(given, "delay_s", default.delay_s, 0, 3600),
        retry_after=None if given.get("retry_after") is None else str(given["retry_after"]),
        from_s=_number(given, "from_s", default.from_s, 0, 86_400),
        for_s=None if given.get("for_s") is None else _number(given, "for_s", 0, 0, 86_400),
        resets_s=None if given.get("resets_s") is None else _number(given, "resets_s", 0, 0, 86_400),
        rate_calls=_whole(given, "rate_calls", 1),
        rate_per_s=_number(given, "rate_per_s", default.rate_per_s, 0.001, 86_400),
    )
    if faults.mode not in MODES:
        raise ValueError(f"mode: expected one of {', '.join(MODES)}")
    if faults.retry_after is not None and not faults.retry_after.isprintable():
        raise ValueError("retry_after: expected a header value")
    return faults


def _whole(given: Mapping[str, Any], key: str, low: int) -> int | None:
    return None if given.get(key) is None else int(_number(given, key, 0, low, 10**6))


def _number(given: Mapping[str, Any], key: str, default: float, low: float, high: float) -> float:
    try:
        value = float(given.get(key, default))
    except (TypeError, ValueError, OverflowError):
        value = math.nan
    if not low <= value <= high:
        raise ValueError(f"{key}: expected a number from {low:g} to {high:g}")
    return value
