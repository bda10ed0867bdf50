"""One sentence per reason of the gate, from the decision's evidence (docs/gate.md), for somebody who knows mails and not Flink."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jobs.gate.reasons import Reason
from rekindle.workbench.why.words import amount, clock, count, listed, moment, span

Evidence = Mapping[str, Any]


@dataclass(frozen=True)
class Told:
    """What a sentence may draw on. mails: trigger name by trigger_id. events: rows of events by id. changed_by: control key → who."""

    trigger: str
    fired_at: object
    decided_at: object
    zone: str
    mails: Mapping[str, str]
    events: Mapping[str, Mapping[str, Any]]
    changed_by: Mapping[str, str]

    def time(self, at: object) -> str:
        return moment(at, self.zone)

    def mail(self, trigger_id: object) -> str:
        """`the mail of cart_abandoned (57184V…)`."""
        name = self.mails.get(str(trigger_id))
        return f"the mail of {name}" if name else f"the mail {trigger_id}"


Sentence = Callable[[Told, Evidence], str]


def _sent(told: Told, evidence: Evidence) -> str:
    consent = evidence.get("consent_at_decision") or evidence.get("consent_at_fire")
    if not consent:
        return f"{told.trigger} passed every check and was sent; no consent is needed for it."
    return f"{told.trigger} passed every check and was sent: {_consent(told, consent)}."


def _paused(told: Told, evidence: Evidence) -> str:
    key = str(evidence.get("control", ""))
    kind, _, name = key.partition(":")
    by = told.changed_by.get(key)
    what = f"pack {name} was muted" if kind == "pack" else f"{name or told.trigger} was paused"
    return f"{told.trigger} was not sent: {what} at {told.time(evidence.get('at'))}{f' by {by}' if by else ''}."


def _historical(told: Told, _: Evidence) -> str:
    return f"{told.trigger} was not sent: what it rests on was already old when it reached us, and the past sends no mails."


def _expired(told: Told, evidence: Evidence) -> str:
    return (
        f"{told.trigger} was not sent: it came too late. It was of use until {told.time(evidence.get('expires_at'))} and could have gone "
        f"out at {told.time(told.decided_at)}."
    )


def _duplicate(told: Told, evidence: Evidence) -> str:
    return f"{told.trigger} was not sent: the very same mail was already sent at {told.time(evidence.get('decided_at'))}."


def _ordered(told: Told, evidence: Evidence) -> str:
    return f"{told.trigger} was not sent: by then the person had ordered ({_event(told, evidence)})."


def _cancelled(told: Told, evidence: Evidence) -> str:
    return f"{told.trigger} was not sent: the person had done what makes it pointless ({_event(told, evidence)})."


def _ordered_since(told: Told, evidence: Evidence) -> str:
    return (
        f"{told.trigger} was not sent: between {told.time(told.fired_at)}, when it fell due, and the sending this happened: "
        f"{_event(told, evidence)}."
    )


def _no_profile(told: Told, _: Evidence) -> str:
    return f"{told.trigger} was not sent: the CRM knows no such person, so there is nobody to write to."


def _erased(told: Told, _: Evidence) -> str:
    return f"{told.trigger} was not sent: the person's data was erased before {told.time(told.decided_at)}."


def _no_address(told: Told, evidence: Evidence) -> str:
    unusable = evidence.get("address") == "unusable"
    fact = "the e-mail address in the profile cannot be used" if unusable else "the profile has no e-mail address"
    return f"{told.trigger} was not sent: {fact}."


def _no_consent(told: Told, evidence: Evidence) -> str:
    purpose, consent = evidence.get("purpose", "this purpose"), evidence.get("consent_at_fire")
    return f"{told.trigger} was not sent: {_denied(told, str(purpose), consent)}{_merged(evidence)}."


def _consent_withdrawn(told: Told, evidence: Evidence) -> str:
    purpose, consent = str(evidence.get("purpose", "this purpose")), evidence.get("consent_at_decision")
    return (
        f"{told.trigger} was not sent: the person had agreed to {purpose} when it fell due ({told.time(told.fired_at)}) but no longer when "
        f"it was to go out: {_denied(told, purpose, consent)}{_merged(evidence)}."
    )


def _suppressed(told: Told, evidence: Evidence) -> str:
    whose = "somebody else with the same address" if evidence.get("shared_address") else "the person"
    return f"{told.trigger} was not sent: {whose} is on the suppression list ({evidence.get('suppressed', 'no reason given')})."


def _holdout(told: Told, evidence: Evidence) -> str:
    share = evidence.get("share")
    part = f"{share * 100:g} % of all people" if isinstance(share, int | float) else "a part of all people"
    name = f" of experiment '{evidence['experiment']}'" if evidence.get("experiment") else ""
    return f"{told.trigger} was not sent on purpose: the person is in the holdout{name}, {part} who get no mails so that the effect shows."


def _cooldown(told: Told, evidence: Evidence) -> str:
    at = told.time(evidence.get("decided_at"))
    return f"{told.trigger} was not sent: the person had a mail of {told.trigger} at {at}, and its cooldown was not over."


def _capped(told: Told, evidence: Evidence) -> str:
    sends = [
        f"{told.mail(one.get('trigger_id'))} at {told.time(one.get('decided_at'))}"
        for one in evidence.get("sends") or ()
        if isinstance(one, Mapping)
    ]
    full = f", filled by {listed(sends)}" if sends else ""
    return f"{told.trigger} was not sent: the limit was reached, {_limit(evidence)}{full}."


def _outranked(told: Told, evidence: Evidence) -> str:
    winner = evidence.get("winner_trigger") or told.mails.get(str(evidence.get("winner"))) or evidence.get("winner")
    return (
        f"{told.trigger} was not sent: {winner} fell due at the same time and is more important, and both would have been more than "
        f"{_limit(evidence)}."
    )


def _held(told: Told, evidence: Evidence) -> str:
    until = clock(evidence.get("until"), str(evidence.get("timezone", "UTC")))
    return f"{told.trigger} waits: it was night where the person lives, so it is held until {until}. Then all is checked again."


def _quiet_expired(told: Told, evidence: Evidence) -> str:
    until = clock(evidence.get("until"), str(evidence.get("timezone", "UTC"))) if evidence.get("until") else "the night was over"
    return (
        f"{told.trigger} was not sent: it would have had to wait for the end of the night ({until}), and by then it is of no use any more "
        f"(useful until {told.time(evidence.get('expires_at'))})."
    )


def _cancelled_after_send(told: Told, evidence: Evidence) -> str:
    facts = {
        "consent_withdrawn": "the person took back the consent",
        "suppressed": "the person came onto the suppression list",
        "erased": "the person's data was erased",
    }
    profile = evidence.get("profile")
    fact = facts.get(str(profile), str(profile)) if profile else _event(told, evidence)
    at = f" at {told.time(evidence.get('at'))}" if profile else ""
    return (
        f"{told.trigger} was called back after it had been let through at {told.time(evidence.get('sent_at'))}: {fact}{at}. "
        "If it had not left yet, it stays here."
    )


SENTENCES: Mapping[Reason, Sentence] = {
    Reason.SENT: _sent,
    Reason.PAUSED: _paused,
    Reason.HISTORICAL: _historical,
    Reason.EXPIRED: _expired,
    Reason.DUPLICATE: _duplicate,
    Reason.ORDERED: _ordered,
    Reason.CANCELLED: _cancelled,
    Reason.ORDERED_SINCE: _ordered_since,
    Reason.NO_PROFILE: _no_profile,
    Reason.ERASED: _erased,
    Reason.NO_ADDRESS: _no_address,
    Reason.NO_CONSENT: _no_consent,
    Reason.CONSENT_WITHDRAWN: _consent_withdrawn,
    Reason.SUPPRESSED: _suppressed,
    Reason.HOLDOUT: _holdout,
    Reason.COOLDOWN: _cooldown,
    Reason.CAPPED: _capped,
    Reason.OUTRANKED: _outranked,
    Reason.HELD: _held,
    Reason.QUIET_EXPIRED: _quiet_expired,
    Reason.CANCELLED_AFTER_SEND: _cancelled_after_send,
}


def sentence(reason: str, told: Told, evidence: Evidence) -> str:
    """A decision in words. A reason this version does not know, or evidence of another form, is told as it stands."""
    try:
        text = SENTENCES[Reason(reason)](told, evidence)
    except (ValueError, TypeError, AttributeError):
        text = f"{told.trigger}: {reason}."
    if evidence.get("recheck") is True:
        text = _again(reason, told, evidence, text)
    if evidence.get("identified_at"):
        text += f" Who it was became known only at {told.time(evidence['identified_at'])}."
    if evidence.get("merged_from"):
        text += f" It began as person {evidence['merged_from']}, who has since become one with this person."
    return text


def _again(reason: str, told: Told, evidence: Evidence, text: str) -> str:
    """text: what would be said of a first decision."""
    let_through = f"it had been let through at {told.time(evidence.get('sent_at'))} and had waited since"
    checked = f"{told.trigger} was checked again at {told.time(told.decided_at)}, because delivery had waited: {let_through}."
    return f"{checked} It passed once more and may go out." if reason == Reason.SENT else f"{checked} {text}"


def _event(told: Told, evidence: Evidence) -> str:
    """`Order Completed, order o-9 of 59.90 EUR, at 1 March 2026, 10:07:00`."""
    row = told.events.get(str(evidence.get("event_id")), {})
    parts = [str(evidence.get("event", "an event"))]
    if row.get("order_id"):
        parts.append(f"order {row['order_id']}" + (f" of {amount(row['value'], row.get('currency'))}" if row.get("value") else ""))
    else:
        parts.append(f"event {evidence.get('event_id')}")
    return ", ".join([*parts, f"at {told.time(evidence.get('at'))}"])


def _consent(told: Told, consent: Mapping[str, Any]) -> str:
    return f"the consent is version {consent.get('version')}, given at {told.time(consent.get('at'))}"


def _denied(told: Told, purpose: str, consent: Mapping[str, Any] | None) -> str:
    if consent is None:
        return f"nothing says that the person agreed to {purpose}, and silence is a no"
    version, at = consent.get("version"), consent.get("at")
    if not consent.get("granted"):
        return f"the person's answer to {purpose} is no (version {version}{f', since {told.time(at)}' if at else ''})"
    lacks = "version" if version is None else "readable time" if at is None else "proof"
    return f"the consent to {purpose} has no {lacks}, and what cannot be proved is a no"


def _merged(evidence: Evidence) -> str:
    return f" (so says the profile of {evidence['merged']}, who is the same person)" if evidence.get("merged") else ""


def _limit(evidence: Evidence) -> str:
    """`1 marketing mail in 24 hours`."""
    if evidence.get("limit") is None:
        return "as many mails as a person may get"
    thing = f"{evidence['class']} mail" if evidence.get("class") else "mail"
    ms = evidence.get("per_ms")
    if evidence.get("calendar") and isinstance(ms, int):
        days = ms // 86_400_000
        return f"{count(evidence.get('limit'), thing)} per {'calendar day' if days == 1 else f'{days} calendar days'}"
    return f"{count(evidence.get('limit'), thing)} in {span(ms)}"
