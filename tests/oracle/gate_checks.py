"""The checks, one function each: (world, candidate, D) → (reason, evidence) or None. Order and words are those of docs/gate.md."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.oracle import fields, quiet
from tests.oracle.gate_history import DAY, TRANSACTIONAL, Act, Candidate, Cap, Row
from tests.oracle.gate_world import MAILBOX, Send, World, bucket
from tests.oracle.instants import to_text

Refusal = tuple[str, dict[str, Any]]
KEPT = 30 * DAY


def paused(world: World, one: Candidate, d: int) -> Refusal | None:
    """By trigger or by pack."""
    for key, word in ((f"trigger:{one.trigger}", "paused"), (f"pack:{one.pack}", "muted")):
        at, value = world.switch(key, d) or (0, {})
        if value.get(word) is True:
            return "paused", {"control": key, "at": to_text(at)}
    return None


def expired(world: World, one: Candidate, d: int) -> Refusal | None:
    """Too old."""
    return ("expired", {"expires_at": to_text(one.expires_at)}) if d > one.expires_at else None


def duplicate(world: World, one: Candidate, d: int) -> Refusal | None:
    """The same occasion was sent."""
    same = [send for send in _own(world, one, d) if send.candidate.occasion == one.occasion and send.placed > d - KEPT]
    return ("duplicate", _earlier(same[0])) if same else None


def bought(world: World, one: Candidate, d: int) -> Refusal | None:
    """Before T."""
    acts = [act for act in world.cancels(one, d) if act.t <= one.fired_at]
    orders = [act for act in acts if act.event == "Order Completed"]
    if orders:
        return "ordered", _proof(orders[0])
    return ("cancelled", _proof(acts[0])) if acts else None


def bought_since(world: World, one: Candidate, d: int) -> Refusal | None:
    """After T."""
    acts = [act for act in world.cancels(one, d) if act.t > one.fired_at]
    return ("ordered_since", _proof(acts[0])) if acts else None


def reachable(world: World, one: Candidate, d: int) -> Refusal | None:
    """A profile, and in it an address."""
    person = world.person(one, d)
    then, now = world.profile(person, one.fired_at), world.profile(person, d)
    if now is None:
        return ("no_profile" if then is None else "erased"), {"profile_at_fire": then is not None, "profile_at_decision": False}
    email = (now.get("email") or "").strip()
    if not MAILBOX.fullmatch(email):
        return "no_address", {"address": "unusable" if email else "absent"}
    return None


def consented(world: World, one: Candidate, d: int) -> Refusal | None:
    """As of T and of D, by the person and by everybody merged into it who still has a profile, and had one then."""
    if one.purpose == TRANSACTIONAL:
        return None
    refusing = {instant: _refusing(world, one, d, instant) for instant in (one.fired_at, d)}
    for word, instant in (("no_consent", one.fired_at), ("consent_withdrawn", d)):
        who = refusing[instant]
        if who is not None:
            merged = {} if who == world.person(one, d) else {"merged": who}
            return word, {"purpose": one.purpose, **consents(world, one, d), **merged}
    return None


def suppressed(world: World, one: Candidate, d: int) -> Refusal | None:
    """On the list: the person, who was merged into it, or somebody with the same address."""
    person = world.person(one, d)
    for other in [person, *world.neighbours(person, d)]:
        for who in [other, *world.merged(other, d)]:
            word = (world.profile(who, d) or {}).get("suppressed")
            if word is not None:
                return "suppressed", {"suppressed": word, **({} if other == person else {"shared_address": True})}
    return None


def held_out(world: World, one: Candidate, d: int) -> Refusal | None:
    """In the control share."""
    rules = world.rules
    if one.purpose == TRANSACTIONAL or bucket(world.person(one, d), rules.salt) >= rules.share:
        return None
    return "holdout", {"experiment": rules.salt, "share": rules.share}


def cooling(world: World, one: Candidate, d: int) -> Refusal | None:
    """The trigger's own last send is too near."""
    near = [send for send in _own(world, one, d) if send.placed > d - one.cooldown and not world.given_back(send, d)]
    return ("cooldown", _earlier(near[-1])) if near else None


def capped(world: World, one: Candidate, d: int) -> Refusal | None:
    """Sends before the window fill a rule."""
    return _filled(world, one, d, d - world.rules.arbitration)


def filled(world: World, one: Candidate, d: int) -> Refusal | None:
    """Sends fill a rule, those in the window too."""
    return _filled(world, one, d, d + 1)


def _filled(world: World, one: Candidate, d: int, before: int) -> Refusal | None:
    for cap in fitting(world, one, d):
        sends = [send for send in counted(world, one, cap, d) if send.placed < before]
        if len(sends) >= cap.limit:
            newest = sends[::-1][: cap.limit]
            return "capped", {
                **_rule(cap),
                "class": cap.class_,
                "channel": cap.channel,
                "calendar": cap.calendar,
                "sends": [_earlier(send) for send in newest],
            }
    return None


FIRST_TEN = (
    *(paused, expired, duplicate, bought, bought_since),
    *(reachable, consented, suppressed, held_out, cooling, capped),
)


def refusal(world: World, one: Candidate, d: int) -> Refusal | None:
    """The first of checks 1 to 10 that refuses."""
    return next((found for check in FIRST_TEN if (found := check(world, one, d))), None)


def refusal_again(world: World, one: Candidate, r: int, given_back: bool) -> Refusal | None:
    """Of a send that came back at R: 1, 4 to 8, and 10 if it has lost its place."""
    checks = [paused, bought, bought_since, reachable, consented, suppressed, *((cooling, filled) if given_back else ())]
    return next((found for check in checks if (found := check(world, one, r))), None)


