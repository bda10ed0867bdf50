"""Settings of platforms that take events and send what a flow, journey or campaign there makes of them."""

from __future__ import annotations

from pydantic import Field

from connectors.esp.options import Name, Options


class EventOptions(Options):
    """The event's properties carry the template and the variant."""

    events: dict[str, Name] = Field(default_factory=dict)
    """Trigger → name of its event at the platform. Without an entry the trigger's own name."""

    def event(self, trigger: str) -> str:
        """What the event of a trigger is called at the platform."""
        return self.events.get(trigger, trigger)
