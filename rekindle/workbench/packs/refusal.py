"""Why a plan is not carried out."""

from __future__ import annotations

from jobs.errors import RekindleError


class StateLossError(RekindleError):
    """State would be gone for good, and nobody said that it may."""

    exit_code = 1
