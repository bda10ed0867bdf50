"""Which variant of a mail a person gets: the same one for the same trigger and epoch, whenever it fires."""

from __future__ import annotations

from functools import lru_cache

import orjson

from jobs.gate.candidates import Candidate
from jobs.gate.hashing import bucket


def variant_of(candidate: Candidate, epoch: int) -> str | None:
    """By hash of (person, trigger, epoch), in shares of the weights (semantics.md, section 6). None: the trigger has none."""
    if candidate.variants is None:
        return None
    weights, total = _weights(candidate.variants)
    place = bucket(candidate.person_id, candidate.trigger, epoch) * total
    for name, weight in weights:
        if place < weight:
            return name
        place -= weight
    return next(name for name, weight in reversed(weights) if weight)


@lru_cache(maxsize=256)
def _weights(text: str) -> tuple[tuple[tuple[str, int], ...], int]:
    weights = orjson.loads(text)
    return tuple(weights.items()), sum(weights.values())
