"""Which files belong to the project: what git tracks or would."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ("rekindle", "jobs", "udfs", "connectors", "sql")


@cache
def project_files() -> tuple[Path, ...]:
    """Files that are tracked, or new and not ignored, in the order of their names."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return tuple(sorted(path for name in listed.split("\0") if name and (path := ROOT / name).is_file()))


def python_files(*folders: str) -> list[Path]:
    """Python files of the project below `folders`; of all of it without any."""
    return [path for path in project_files() if path.suffix == ".py" and (not folders or name_of(path).split("/")[0] in folders)]


def name_of(path: Path) -> str:
    """How a finding names a file: from the project's folder on."""
    return path.relative_to(ROOT).as_posix()