def outranked(world: World, one: Candidate, d: int, undecided: dict[Candidate, int]) -> Refusal | None:
    """Better candidates, sent or about to be, leave no room. undecided: D of each."""
    person, window = world.person(one, d), world.rules.arbitration
    near = {person, *world.neighbours(person, d)}
    rivals = [
        rival
        for rival, due in undecided.items()
        if rival is not one and due - window <= d and world.person(rival, d) in near and rank(world, rival, d) < rank(world, one, d)
    ]
    rivals = [rival for rival in rivals if refusal(world, rival, d) is None and hold(world, rival, d) is None]
    for cap in fitting(world, one, d):
        better = sorted((rival for rival in rivals if cap in fitting(world, rival, d)), key=lambda rival: rank(world, rival, d))
        sends = counted(world, one, cap, d)
        if len(sends) + len(better) >= cap.limit:
            inside = [send for send in sends if send.placed >= d - window]
            if inside:
                winner = inside[-1].trigger_id, inside[-1].candidate.trigger
            else:
                winner = world.trigger_id(better[0], d), better[0].trigger
            return "outranked", {**_rule(cap), "winner": winner[0], "winner_trigger": winner[1]}
    return None


def rank(world: World, one: Candidate, d: int) -> tuple[int, int, str]:
    """Smaller is better."""
    return -one.priority, one.fired_at, world.trigger_id(one, d)


def hold(world: World, one: Candidate, d: int) -> tuple[int, str] | None:
    """(end of the hold, zone) when D is in quiet hours."""
    person, hours = world.person(one, d), world.quiet(d)
    zone = zone_of(world, one, d)
    if not quiet.is_quiet(d, zone, hours):
        return None
    return quiet.end_of_quiet(d, zone, hours) + int(bucket(person, "release") * hours.spread), zone


def zone_of(world: World, one: Candidate, d: int) -> str:
    """Where the person is."""
    return quiet.zone_of(world.profile(world.person(one, d), d), one.timezone, world.rules.timezone)


def fitting(world: World, one: Candidate, d: int) -> list[Cap]:
    """The cap rules a candidate obeys."""
    if one.purpose == TRANSACTIONAL:
        return []
    return [cap for cap in world.caps(d) if (cap.class_, cap.channel) == one.kind]


def counted(world: World, one: Candidate, cap: Cap, d: int) -> list[Send]:
    """Sends that count towards a rule for this candidate's person or address, oldest first."""
    person = world.person(one, d)
    neighbours, address = world.neighbours(person, d), world.address(person, d)
    zone = zone_of(world, one, d)
    found = []
    for send in world.sends:
        sender = world.root(send.person, d)
        mine = sender == person or (sender in neighbours and send.address == address)
        fits = send.candidate.purpose != TRANSACTIONAL and send.candidate.kind == (cap.class_, cap.channel)
        inside = _in_days(cap, send.placed, d, zone) if cap.calendar else send.placed > d - cap.per
        if mine and fits and inside and not world.given_back(send, d):
            found.append(send)
    return sorted(found, key=_age)


def granted(profile: Row | None, purpose: str) -> bool:
    """A yes with a version and a time somebody can read; anything else is no."""
    consent = ((profile or {}).get("consent") or {}).get(purpose) or {}
    proven = consent.get("version") is not None and fields.time(consent.get("at")) is not None
    return consent.get("granted") is True and proven


def consents(world: World, one: Candidate, d: int) -> dict[str, Any]:
    """What was said at T and at D: by the profile that refuses then, else by the person's own."""
    return {
        f"consent_at_{name}": _consent(world.profile(_refusing(world, one, d, at) or world.person(one, d), at), one.purpose)
        for name, at in (("fire", one.fired_at), ("decision", d))
    }


def _refusing(world: World, one: Candidate, d: int, at: int) -> str | None:
    """Who did not allow it then: the person, or somebody merged into it who had a profile then and still has one."""
    person = world.person(one, d)
    asked = [person, *(old for old in world.merged(person, d) if world.profile(old, at) is not None)]
    return next((who for who in asked if not granted(world.profile(who, at), one.purpose)), None)


def _consent(profile: Row | None, purpose: str) -> Row | None:
    consent = ((profile or {}).get("consent") or {}).get(purpose) or {}
    if not isinstance(consent.get("granted"), bool):
        return None
    at = fields.time(consent.get("at"))
    return {"granted": consent["granted"], "version": consent.get("version"), "at": None if at is None else to_text(at)}


def _in_days(cap: Cap, at: int, d: int, zone: str) -> bool:
    """Among the local days that end with D's."""
    return quiet.day(at, zone) > quiet.day(d, zone) - timedelta(days=cap.per // DAY)


def _own(world: World, one: Candidate, d: int) -> list[Send]:
    person = world.person(one, d)
    own = (send for send in world.sends if send.candidate.trigger == one.trigger and world.root(send.person, d) == person)
    return sorted(own, key=_age)


def _age(send: Send) -> tuple[int, str]:
    return send.placed, send.trigger_id


def _earlier(send: Send) -> dict[str, Any]:
    return {"trigger_id": send.trigger_id, "decided_at": to_text(send.placed)}


def _proof(act: Act) -> dict[str, Any]:
    return {"event": act.event, "event_id": act.event_id, "at": to_text(act.t)}


def _rule(cap: Cap) -> dict[str, Any]:
    return {"limit": cap.limit, "per_ms": cap.per}
