"""The account once more, counted by brute force: every rule looks at all facts anew, nothing is sorted or grouped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rekindle.workbench.reconcile.account import Fact, Kind, Window

FINALS = {"accepted", "rejected", "expired", "cancelled", "dead", "unknown"}


def later(one: Fact, other: Fact) -> bool:
    return (one.known, one.order) > (other.known, other.order)


def count(facts: Sequence[Fact], window: Window) -> tuple[Counter[tuple[str, str]], set[tuple[str, str, str]]]:
    """(destination, end) → sends; and (kind of break, trigger_id, destination)."""
    ends: Counter[tuple[str, str]] = Counter()
    breaks: set[tuple[str, str, str]] = set()
    for one in {fact.trigger_id for fact in facts}:
        mine = [fact for fact in facts if fact.trigger_id == one]
        sent = [fact for fact in mine if fact.kind == Kind.SENT]
        decided = [fact for fact in mine if fact.kind == Kind.DECIDED and fact.word == "sent"]
        instants = [
            *(fact.at for fact in sent),
            *(fact.at for fact in decided if not sent),
            *(fact.at for fact in mine if fact.kind == Kind.ENDED and not sent and not decided),
        ]
        if not instants:
            instants = [fact.at for fact in mine if fact.kind == Kind.LETTER] or [fact.at for fact in mine if fact.kind == Kind.RETRIED]
        if not instants or not window.first <= min(instants) <= window.last:
            continue
        if decided and not sent and any(fact.known < window.now - window.grace for fact in decided):
            breaks.add(("decision_without_trigger", one, ""))
        if sent and not decided and any(fact.known < window.now - window.grace for fact in sent):
            breaks.add(("trigger_without_decision", one, ""))
        for place in {fact.destination for fact in mine if fact.kind in (Kind.SENT, Kind.ENDED, Kind.LETTER)}:
            if not any(fact.destination == place for fact in sent):
                breaks.add(("outcome_without_trigger", one, place))
            else:
                end, found = of_one_send([fact for fact in mine if fact.destination in (place, "")], window)
                ends[place, end] += 1
                breaks |= {(kind, one, place) for kind in found}
    return ends, breaks


def of_one_send(facts: Sequence[Fact], window: Window) -> tuple[str, set[str]]:
    found = set()
    sents = [fact for fact in facts if fact.kind == Kind.SENT]
    sent = next(fact for fact in sents if not any(later(fact, other) for other in sents))
    ends = [fact for fact in facts if fact.kind == Kind.ENDED and fact.word in FINALS]
    letters = [fact for fact in facts if fact.kind == Kind.LETTER]
    again = [fact for fact in facts if fact.kind == Kind.RETRIED and fact.word == "recheck"]
    words = [fact for fact in facts if fact.kind == Kind.DECIDED and fact.word in ("go", "stop")]
    last = [fact for fact in ends if not any(later(other, fact) for other in ends)]
    if sent.word == "unreadable" and not ends:
        return "dead", set()
    if last and (last[0].word == "accepted" or all(retry.known <= last[0].known for retry in again)):
        end = last[0].word
    elif window.now > sent.until + window.grace:
        end = "missing"
        found.add("no_outcome")
    else:
        end = "in_flight"
    for one in ends:
        for other in ends:
            next_one = later(other, one) and not any(later(other, between) and later(between, one) for between in ends)
            allowed = one.word != "accepted" and any(one.known <= retry.known <= other.known for retry in again)
            if next_one and one.word != other.word and not allowed:
                found.add("two_outcomes")
    for one in ends:
        if one.word != "accepted":
            continue
        if one.until > sent.until:
            found.add("accepted_after_expiry")
        stops = [word for word in words if word.word == "stop" and word.known <= one.until - 2000]
        for stop in stops:
            newest = not any(later(other, stop) for other in stops)
            if newest and not any(word.word == "go" and stop.known <= word.known <= one.until for word in words):
                found.add("accepted_after_cancel")
    lost = [fact for fact in ends if fact.word in ("dead", "unknown")]
    if lost and not letters and all(fact.known < window.now - window.grace for fact in lost):
        found.add("outcome_without_letter")
    if letters and not lost and all(fact.known < window.now - window.grace for fact in letters):
        found.add("letter_without_outcome")
    return end, found
