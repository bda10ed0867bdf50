"""Instants as text."""

from __future__ import annotations

from datetime import datetime


def iso(at: datetime) -> str:
    """An aware UTC time → ISO-8601 with milliseconds and Z."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
