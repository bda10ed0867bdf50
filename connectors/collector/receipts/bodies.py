"""A webhook body → its document: JSON or a form, whatever the content type says, because proxies change it."""

from __future__ import annotations

from collections.abc import Mapping
from email import message_from_bytes
from email.message import Message
from email.policy import HTTP
from urllib.parse import parse_qs

from connectors.collector.receipts.reading import json_or_none
from connectors.collector.receipts.receipt import UnreadableBodyError

Form = Mapping[str, list[str]]
_MOST_FIELDS = 1000


def json_document(body: bytes) -> object:
    """A JSON object or array. Raises: UnreadableBodyError."""
    found = json_or_none(body.removeprefix(b"\xef\xbb\xbf"))
    if not isinstance(found, dict | list):
        raise UnreadableBodyError("the body is no JSON object or array")
    return found


def is_json(body: bytes) -> bool:
    """Whether it looks like a JSON object or array."""
    return body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in {b"{", b"["}


def form(body: bytes, headers: Mapping[str, str]) -> Form:
    """Fields of a urlencoded or multipart form, values of a name in their order. Raises: UnreadableBodyError."""
    kind = headers.get("content-type", "")
    fields = _multipart(body, kind) if kind.lower().startswith("multipart/") or body.lstrip()[:2] == b"--" else _urlencoded(body)
    if not fields:
        raise UnreadableBodyError("the body is neither JSON nor a form")
    return fields


def _urlencoded(body: bytes) -> Form:
    try:
        return parse_qs(body.strip().decode("utf-8"), keep_blank_values=True, strict_parsing=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        return {}


def _multipart(body: bytes, kind: str) -> Form:
    if not kind:
        boundary = body.lstrip().split(b"\n", 1)[0].strip()[2:].decode("ascii", "replace")
        kind = f'multipart/form-data; boundary="{boundary}"'
    if "\n" in kind or "\r" in kind:
        return {}
    fields: dict[str, list[str]] = {}
    try:
        whole = message_from_bytes(b"Content-Type: " + kind.encode("latin-1", "replace") + b"\r\n\r\n" + body.lstrip(), policy=HTTP)
        parts = whole.get_payload()
        for part in (parts if isinstance(parts, list) else [])[:_MOST_FIELDS]:
            if not isinstance(part, Message):
                continue
            name = part.get_param("name", header="content-disposition")
            content = part.get_payload(decode=True)
            if isinstance(name, str) and name and isinstance(content, bytes):
                fields.setdefault(name, []).append(content.decode("utf-8", "replace"))
    except Exception:  # the standard library's mail parser raises whatever it likes on broken headers
        return {}
    return fields
