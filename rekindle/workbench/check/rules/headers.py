"""Rules over what the header says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from functools import cache

from jobs.definitions.findings import Finding, did_you_mean
from jobs.definitions.header import TRANSACTIONAL, Header
from jobs.definitions.meaning import meaning
from jobs.durations import millis
from rekindle.workbench.check.rules.base import Example, Rule, Subject
from udfs import mapping

_PARTICIPLE = re.compile(r"\w+(ed|en)|due")
_PARTICLES = {"up", "out", "off", "in", "down", "over", "back", "on"}
_IRREGULAR = {"bought", "built", "gone", "held", "kept", "left", "lost", "made", "met", "paid", "read", "seen", "sent", "sold", "won"}
_MARKETING = {"cart", "checkout", "browse", "search", "wishlist", "price", "back", "replenishment", "customer", "winback", "win"}
_LAPSED = {"abandoned", "lapsed", "dropped", "reminded", "stocked"}
_NEEDS_CANCEL = {"cart", "checkout", "browse"}
_ORDER = "Order Completed"
_LOCK = """pack: core
fingerprint: 0f
triggers:
  - {name: cart_abandoned, version: 1, meaning: of another SELECT, definition: 0e}
"""


class UnusedParameter(Rule):
    """A parameter nobody reads is a leftover, or its name in the SELECT is mistyped."""

    code = "T009"
    severity = "warning"
    sentence = "A parameter of the header is not used in the SELECT."
    bad = Example(header={"params": "{min_items: {type: int, default: 1}}"})
    good = Example(
        header={"params": "{min_items: {type: int, default: 1}}"},
        select="SELECT device_id, user_id, cart_hash AS occasion, ended_at AS fired_at, items AS payload\n"
        "FROM carts\nWHERE item_count >= :min_items",
    )

    def header(self, subject: Subject, header: Header) -> Iterator[Finding]:
        used = subject.draft.query.parameters() if subject.draft.query else set(header.params)
        for name in header.params:
            if name not in used and used <= set(header.params):  # an unknown one in the SELECT may be this one, mistyped
                yield self.found(subject, subject.at_key("params"), f"parameter '{name}' is not used", "remove it")


class Name(Rule):
    """Names say what happened: a noun and a participle. So a list of triggers reads as a list of facts, and nobody has to guess."""

    code = "T050"
    sentence = "A trigger's name is a noun and a participle: cart_abandoned, replenishment_due."
    bad = Example(header={"name": "cart_reminder"})
    good = Example(header={"name": "cart_abandoned"})

    def header(self, subject: Subject, header: Header) -> Iterator[Finding]:
        words = header.name.split("_")
        if len(words) > 2 and words[-1] in _PARTICLES:
            words.pop()  # followed_up, checked_out
        if len(words) < 2 or not (_PARTICIPLE.fullmatch(words[-1]) or words[-1] in _IRREGULAR):
            hint = "say what happened to what: cart_abandoned, price_dropped, welcome_due"
            yield self.found(subject, subject.at_key("name"), f"'{header.name}' is not <noun>_<participle>", hint)


class NoCancel(Rule):
    """Who ordered must not be reminded of the cart. The gate looks for these events again at the moment of decision and of delivery."""

    code = "T051"
    sentence = "A cart, checkout or browse trigger is cancelled by an order."
    bad = Example(header={"cancel_on": None})
    good = Example(header={"cancel_on": "[Order Completed]"})

    def header(self, subject: Subject, header: Header) -> Iterator[Finding]:
        if header.name.split("_")[0] in _NEEDS_CANCEL and _ORDER not in header.cancel_on:
            fact = f"cancel_on does not name '{_ORDER}'" if header.cancel_on else "cancel_on is missing"
            place = subject.at_key("cancel_on")
            yield self.found(subject, place, fact, f"cancel_on: [{', '.join([*header.cancel_on, _ORDER])}]")


class Transactional(Rule):
    """`transactional` skips consent and caps: it is for mail the person needs, such as a receipt. A reminder to buy is marketing,
    whatever it is called."""

    code = "T052"
    sentence = "Marketing is not marked transactional."
    bad = Example(header={"purpose": "transactional"})
    good = Example(header={"purpose": "marketing_email"})

    def header(self, subject: Subject, header: Header) -> Iterator[Finding]:
        words = header.name.split("_")
        if header.purpose == "transactional" and (words[0] in _MARKETING or words[-1] in _LAPSED):
            fact = f"{header.name} is marketing, and needs consent"
            yield self.found(subject, subject.at_key("purpose"), fact, "purpose: marketing_email")


class Expired(Rule):
    """A candidate is decided at fired_at + send_after + arbitration. If it is older than max_age by then, every one expires and nothing
    is ever sent."""

    code = "T053"
    sentence = "max_age is longer than send_after and arbitration together."
    bad = Example(header={"max_age": "1 hour", "send_after": "1 hour"})
    good = Example(header={"max_age": "6 hours", "send_after": "1 hour"})

    def header(self, subject: Subject, header: Header) -> Iterator[Finding]:
        decided = header.send_after + subject.settings.times.arbitration
        if header.max_age <= decided:
            fact = f"every candidate expires: it is decided {_words(decided)} after fired_at, max_age is {_words(header.max_age)}"
            yield self.found(subject, subject.at_key("max_age"), fact, f"max_age: more than {_words(decided)}")


class UnknownDestination(Rule):
    """A send to a destination the settings do not name ends as `dead`, reason `no_destination`."""

    code = "T054"
    severity = "warning"
    sentence = "The destination is one of the settings'."
    bad = Example(header={"destination": "newsletter"})
    good = Example(header={"destination": "default"})

    def header(self, subject: Subject, header: Header) -> Iterator[Finding]:
        known = subject.settings.destinations
        if known and header.destination not in known:
            hint = did_you_mean(header.destination, known) or f"destinations there: {', '.join(known)}"
            yield self.found(subject, subject.at_key("destination"), f"destination '{header.destination}' is not in the settings", hint)


class VersionNotRaised(Rule):
    """The version goes into every candidate, decision and send: with the same number for two meanings nobody can say later who got which.
    What the pack last ran as is in its pack.lock."""

    code = "T055"
    sentence = "The version is raised when the meaning changes."
    bad = Example(lock=_LOCK)
    good = Example(header={"version": "2"}, lock=_LOCK)

    def header(self, subject: Subject, header: Header) -> Iterator[Finding]:
        before = subject.locked
        if before is None or subject.draft.findings or subject.draft.query is None:
            return
        if subject.draft.query.parameters() - set(header.params):
            return
        version = before.version
        if header.version <= version and before.meaning != meaning(subject.draft.trigger()):
            fact = f"the meaning changed, the version is still {header.version}"
            if header.version < version:
                fact = f"version {header.version} is behind pack.lock's {version}, and means something else"
            yield self.found(subject, subject.at_key("version"), fact, f"version: {version + 1}")


class UnknownEvent(Rule):
    """An event nobody sends cancels nothing. Names are those of the left side of `sql/ingest/mapping.yaml`, or the producer's own."""

    code = "T056"
    severity = "warning"
    sentence = "cancel_on names events that exist."
    bad = Example(header={"cancel_on": "[Order Completed, Order Complete]"})
    good = Example(header={"cancel_on": "[Order Completed, Product Added]"})

    def header(self, subject: Subject, header: Header) -> Iterator[Finding]:
        known = _events()
        for name in header.cancel_on:
            if name not in known:
                hint = did_you_mean(name, known) or "see sql/ingest/mapping.yaml; an event of your own is fine if a producer sends it so"
                yield self.found(subject, subject.at_key("cancel_on"), f"no known event is called '{name}'", hint)


