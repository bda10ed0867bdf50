"""The rules, one module each, in the order of semantics.md, section 5: the first that refuses names the reason.

A new rule is a module with one function and a line in CHECKS. A check sees the candidate and what is known as of D; no clock.
"""

from __future__ import annotations

from collections.abc import Callable

from jobs.gate.checks.address import check_address
from jobs.gate.checks.cancelled import check_cancelled
from jobs.gate.checks.capped import check_capped
from jobs.gate.checks.consent import check_consent
from jobs.gate.checks.cooldown import check_cooldown
from jobs.gate.checks.duplicate import check_duplicate
from jobs.gate.checks.expired import check_expired
from jobs.gate.checks.holdout import check_holdout
from jobs.gate.checks.ordered_since import check_ordered_since
from jobs.gate.checks.outranked import check_outranked
from jobs.gate.checks.paused import check_paused
from jobs.gate.checks.profile import check_profile
from jobs.gate.checks.quiet import check_quiet
from jobs.gate.checks.suppressed import check_suppressed
from jobs.gate.decisions import Refusal
from jobs.gate.facts import Facts

Check = Callable[[Facts], Refusal | None]

CHECKS: tuple[Check, ...] = (
    check_paused,  # 1
    check_expired,  # 2
    check_duplicate,  # 3
    check_cancelled,  # 4
    check_ordered_since,  # 5
    check_profile,  # 6
    check_address,  # 6
    check_consent,  # 7
    check_suppressed,  # 8
    check_holdout,  # 9
    check_cooldown,  # 10
    check_capped,  # 10
    check_outranked,  # 11
    check_quiet,  # 12
)
"""The numbers are those of the table."""

ALONE: tuple[Check, ...] = tuple(check for check in CHECKS if check is not check_outranked)
"""Those that a rival must pass to win: all that do not look at rivals."""

AGAIN: tuple[Check, ...] = (
    check_paused,
    check_cancelled,
    check_ordered_since,
    check_profile,
    check_address,
    check_consent,
    check_suppressed,
    check_quiet,
)
"""Those for a send that comes back. It is no new mail: not its own duplicate, and what it counts it counts already."""

AGAIN_WITHOUT_PLACE: tuple[Check, ...] = (*AGAIN[:-1], check_cooldown, check_capped, check_quiet)
"""The same for one that was given back: it needs a place in the caps again."""


def first_refusal(facts: Facts, checks: tuple[Check, ...] = CHECKS) -> Refusal | None:
    """What the first check that refuses says; None: all let it pass."""
    for check in checks:
        refusal = check(facts)
        if refusal is not None:
            return refusal
    return None
