"""What a person's state may forget, by event time."""

from __future__ import annotations

from jobs.gate.retention import GateSettings
from jobs.gate.state import OPEN_FIELDS, PersonState

_EXPIRES_AT = OPEN_FIELDS.index("expires_at")


def prune(state: PersonState, settings: GateSettings, now_ms: int) -> None:
    """Forgets what no candidate with D ≥ now_ms, nor one that still waits, can ask for. now_ms: the watermark."""
    if now_ms < 0:
        return  # nothing has told the time yet
    waits = state.next_due()
    if waits is not None:
        now_ms = min(now_ms, waits)
    if state.cancels:
        cancels_from = now_ms - settings.cancels_ms
        state.cancels = [row for row in state.cancels if row[0] > cancels_from]
    if state.sends:
        state.sends = [row for row in state.sends if (row[3] or row[2] + settings.sends_ms) > now_ms]
    if state.decided:
        decided_from = now_ms - settings.decided_ms
        state.decided = [row for row in state.decided if row[1] > decided_from]
    if state.returned:
        state.returned = [row for row in state.returned if row[1] > now_ms - settings.decided_ms]
    if state.open:
        state.open = [row for row in state.open if row[_EXPIRES_AT] >= now_ms]
    # a candidate brings along what was known when it came, and what changes until it expires follows it
    if waits is None and not state.open and not state.shares and not state.merged and not state.links:
        state.profiles, state.changes = {}, []
