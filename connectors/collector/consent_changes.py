"""What a receipt changes in a profile: hard bounce and complaint suppress, an unsubscribe takes consent back. Nothing gives consent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.collector.receipts.reading import instant
from connectors.collector.receipts.receipt import Receipt
from connectors.collector.segment_events import address_hash

TRANSACTIONAL = "transactional"


def matters(receipt: Receipt) -> bool:
    """Whether a receipt can change a profile at all."""
    return receipt.type in {"complained", "unsubscribed"} or (receipt.type == "bounced" and receipt.bounce == "hard")


def changed(profile: Mapping[str, Any], receipt: Receipt, purpose: str | None, provider: str, now: str) -> dict[str, Any] | None:
    """The profile as it must be from now on, or None when it is so already. purpose: of the mail, None when nobody knows.

    An unsubscribe is of the mail's purpose; of a mail nobody knows, or of a transactional one, it is of every purpose. A yes given after
    what the receipt tells of stands: receipts come late. A bounce of an address the person no longer has is none of theirs.
    """
    said_at = receipt.at if receipt.at is not None and receipt.at <= now else now
    given = profile.get("consent")
    consent: dict[str, Any] = dict(given) if isinstance(given, Mapping) else {}
    if receipt.type == "unsubscribed":
        concerned = [purpose] if purpose not in {None, TRANSACTIONAL} else [name for name in consent if name != TRANSACTIONAL]
        taken = {name: _taken_back(consent[name], provider, said_at) for name in concerned if _stands(consent.get(name), said_at)}
        return {**profile, "consent": {**consent, **taken}, "updated_at": now} if taken else None
    if not matters(receipt) or profile.get("suppressed") is not None:
        return None
    if any(_is_yes(one) and not _stands(one, said_at) for one in consent.values()):
        return None
    if receipt.type == "bounced" and not _has_address(profile, receipt.recipient):
        return None
    return {**profile, "suppressed": "complaint" if receipt.type == "complained" else "hard_bounce", "updated_at": now}


def _is_yes(consent: object) -> bool:
    return isinstance(consent, Mapping) and consent.get("granted") is True


def _stands(consent: object, said_at: str) -> bool:
    """A yes that is not younger than what the receipt tells of. One whose time cannot be read is older."""
    return isinstance(consent, Mapping) and _is_yes(consent) and (instant(consent.get("at")) or "") <= said_at


def _taken_back(consent: Mapping[str, Any], provider: str, at: str) -> dict[str, Any]:
    return {**consent, "granted": False, "source": f"esp:{provider}", "at": at}


def _has_address(profile: Mapping[str, Any], recipient: str | None) -> bool:
    email = profile.get("email")
    return recipient is None or not isinstance(email, str) or address_hash(email) == address_hash(recipient)
