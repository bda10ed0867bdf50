"""What a trigger means, as one value to compare: who gets it and when."""

from __future__ import annotations

import hashlib
import json

from jobs.definitions.tokens import normalised
from jobs.definitions.trigger import Trigger

SAME_MEANING = frozenset({"name", "description", "owner", "status", "version", "destination", "params"})
"""Header keys that change nobody's mail: what people read, what runs at all, which platform carries it.
Parameters count as literals of the SELECT."""


def meaning(trigger: Trigger) -> str:
    """SHA-256, hexadecimal, over the SELECT with parameters as literals and the header keys that change who gets what, and when.

    Layout, comments, key words' case, the order of `cancel_on` and a default written out change nothing.
    Raises: FindingsError for a parameter the header does not name.
    """
    said = trigger.header.model_dump(mode="json", exclude=set(SAME_MEANING), exclude_defaults=True)
    if "cancel_on" in said:
        said["cancel_on"] = sorted(set(said["cancel_on"]))
    text = json.dumps([normalised(trigger.select()), said], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
