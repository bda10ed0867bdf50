"""A GET for small things of known hosts: a certificate, a confirmation. Bounded in every way."""

from __future__ import annotations

import urllib.error
import urllib.request
from http.client import HTTPException, HTTPMessage
from typing import IO

_SECONDS = 5.0
_LARGEST = 65_536


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))


def fetch(url: str) -> bytes:
    """What lies at an https URL, at most 64 KB. The caller has checked the host. Raises: OSError, which names no URL."""
    if not url.startswith("https://"):
        raise OSError("only https is fetched")
    try:
        with _OPENER.open(url, timeout=_SECONDS) as answer:
            content: bytes = answer.read(_LARGEST + 1)
    except (urllib.error.URLError, HTTPException, OSError, ValueError):
        raise OSError("not fetched") from None
    if len(content) > _LARGEST:
        raise OSError("larger than 64 KB")
    return content
