"""What can go wrong outside the data itself. Only the command line prints these; `exit_code` is what it returns."""

from __future__ import annotations


class RekindleError(Exception):
    """Root of the suite's own errors. `hint` says what the reader can do about it."""

    exit_code = 3

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message, self.hint = message, hint

    def __str__(self) -> str:
        return f"{self.message}\n  = {self.hint}" if self.hint else self.message


class SettingsError(RekindleError):
    """A setting is missing, unknown or out of range: the operator's to mend."""

    exit_code = 2


class DefinitionError(RekindleError):
    """A trigger file cannot be used: the SQL author's to mend."""

    exit_code = 1


class RunError(RekindleError):
    """Something that should be running is not, or a job failed."""

    exit_code = 3
