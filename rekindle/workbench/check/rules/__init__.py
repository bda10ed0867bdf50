"""All rules, in the order they are shown."""

from __future__ import annotations

from rekindle.workbench.check.rules import columns, headers, reading, state
from rekindle.workbench.check.rules.base import Rule

RULES: tuple[Rule, ...] = (*headers.RULES, *reading.RULES, *columns.RULES, *state.RULES)
