"""`docs/rules.md`: every code with its reason, a bad and a good example. The examples are tested."""

from __future__ import annotations

from rekindle.workbench.check.rules import EXPLAINED
from rekindle.workbench.check.rules.base import Rule
from rekindle.workbench.check.rules.examples import shown

_TOP = """# What `rekindle check` checks

Made by `rekindle check --rules`; a test compares. Every example is tested too. A warning does not change the exit code.
The planner's own findings (T012 to T027, T047) are Flink's verdict, in other words and at the author's place.
"""


def markdown() -> str:
    """The page."""
    return "\n".join([_TOP, *_contents(), "", *(_section(rule) for rule in EXPLAINED)])


def _contents() -> list[str]:
    rows = [f"| [{rule.code}](#{rule.code.lower()}) | {rule.severity} | {_cell(rule.sentence)} |" for rule in EXPLAINED]
    return ["| code | | rule |", "| --- | --- | --- |", *rows]


def _section(rule: Rule) -> str:
    return (
        f"## {rule.code}\n\n**{rule.sentence}** {rule.why()}\n\nBad:\n\n{_block(shown(rule.bad))}\n\nGood:\n\n{_block(shown(rule.good))}\n"
    )


def _block(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.splitlines())


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
