"""Clusters and clients that live for a minute or two: what a long-lived one gains from the second compiler they never pay back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jobs.settings import process_environment

_QUICK = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=128m"


@pytest.fixture(scope="module", autouse=True)
def quick_jvms() -> Iterator[None]:
    """Every JVM that a test of this folder starts; other folders' tests look at what `java` and `javac` say, and it says this too."""
    given = process_environment().get("JAVA_TOOL_OPTIONS", "")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAVA_TOOL_OPTIONS", f"{_QUICK} {given}".strip())
        yield
