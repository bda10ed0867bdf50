"""One way from a provider's items to receipts: ids are made up where a provider has none, and one bad item hides no other."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from connectors.collector.receipts import linking
from connectors.collector.receipts.reading import first, text
from connectors.collector.receipts.receipt import Bounce, Found, Receipt, Type, Unreadable, UnreadableItemError

_REASONED: frozenset[Type] = frozenset({"deferred", "bounced", "rejected", "failed", "complained", "unsubscribed", "unknown"})
_SEEN: frozenset[Type] = frozenset({"opened", "clicked"})
_LINKED: frozenset[Type] = frozenset({"clicked", "unsubscribed"})


@dataclass(frozen=True)
class Draft:
    """What a provider's module found in one item. places: where trigger_id and person_id may be. reasons: the first text is taken."""

    type: Type
    item: Mapping[str, object]
    recipients: tuple[str | None, ...] = (None,)
    bounce: Bounce | None = None
    machine: bool = False
    at: str | None = None
    event_id: str | None = None
    message_id: str | None = None
    link_url: str | None = None
    reasons: tuple[object, ...] = ()
    places: tuple[object, ...] = ()
    trigger_id: str | None = None
    person_id: str | None = None


def read_each(provider: str, items: Iterable[object], read: Callable[[Mapping[str, object]], Draft]) -> list[Found]:
    """Receipts of all items in their order; an item that cannot be read gives one Unreadable at its place."""
    found: list[Found] = []
    for index, item in enumerate(items):
        if not isinstance(item, Mapping):
            found.append(Unreadable(index, "the item is no object"))
            continue
        try:
            found += receipts(provider, read(item))
        except UnreadableItemError as error:
            found.append(Unreadable(index, error.reason))
    return found


def receipts(provider: str, draft: Draft) -> list[Receipt]:
    """One receipt per recipient; of an event with several, the event id is told apart by a hash of the recipient."""
    people = tuple(dict.fromkeys(draft.recipients)) or (None,)
    rows = []
    for recipient in people:
        event_id = draft.event_id
        if event_id is None:
            event_id = _composed(provider, draft, recipient)
        elif len(people) > 1:
            event_id = f"{event_id}-{_digest([recipient])[:8]}"
        rows.append(
            Receipt(
                type=draft.type,
                bounce=draft.bounce if draft.type == "bounced" else None,
                machine=draft.machine and draft.type in _SEEN,
                recipient=recipient,
                at=draft.at,
                provider_event_id=event_id,
                message_id=draft.message_id,
                trigger_id=draft.trigger_id or linking.trigger_id(*draft.places),
                link_url=draft.link_url if draft.type in _LINKED else None,
                reason=first(*draft.reasons) if draft.type in _REASONED else None,
                person_id=draft.person_id or linking.person_id(*draft.places),
            )
        )
    return rows


def kind(written: object, table: Mapping[str, Type], name: str) -> Type:
    """A provider's event name in our words. Raises UnreadableItemError when there is none; one we do not know is `unknown`."""
    found = text(written)
    if found is None:
        raise UnreadableItemError(f"no '{name}': not an event of this provider")
    return table.get(found, "unknown")


def _composed(provider: str, draft: Draft, recipient: str | None) -> str:
    # what makes it this event; the whole item only where it has no time: repeats may differ in what was added on the way
    parts: list[object] = [provider, draft.type, draft.message_id, recipient, draft.at, draft.link_url]
    return _digest(parts if draft.at and (draft.message_id or recipient) else [*parts, draft.item])[:32]


def _digest(parts: list[object]) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()
