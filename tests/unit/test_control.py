"""rekindle pause, mute, set: what is refused before it reaches the topic, and how values are written"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from jobs.definitions.findings import FindingsError
from rekindle.cli.main import rekindle
from rekindle.workbench import audit
from rekindle.workbench.control import caps_file, values
from rekindle.workbench.control.topic import Change, differs
from rekindle.workbench.index.privacy import pseudonyms

CAPS = "- {class: marketing, channel: email, limit: 1, per: 24 hours}\n- {limit: 3, per: 7 days, calendar: true}\n"


def run(folder: Path, *arguments: str) -> Result:
    """Nobody listens at that port: what gets as far as Kafka ends with exit code 3."""
    return CliRunner().invoke(rekindle, ["--state-dir", str(folder), "--set", "kafka.servers=127.0.0.1:1", *arguments])


def found(text: str) -> list[str]:
    with pytest.raises(FindingsError) as caught:
        caps_file.parse(text, "caps.yaml")
    return [str(finding) for finding in caught.value.findings]


def test_caps_are_written_as_the_gate_reads_them() -> None:
    assert values.written(caps_file.parse(CAPS, "caps.yaml")) == {
        "caps": [
            {"class": "marketing", "channel": "email", "limit": 1, "per": "24 hours", "calendar": False},
            {"class": "marketing", "channel": "email", "limit": 3, "per": "7 days", "calendar": True},
        ]
    }
    assert caps_file.parse(f"caps:\n{CAPS}", "x") == caps_file.parse(CAPS, "x")


def test_caps_are_read_from_a_file_or_from_the_argument_itself(tmp_path: Path) -> None:
    file = tmp_path / "caps.yaml"
    file.write_text(CAPS, encoding="utf-8")
    assert caps_file.read(str(file)) == caps_file.read(CAPS) == caps_file.parse(CAPS, "x")


@pytest.mark.parametrize(
    ("text", "place", "fact"),
    [
        ("- {limit: 1, per: 24}", "caps.yaml:1:19:", "expected a duration with a unit"),
        ("- {limit: -1, per: 24 hours}", "caps.yaml:1:11:", "greater than or equal to 0"),
        ("- limit: 1\n  per: 24 hours\n  limits: 3", "caps.yaml:3:3:", "did you mean: limit"),
        ("- {per: 24 hours}", "caps.yaml:1:3:", "is missing"),
        ("- {limit: 1, per: 90 min, calendar: true}", "caps.yaml:1:3:", "whole days"),
        ("", "caps.yaml:1:1:", "expected a list"),
        ("- {limit: 1", "caps.yaml:1:", "is not valid YAML"),
        ("just words", "caps.yaml:1:1:", ""),
        ("\x00", "caps.yaml:1:1:", "is not valid YAML"),
    ],
)
def test_a_bad_cap_is_told_with_its_place(text: str, place: str, fact: str) -> None:
    (said,) = found(text)
    assert said.startswith(place)
    assert fact in said


def test_every_bad_cap_is_told_at_once() -> None:
    assert [said.split(" ")[0] for said in found("- {limit: x, per: 1 d}\n- {limit: 1, per: soon}\n")] == [
        "caps.yaml:1:11:",
        "caps.yaml:2:19:",
    ]


def test_quiet_hours_are_written_as_the_gate_reads_them() -> None:
    assert values.written(values.quiet_hours("21:00-09:00")) == {"from": "21:00", "to": "09:00", "spread": "5 minutes", "enabled": True}
    assert values.written(values.quiet_hours("off"))["enabled"] is False
    assert values.written(values.quiet_hours("21:00-09:00", "10 min"))["spread"] == "10 minutes"
    assert values.written(values.quiet_hours("21:00-09:00", "1500 ms"))["spread"] == "1500 ms"
    assert values.written(values.quiet_hours("21:00-09:00", "0 s"))["spread"] == "0 ms"


@pytest.mark.parametrize("text", ["9", "21:00", "21:00-24:00", "21.00-09:00", "21:00-21:00", "9:00-21:00", ""])
def test_hours_that_are_none_are_a_usage_error(tmp_path: Path, text: str) -> None:
    result = run(tmp_path, "set", "quiet_hours", text)
    assert result.exit_code == 2, result.output
    assert "expected" in result.output or "the same" in result.output


def test_an_unknown_trigger_or_pack_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    for command, name, near in (("pause", "cart_abandonned", "cart_abandoned"), ("resume", "x", "there are: "), ("mute", "cores", "core")):
        result = run(tmp_path, command, name)
        assert result.exit_code == 2
        assert near in result.output


def test_without_kafka_a_change_fails_with_one_line_and_stands_in_the_audit_log(tmp_path: Path) -> None:
    result = run(tmp_path, "pause", "cart_abandoned", "--by", "ana")
    assert result.exit_code == 3
    assert "Kafka is not reachable at 127.0.0.1:1" in result.output
    (row,) = (json.loads(line) for line in (tmp_path / "audit.jsonl").read_text(encoding="utf-8").splitlines())
    assert {name: row[name] for name in ("who", "what", "about", "detail")} == {
        "who": "ana", "what": "pause", "about": "trigger:cart_abandoned", "detail": "paused",
    }  # fmt: skip


def test_values_and_default_exclude_each_other(tmp_path: Path) -> None:
    for arguments in (
        ("caps",),
        ("caps", "[{limit: 1, per: 1 d}]", "--default"),
        ("quiet_hours",),
        ("quiet_hours", "21:00-09:00", "--default"),
    ):
        assert run(tmp_path, "set", *arguments).exit_code == 2


def test_a_resumed_trigger_and_a_default_setting_are_no_difference() -> None:
    off: dict[str, object] = {"paused": False}
    on: dict[str, object] = {"paused": True}
    of: list[tuple[str, dict[str, object]]] = [("trigger:a", off), ("trigger:a", on), ("setting:caps", {}), ("setting:caps", {"caps": []})]
    assert [differs(Change(key, value, 0, None)) for key, value in of] == [False, True, False, True]


def test_the_audit_log_names_nobody_and_answers_who_asked_for_whom(tmp_path: Path) -> None:
    file, names = tmp_path / "audit.jsonl", pseudonyms(tmp_path)
    for given in ("ana@example.com", " ANA@example.com", "42"):
        audit.write(file, audit.Entry(0, "op", "why", audit.whom(names, given), None))
    text = file.read_text(encoding="utf-8")
    assert "example.com" not in text
    assert '"42"' not in text
    about = [json.loads(line)["about"] for line in text.splitlines()]
    assert about[0] == about[1] == audit.whom(names, "ana@example.com")
    assert about[2] == audit.whom(names, "42")
    assert file.stat().st_mode & 0o077 == 0
