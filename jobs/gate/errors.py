"""What the gate refuses to work with. A refusal of a candidate by a rule is no error: it is a decision."""

from __future__ import annotations


class GateError(Exception):
    """Root of the gate's errors."""


class ContractError(GateError):
    """A row breaks its contract: whoever wrote it must mend it, a retry does not help. It becomes a dead letter.

    field: the column at fault ("" = the row as a whole). fact: what is wrong; quotes no value, so it may be logged.
    """

    def __init__(self, field: str, fact: str) -> None:
        super().__init__(field, fact)
        self.field, self.fact = field, fact

    def __str__(self) -> str:
        return f"{self.field}: {self.fact}" if self.field else self.fact


class SnapshotError(GateError):
    """Stored state cannot be read: written by a newer release, or damaged. Restore with the release that wrote it."""

    def __init__(self, version: int, fact: str) -> None:
        super().__init__(version, fact)
        self.version, self.fact = version, fact

    def __str__(self) -> str:
        return f"state of version {self.version}: {self.fact}"
