"""The audit log: who looked somebody up or changed something, when. One JSON line each, only ever appended; never what was found."""

from __future__ import annotations

import getpass
import os
from dataclasses import dataclass
from pathlib import Path

import orjson

from jobs.errors import RunError
from jobs.gate.instants import to_text
from rekindle.workbench.index.privacy import Pseudonyms


@dataclass(frozen=True)
class Entry:
    """at: epoch ms. what: the command. about: what was changed, or whom it was about as `whom` tells it."""

    at: int
    who: str
    what: str
    about: str
    detail: str | None = None


def whom(pseudonyms: Pseudonyms, given: str) -> str:
    """A person, device or address as the log names it: a keyed hash. Who asks `was 42 looked up?` hashes 42 again; nobody reads names."""
    kind = "address" if "@" in given else "id"
    found = pseudonyms.of_address(given) if kind == "address" else pseudonyms.of(given)
    return f"{kind}:{found.hex()}"


def user() -> str:
    """Who is at the keyboard, as the system says."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container whose user has no name
        return f"uid {os.getuid()}"


def write(file: Path, entry: Entry) -> None:
    """Appends. Raises: RunError when it cannot: what is to be audited does not happen unseen."""
    row = {"at": to_text(entry.at), "who": entry.who, "what": entry.what, "about": entry.about, "detail": entry.detail}
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, orjson.dumps(row) + b"\n")
        finally:
            os.close(handle)
    except OSError as error:
        raise RunError(
            f"the audit log {file} cannot be written: {error.strerror}", "mend the file's rights, or give another --state-dir"
        ) from None
