"""What every section of the settings is made of."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Section(BaseModel):
    """Frozen, closed, and silent about values: errors name the key alone."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, populate_by_name=True)


def plainly(finding: Any) -> str:
    """One error of pydantic's `errors()` in words for people."""
    reason: str = finding["msg"].removeprefix("Value error, ")
    return "unknown key" if finding["type"] == "extra_forbidden" else reason
