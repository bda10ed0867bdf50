"""Events that may cancel a candidate: orders and the like, selected in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from jobs.gate.errors import ContractError
from jobs.gate.rows import Field, RowType, check_instants

ORDER = "Order Completed"

CANCEL_FIELDS: tuple[Field, ...] = (Field("event_id", str), Field("event", str), Field("at", int))
"""Order and type of the columns SQL passes; at: t in epoch ms. Append only: the position is the contract."""
_ROW = RowType(CANCEL_FIELDS)


class CancelEvent(NamedTuple):
    """An event of the person that may cancel candidates. Ordered by time, then id, so that the first one is the same in any replay.

    known_at: from when on it counts: t, or later if it came late or its device was nobody's yet (epoch ms).
    """

    at: int
    event_id: str
    event: str
    known_at: int

    @classmethod
    def from_row(cls, values: Sequence[Any], known_at: int | None = None) -> CancelEvent:
        """values: in the order of CANCEL_FIELDS. known_at: None = t. Raises: ContractError."""
        _ROW.check(values)
        event_id, event, at = values
        if not event_id or not event:
            raise ContractError("event" if event_id else "event_id", "is empty")
        check_instants(at=at)
        return cls(at, event_id, event, at if known_at is None else max(at, known_at))
