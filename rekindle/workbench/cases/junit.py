"""Results as JUnit XML, the form continuous-integration servers read."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from xml.etree import ElementTree as xml

from rekindle.workbench.cases import show
from rekindle.workbench.cases.run import Result


def write(path: Path, results: Sequence[Result]) -> None:
    """One suite a trigger, one test case a sentence."""
    root = xml.Element("testsuites")
    for trigger, group in groupby(results, key=lambda result: result.case.trigger):
        cases = list(group)
        failed = sum(not result.passed for result in cases)
        suite = xml.SubElement(root, "testsuite", name=trigger, tests=str(len(cases)), failures=str(failed))
        for result in cases:
            case = xml.SubElement(suite, "testcase", classname=trigger, name=result.case.sentence, file=result.case.path)
            if not result.passed:
                xml.SubElement(case, "failure", message=result.error or "other rows than expected").text = "\n".join(show.failure(result))
    path.parent.mkdir(parents=True, exist_ok=True)
    xml.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)
