"""Text of trigger files for tests: short to write, and only as full as the case needs."""

from __future__ import annotations

QUERY = "SELECT device_id FROM carts"
KEYS = {
    "name": "a_test",
    "description": "Does it?",
    "owner": "ana@shop.example",
    "template": "t",
    "purpose": "marketing_email",
    "max_age": "6 hours",
}


def a_file(query: str = QUERY, extra: str = "", leave_out: str = "", **keys: str) -> str:
    """A trigger file. keys: of the header. extra: further lines of the header."""
    header = "".join(f"{key}: {value}\n" for key, value in (KEYS | keys).items() if key != leave_out)
    return f"/* ---\n{header}{extra}--- */\n{query}"


def with_param(query: str, kind: str, default: str) -> str:
    """A file whose header names one parameter, `n`."""
    return a_file(query, f"params:\n  n: {{type: {kind}, default: {default}}}\n")
