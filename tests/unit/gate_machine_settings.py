"""The oracle's rules as the machine takes them."""

from __future__ import annotations

from jobs.gate import rules as machine
from jobs.gate.retention import GateSettings
from jobs.settings import Cap, Gate, Holdout, QuietHours
from tests.oracle.gate_history import Rules


def machine_settings(given: Rules) -> GateSettings:
    """The same rules, through the project's settings."""
    gate = Gate.model_validate(gate_settings(given))
    return GateSettings(rules=machine.rules(gate), arbitration_ms=given.arbitration, tenant=given.tenant, epoch=given.epoch)


def gate_settings(given: Rules) -> dict[str, object]:
    """Section `gate` of the settings."""
    return {
        "identity_wait": f"{given.identity_wait} ms",
        "caps": [
            Cap.model_validate(
                {"class": cap.class_, "channel": cap.channel, "limit": cap.limit, "per": f"{cap.per} ms", "calendar": cap.calendar}
            )
            for cap in given.caps
        ],
        "quiet_hours": QuietHours.model_validate(
            {"enabled": given.quiet.enabled, "from": given.quiet.from_, "to": given.quiet.to, "spread": f"{given.quiet.spread} ms"}
        ),
        "timezone": given.timezone,
        "holdout": Holdout(share=given.share, salt=given.salt),
    }
