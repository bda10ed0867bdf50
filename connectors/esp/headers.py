"""Which headers a request may carry: none that ends early, none that says how the body is framed or who is spoken to."""

from __future__ import annotations

import re
from functools import lru_cache

FRAMING = frozenset(
    ("connection", "content-length", "expect", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "proxy-authorization")
)
"""The HTTP library's to write. Another length or host than the real one splits a request in two, or hands it to somebody else."""
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def is_header(name: str, value: str) -> bool:
    """Whether a header can go out as it stands (RFC 9110, 5.1 and 5.5; no control characters at all)."""
    return _is_name(name) and not _CONTROL.search(value)


@lru_cache(maxsize=512)  # adapters have a few names, and use them for every call
def _is_name(name: str) -> bool:
    return bool(_NAME.fullmatch(name)) and name.lower() not in FRAMING
