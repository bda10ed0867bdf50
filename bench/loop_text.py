"""Times and ids of the yardstick."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PAIRS = [a + b for a in CROCKFORD for b in CROCKFORD]


def trigger_id(text: str) -> str:
    """26 Crockford base32 characters of the first 128 bits of SHA-256."""
    number = int.from_bytes(sha256(text.encode()).digest()[:16], "big")
    return "".join([PAIRS[number >> shift & 1023] for shift in range(120, -1, -10)])


def millis(text: str) -> int:
    """ISO text → epoch ms. Raises ValueError, TypeError."""
    moment = datetime.fromisoformat(text)
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def corrected(event: dict[str, Any]) -> int:
    """Time of an event that says when it was sent: the sender's clock error taken off. Raises KeyError, ValueError, TypeError."""
    original = event.get("originalTimestamp")
    if original is None:
        return millis(event["timestamp"])
    if "receivedAt" not in event:
        return millis(event.get("timestamp") or original)
    return millis(event["receivedAt"]) - (millis(event["sentAt"]) - millis(original))


def iso(t: int) -> str:
    """Epoch ms → ISO text with milliseconds and Z."""
    return f"{_minute(t // 60_000)}{t // 1000 % 60:02}.{t % 1000:03}Z"


@lru_cache(8192)
def _minute(minute: int) -> str:
    return datetime.fromtimestamp(minute * 60, UTC).strftime("%Y-%m-%dT%H:%M:")
