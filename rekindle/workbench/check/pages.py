"""`docs/rules.md`."""

from __future__ import annotations


def markdown() -> str:
    """The page."""
    return ""
