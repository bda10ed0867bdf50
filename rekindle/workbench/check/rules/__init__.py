"""All rules, and all of them by code."""

from __future__ import annotations

from rekindle.workbench.check.rules import columns, failing, form, headers, reading, refused, state
from rekindle.workbench.check.rules.base import Rule

RULES: tuple[Rule, ...] = (*headers.RULES, *reading.RULES, *columns.RULES, *failing.RULES, *state.RULES)
"""Those that look at a file that could be read, in this order."""
EXPLAINED: tuple[Rule, ...] = tuple(sorted((*RULES, *form.RULES, *refused.RULES), key=lambda rule: rule.code))
"""Those and what is found while reading and planning: every code there is."""
