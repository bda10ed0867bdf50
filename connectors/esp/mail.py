"""Addresses, for platforms that are told them: one person's, surely one, and nothing that could become a header or a list."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from connectors.esp.options import Options
from connectors.esp.protocol import Reason, Send, UnsendableError

LONGEST = 254
"""Characters of an address (RFC 5321, 4.5.3.1.3)."""
_ADDRESS = re.compile(r'[^\s@,;:<>()\[\]"\\]{1,64}@[^\s@,;:<>()\[\]"\\]{1,253}')  # no comma: two platforms read a list there


def is_address(text: str) -> bool:
    """Whether a text is one bare address: no name beside it, no list, nothing quoted, nothing that is not printed."""
    return len(text) <= LONGEST and text.isprintable() and bool(_ADDRESS.fullmatch(text))


def address_of(send: Send) -> str:
    """Where this mail goes. Raises UnsendableError NO_ADDRESS when the send has none that a mail can go to."""
    if send.address is None or not is_address(send.address):
        raise UnsendableError(Reason.NO_ADDRESS)
    return send.address


def _is_mailbox(text: str) -> str:
    if not is_address(text):
        raise ValueError("expected an e-mail address, like 'hello@shop.example'")
    return text


def _is_plain(text: str) -> str:
    if not text.isprintable():
        raise ValueError("expected one line of text")
    return text


Mailbox = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_is_mailbox)]
Plain = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(_is_plain)]


class SenderOptions(Options):
    """What platforms take that mail in our name."""

    from_email: Mailbox
    """An address the platform knows to be yours."""
    from_name: Plain | None = None
    reply_to: Mailbox | None = None