class Uncapped(Rule):
    """Caps count by class and channel. A class no cap names is sent without limit, and `transactional` is for the purpose of that name."""

    code = "T057"
    sentence = "There is a cap for the trigger's class and channel."
    bad = Example(header={"class": "urgent"})
    good = Example(header={"class": "marketing"})

    def header(self, subject: Subject, header: Header) -> Iterator[Finding]:
        caps = {(cap.class_, cap.channel) for cap in subject.settings.gate.caps}
        if header.purpose == TRANSACTIONAL or not caps or (header.class_, header.channel) in caps:
            return
        fact = f"no cap counts class '{header.class_}' over channel '{header.channel}'"
        classes = sorted({one for one, _ in caps})
        hint = did_you_mean(header.class_, classes) or f"classes with a cap: {', '.join(classes)}; further ones are set in gate.caps"
        yield self.found(subject, subject.at_key("class"), fact, hint)


@cache
def _events() -> tuple[str, ...]:
    """Clean names of events; the mapping table is read once."""
    return tuple(mapping.load().events)


def _words(span: timedelta) -> str:
    """`1 h 30 s`: a duration as people say it."""
    rest = millis(span)
    parts = []
    for size, unit in ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1000, "s"), (1, "ms")):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts) or "0 s"


RULES: tuple[Rule, ...] = (
    UnusedParameter(), Name(), NoCancel(), Transactional(), Expired(), UnknownDestination(), VersionNotRaised(), UnknownEvent(), Uncapped(),
)  # fmt: skip
