"""Settings of delivery: the e-mail platforms, and how sends reach them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from pydantic import Field, SerializeAsAny, SerializerFunctionWrapHandler, ValidationError, model_serializer, model_validator

from connectors.esp.options import Options
from connectors.esp.registry import KINDS
from jobs.durations import Duration
from jobs.sections import Section, Text, plainly


class RateLimit(Section):
    """At most `calls` requests in any `per`."""

    calls: int = Field(ge=1)
    per: Duration = Field(timedelta(seconds=1), gt=timedelta(0), le=timedelta(days=1))


class Destination(Section):
    """An e-mail platform. What this section does not name belongs to its kind (`connectors/esp`), and is checked by it."""

    kind: str = "webhook"
    options: SerializeAsAny[Options]
    needs_address: bool = False
    """True: the call carries the e-mail address, so the gate asks for one. Always so where the platform insists on it."""
    timeout: Duration = timedelta(seconds=8)
    budget: Duration = Field(timedelta(seconds=15), le=timedelta(seconds=20))
    attempts: int = Field(3, ge=1, le=10)
    retry_for: Duration = timedelta(hours=4)
    """How long after its first attempt a send is tried again; never past its `expires_at`."""
    waits: list[Duration] = Field(default_factory=lambda: [timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1)], min_length=1)
    """Between passes, a quarter more or less by chance; the last one counts for all that follow."""
    on_ambiguous: Literal["retry", "skip"] | None = None
    """What follows an answer that was lost. None: `retry` where the platform tells repeats by their id, else `skip`."""
    rate: RateLimit | None = None
    """None: what the platform publishes, if it does."""
    capacity: int | None = Field(None, ge=1, le=1000)
    """Calls in flight. None: `deliver.capacity`."""
    private_hosts: list[Text] = Field(default_factory=list)
    """Hosts of this destination that may have a private address. No other may."""

    @model_validator(mode="before")
    @classmethod
    def _sorts_what_the_kind_takes(cls, tree: Any) -> Any:
        if not isinstance(tree, dict):
            return tree
        if isinstance(tree.get("options"), Options):
            return tree
        kind = tree.get("kind", "webhook")
        if kind not in KINDS:
            raise ValueError(f"kind: expected one of {', '.join(sorted(KINDS))}")
        own = {name: value for name, value in tree.items() if name in cls.model_fields and name != "options"}
        other = {name: value for name, value in tree.items() if name not in own}
        options = KINDS[kind].options
        try:
            return own | {
                "options": options.model_validate(other),
                "needs_address": options.needs_address or own.get("needs_address", False),
            }
        except ValidationError as error:
            found = error.errors()[0]
            raise ValueError(f"{'.'.join(str(part) for part in found['loc'])}: {plainly(found)}") from None

    @model_serializer(mode="wrap")
    def _as_it_was_written(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        written = write(self)
        return {**{name: value for name, value in written.items() if name != "options"}, **written["options"]}


class Deliver(Section):
    capacity: int = Field(50, ge=1, le=1000)
    """HTTP calls in flight per destination and subtask."""
    recheck_after: Duration = Field(timedelta(seconds=60), ge=timedelta(seconds=5))
    """A send whose decision is older when its turn comes is put before the gate again."""
