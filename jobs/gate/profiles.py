"""What a profile says of a person at one instant, as the gate's Java part hands it on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from jobs.definitions.header import TRANSACTIONAL
from jobs.gate.instants import normal_text

Facts = Mapping[str, Any]
"""`email timezone country suppressed consent`, each absent = null. consent: purpose → {granted, version, source, at}."""

# one mailbox and nothing else: a comma or an angle bracket could make two recipients of it
_ADDRESS = re.compile(r"[^@\s,;<>\x00-\x1f\x7f]+@[^@\s,;<>\x00-\x1f\x7f]+")
_LONGEST_ADDRESS = 254


class Consent(NamedTuple):
    """What a profile says of one purpose at one instant. at: text as the CRM wrote it."""

    granted: bool
    version: int | None
    source: str | None
    at: str | None

    @property
    def allows(self) -> bool:
        """Granted, with a version and a readable time: without them it proves nothing, and in doubt the answer is no."""
        return self.granted and self.version is not None and self.at is not None and normal_text(self.at) is not None


def consent(facts: Facts | None, purpose: str) -> Consent | None:
    """None: no profile, or it says nothing of this purpose. What cannot be read counts as not said."""
    row = ((facts or {}).get("consent") or {}).get(purpose)
    if not isinstance(row, dict) or row.get("granted") is None:
        return None
    version, source, at = row.get("version"), row.get("source"), row.get("at")
    return Consent(
        row["granted"] is True,
        version if type(version) is int else None,
        source if isinstance(source, str) else None,
        at if isinstance(at, str) else None,
    )


def address(facts: Facts | None) -> str | None:
    """The address if mail could go there, else None."""
    text = ((facts or {}).get("email") or "").strip()
    return text if len(text) <= _LONGEST_ADDRESS and _ADDRESS.fullmatch(text) else None


def allows(facts: Facts, purpose: str) -> bool:
    """Whether a profile lets this purpose write to the person at all: consent, and no suppression."""
    given = consent(facts, purpose)
    return facts.get("suppressed") is None and (purpose == TRANSACTIONAL or (given is not None and given.allows))
