"""Builds what is shipped: the wheel, `suite.zip` for `flink run -pyfs`, and the jars for a cluster's lib folder.

    .venv/bin/python tools/build_dist.py --jars .rekindle/jars/flink --out dist

The zip is cut out of the wheel, so both hold the same files; the same sources give the same bytes.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("rekindle", "jobs", "udfs", "connectors", "sql")
SUITE = ("jobs", "udfs", "connectors", "sql")  # what runs on Flink; the tool stays at home
BUILD_FILES = ("setup.py", "pyproject.toml", "README.md", "LICENSE", "NOTICE", "requirements", "flink-conf")
EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest time a zip can hold
EPOCH_SECONDS = 315_532_800


class DistError(Exception):
    """A step of the build failed; the message holds what it said."""


def main(argv: list[str] | None = None) -> int:
    """0 when everything is in `--out`, 3 when a step failed."""
    parser = argparse.ArgumentParser(description="Build the wheel, suite.zip and the folder of jars.")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--jars", type=Path, help="folder whose jars go to OUT/jars; none without it")
    parsed = parser.parse_args(argv)
    try:
        made = [wheel := build_wheel(parsed.out), cut_suite(wheel, parsed.out / "suite.zip")]
        made += copy_jars(parsed.jars, parsed.out / "jars") if parsed.jars else []
    except DistError as error:
        print(f"error: {error}", file=sys.stderr)
        return 3
    for path in made:
        print(path)
    return 0


def build_wheel(out: Path) -> Path:
    """Build the wheel into `out`, from a copy: setuptools leaves folders behind, and would ship what an earlier build left."""
    out.mkdir(parents=True, exist_ok=True)
    for stale in out.glob("rekindle_flink-*.whl"):
        stale.unlink()
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "source"
        source.mkdir()
        for name in (*PACKAGES, *BUILD_FILES):
            _copy(ROOT / name, source / name)
        # env(1): the variable is for this one child
        command = ["env", f"SOURCE_DATE_EPOCH={EPOCH_SECONDS}", sys.executable, "-m", "pip", "wheel", "--quiet", "--no-input"]
        options = ["--disable-pip-version-check", "--no-deps", "--no-build-isolation", "--no-cache-dir", "--wheel-dir", str(out)]
        done = subprocess.run([*command, *options, str(source)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise DistError(f"the wheel could not be built\n{done.stdout}{done.stderr}".rstrip())
    return next(out.glob("rekindle_flink-*.whl"))


def cut_suite(wheel: Path, suite: Path) -> Path:
    """Write the packages that run on Flink, with their data, out of `wheel` into `suite`."""
    with zipfile.ZipFile(wheel) as whole, zipfile.ZipFile(suite, "w") as part:
        for name in sorted(whole.namelist()):
            if name.split("/", 1)[0] in SUITE:
                entry = zipfile.ZipInfo(name, EPOCH)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                part.writestr(entry, whole.read(name))
    return suite


def copy_jars(jars: Path, target: Path) -> list[Path]:
    """Copy every jar of `jars` into an emptied `target`. Raises DistError when there is none."""
    found = sorted(jars.glob("*.jar"))
    if not found:
        raise DistError(f"no jars in {jars}: run 'make setup'")
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    return [Path(shutil.copy(jar, target)) for jar in found]


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    elif source.exists():
        shutil.copy(source, target)
    else:
        raise DistError(f"{source.name} is missing")


if __name__ == "__main__":
    sys.exit(main())
