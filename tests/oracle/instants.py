"""Epoch milliseconds as the row contracts write them."""

from __future__ import annotations

from datetime import timedelta

from tests.oracle.fields import EPOCH


def to_text(millis: int) -> str:
    """0 → `1970-01-01T00:00:00.000Z`."""
    return (EPOCH + timedelta(milliseconds=millis)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
