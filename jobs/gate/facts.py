"""What the checks may ask about a person. Everything is asked as of an instant, so that facts of later times change nothing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from jobs.gate.cancels import CancelEvent
from jobs.gate.decisions import Send
from jobs.gate.retention import GateSettings
from jobs.gate.state import PersonState


@dataclass(frozen=True, slots=True)
class Facts:
    """A person's memory and how far back it counts. The cut is made here too, not only by pruning, which runs at times of its own."""

    state: PersonState
    settings: GateSettings

    def cancels(self, events: Collection[str], since: int, until: int, decide_at: int) -> list[CancelEvent]:
        """Events of these names with t in [since, until], earliest first. Times in epoch ms."""
        since = max(since, decide_at - self.settings.cancels_ms + 1)
        return self.state.cancels(events, since, until)

    def send_of(self, trigger_id: str, decide_at: int) -> Send | None:
        """The send with this id. One decided after `decide_at` counts too: a late candidate must not repeat it."""
        after = decide_at - self.settings.sends_ms
        return next((send for send in self.state.sends_with(trigger_id) if send.decided_at > after), None)

    def last_send(self, trigger: str, after: int, until: int) -> Send | None:
        """The latest send of this trigger with decided_at in (after, until]."""
        return max(self.state.sends_of(trigger, after, until), key=lambda send: (send.decided_at, send.trigger_id), default=None)
