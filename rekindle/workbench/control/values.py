"""Values of the topic `control` as people give them and as they are written. What is allowed says `jobs.gate.control`."""

from __future__ import annotations

import re
from typing import Any

from jobs.durations import millis, parse_duration
from jobs.gate.control import Caps
from jobs.settings import QuietHours
from rekindle.workbench.why.words import span

_RANGE = re.compile(r"\s*(\S+?)\s*[-–]\s*(\S+?)\s*")


def quiet_hours(text: str, spread: str | None = None) -> QuietHours:
    """`21:00-09:00` or `off`. Raises: ValueError saying what was expected; pydantic's own is one."""
    given: dict[str, Any] = {} if spread is None else {"spread": spread}
    if text.strip().lower() == "off":
        return QuietHours.model_validate({"enabled": False, **given})
    match = _RANGE.fullmatch(text)
    if match is None:
        raise ValueError(f"expected two times of day, like 21:00-09:00, or off; not '{text}'")
    return QuietHours.model_validate({"from": match[1], "to": match[2], **given})


def written(value: Caps | QuietHours) -> dict[str, Any]:
    """As it stands in the topic; durations in words where those say the same."""
    row = value.model_dump(mode="json", by_alias=True)
    for part in [row, *row.get("caps", ())]:
        for name in ("per", "spread"):
            if name in part:
                words = span(ms := millis(parse_duration(part[name])))
                part[name] = words if millis(parse_duration(words)) == ms else part[name]
    return row
