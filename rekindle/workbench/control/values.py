"""Values of the topic `control`, as the gate reads them (docs/gate.md)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from jobs.durations import Duration, millis, parse_duration
from rekindle.workbench.why.words import span

_DAY_MS = 86_400_000
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_RANGE = re.compile(r"\s*(\S+?)\s*[-–]\s*(\S+?)\s*")
Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, hide_input_in_errors=True)


class Cap(_Closed):
    """At most `limit` sends to a person in `per`. calendar: whole local days instead of a rolling window."""

    for_class: Word = Field("marketing", alias="class")
    channel: Word = "email"
    limit: int = Field(ge=1, le=1000)
    per: Duration = Field(gt=timedelta(0), le=timedelta(days=366))
    calendar: bool = False

    @field_validator("for_class")
    @classmethod
    def _obeys_caps(cls, name: str) -> str:
        if name == "transactional":
            raise ValueError("transactional mail obeys no cap")
        return name

    @model_validator(mode="after")
    def _counts_whole_days(self) -> Cap:
        if self.calendar and millis(self.per) % _DAY_MS:
            raise ValueError("with calendar: true, per is a number of whole days, like '7 days'")
        return self


class Caps(_Closed):
    """Value of `setting:caps`: it replaces all caps of the settings."""

    caps: list[Cap] = Field(min_length=1)

    @field_validator("caps")
    @classmethod
    def _are_told_once(cls, caps: list[Cap]) -> list[Cap]:
        if len({(one.for_class, one.channel, one.per, one.calendar) for one in caps}) < len(caps):
            raise ValueError("two caps of one class and channel have the same period: keep the lower one")
        return caps


class QuietHours(_Closed):
    """Value of `setting:quiet_hours`: [from, to) in the person's zone; releases are spread over `spread`."""

    begin: str = Field("22:00", alias="from")
    end: str = Field("08:00", alias="to")
    spread: Duration = Field(timedelta(minutes=5), ge=timedelta(0), le=timedelta(hours=6))
    enabled: bool = True

    @field_validator("begin", "end")
    @classmethod
    def _is_a_clock(cls, text: str) -> str:
        if not _CLOCK.fullmatch(text):
            raise ValueError("expected a time of day from 00:00 to 23:59, like '21:30'")
        return text

    @model_validator(mode="after")
    def _leaves_a_day(self) -> QuietHours:
        if self.begin == self.end:
            raise ValueError("from and to are the same; to have no quiet hours say `off`")
        return self


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
