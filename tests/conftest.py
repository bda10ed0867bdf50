"""What every test may use. The kind of a test (`-m flink`, …) follows from its folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from jobs.settings import environment

ROOT = Path(__file__).resolve().parent.parent
# A machine that stalls is no finding: by default an example of 200 ms fails.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
MARKED = {"flink", "integration", "faults", "packaging"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        kind = item.path.relative_to(ROOT / "tests").parts[0]
        if kind in MARKED:
            item.add_marker(kind)


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder."""
    return ROOT


@pytest.fixture(scope="session")
def jars() -> Path:
    """What `make setup` fetched and built: folders `flink` and `kafka`. Another Flink version has its own (REKINDLE_STATE)."""
    folder = Path(environment("REKINDLE_STATE", str(ROOT / ".rekindle"))) / "jars"
    if not list((folder / "flink").glob("rekindle-flink-udfs.jar")):
        pytest.fail(f"no jars in {folder}: run 'make setup'", pytrace=False)
    return folder
