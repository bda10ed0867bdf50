"""The closed list of reasons (semantics.md, section 5), and the verdict each one means."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    SENT = "sent"
    SUPPRESSED = "suppressed"
    HELD = "held"
    CANCELLED = "cancelled"


class Reason(StrEnum):
    """In the order of the table. A word here is part of the contract: add, never rename."""

    verdict: Verdict

    def __new__(cls, word: str, verdict: Verdict = Verdict.SUPPRESSED) -> Reason:
        reason = str.__new__(cls, word)
        reason._value_, reason.verdict = word, verdict
        return reason

    SENT = "sent", Verdict.SENT
    PAUSED = "paused"
    HISTORICAL = "historical"
    EXPIRED = "expired"
    DUPLICATE = "duplicate"
    ORDERED = "ordered", Verdict.CANCELLED
    CANCELLED = "cancelled", Verdict.CANCELLED
    ORDERED_SINCE = "ordered_since", Verdict.CANCELLED
    NO_PROFILE = "no_profile"
    ERASED = "erased"
    NO_ADDRESS = "no_address"
    NO_CONSENT = "no_consent"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    SUPPRESSED = "suppressed"
    HOLDOUT = "holdout"
    COOLDOWN = "cooldown"
    CAPPED = "capped"
    OUTRANKED = "outranked"
    HELD = "held", Verdict.HELD
    QUIET_EXPIRED = "quiet_expired"
    CANCELLED_AFTER_SEND = "cancelled_after_send", Verdict.CANCELLED
