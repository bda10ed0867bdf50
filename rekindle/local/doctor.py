"""Is this machine fit to run the suite? Each check gives one finding with a remedy."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

import psutil

from jobs.errors import RekindleError
from rekindle.local import java, ports, status
from rekindle.local.paths import Places, missing_jars, package_folder

Level = Literal["ok", "warn", "fail"]
PACKAGES = ("rekindle", "jobs", "connectors", "udfs", "sql")
PYTHON = (3, 11)
MEMORY_MB, MEMORY_LEAST_MB = 6000, 4000
_FLINK = {"apache-flink", "apache-flink-libraries"}  # both lines are tested
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)


@dataclass(frozen=True)
class Finding:
    """fact: what was found. remedy: what to do about it; '' when level is `ok`."""

    check: str
    level: Level
    fact: str
    remedy: str = ""


def examine(places: Places) -> list[Finding]:
    """All findings, in the order in which one would mend them."""
    lock = package_folder("rekindle").parent / "requirements" / "runtime.txt"
    return [
        check_python(sys.version_info[:2]),
        check_packages(parse_pins(lock.read_text(encoding="utf-8")) if lock.is_file() else {}, installed_version),
        check_imports({name: package_roots(name) for name in PACKAGES}),
        check_java(),
        check_maven(bool(missing_jars(places))),
        check_jars(places),
        check_ports(),
        check_memory(psutil.virtual_memory().available // 2**20 + sum(part.memory_mb for part in status.look(places).parts)),
    ]


def check_python(version: tuple[int, ...]) -> Finding:
    """Is this the Python the suite is locked for?"""
    found = ".".join(map(str, version))
    if version == PYTHON:
        return Finding("python", "ok", f"Python {found} at {sys.executable}")
    return Finding("python", "fail", f"Python {found}", "use Python 3.11: apache-beam under Flink has no other in common with us")


def parse_pins(text: str) -> dict[str, str]:
    """Lock file → name: exact version. Hashes and comments are skipped."""
    return {match[1].lower().replace("_", "-"): match[2] for match in _PIN.finditer(text)}


def installed_version(name: str) -> str | None:
    """Version of an installed distribution; None when it is not there."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def check_packages(pins: Mapping[str, str], version: Callable[[str], str | None]) -> Finding:
    """pins: the lock; empty in an installed wheel, where only Flink is checked. version: name → installed version or None."""
    missing, other = [], []
    for name, pinned in {**dict.fromkeys(_FLINK, "2.2.1"), **pins}.items():
        found = version(name)
        if found is None:
            missing.append(name)
        elif name in _FLINK and not found.startswith(("2.2.", "2.3.")):
            missing.append(f"{name} 2.2.x or 2.3.x (found {found})")
        elif name not in _FLINK and found != pinned:
            other.append(f"{name} {found} (locked {pinned})")
    if missing:
        return Finding("packages", "fail", "not installed: " + ", ".join(sorted(missing)), "run `make setup`")
    if other:
        return Finding("packages", "warn", "other than locked: " + ", ".join(sorted(other)), "run `make setup`")
    return Finding("packages", "ok", f"apache-flink {version('apache-flink')}, {len(pins) or 'no'} locked versions compared")


def package_roots(name: str) -> list[Path]:
    """Where Python would import a top-level package from: [] nowhere, several for a namespace package."""
    spec = importlib.util.find_spec(name)
    if spec is None:
        return []
    return sorted(Path(folder).absolute().parent for folder in spec.submodule_search_locations or [spec.origin or "."])


def check_imports(roots: Mapping[str, Iterable[Path]]) -> Finding:
    """All our packages must come from one place: `jobs` or `sql` of somebody else would be imported without a word."""
    places = {name: list(found) for name, found in roots.items()}
    missing = [name for name, found in places.items() if not found]
    if missing:
        return Finding("imports", "fail", f"not importable: {', '.join(missing)}", "install rekindle-flink, or run from its checkout")
    home = places["rekindle"][0]
    foreign = [f"{name} from {', '.join(map(str, found))}" for name, found in places.items() if found != [home]]
    if foreign:
        remedy = f"take that folder off PYTHONPATH, or uninstall what brought it; ours is {home}"
        return Finding("imports", "fail", f"shadowed: {'; '.join(foreign)}", remedy)
    return Finding("imports", "ok", f"{', '.join(places)} from {home}")


def check_java() -> Finding:
    """Is there a JDK of a version Flink runs on?"""
    try:
        found = java.find_java()
    except RekindleError as error:
        return Finding("java", "fail", error.message, error.hint)
    fact = f"Java {found.major} at {found.executable}"
    if found.major != java.TESTED:
        return Finding("java", "warn", fact, f"tested with JDK {java.TESTED}")
    if not (found.executable.resolve().parent / "javac").exists():
        return Finding("java", "warn", f"{fact}, without javac", "install the JDK, not only the JRE: `make setup` compiles one jar")
    return Finding("java", "ok", fact)


def check_maven(needed: bool) -> Finding:
    """needed: jars are missing, so `make setup` must be able to run."""
    found = shutil.which("mvn")
    if found is None:
        return Finding(
            "maven", "fail" if needed else "warn", "no mvn on PATH", "install Maven 3.8 or newer: `make setup` fetches the jars with it"
        )
    try:
        answer = subprocess.run([found, "-v"], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Finding("maven", "warn", f"`mvn -v` failed: {error}", "mend the Maven installation")
    first = re.sub(r"\x1b\[[0-9;]*m", "", answer.stdout).splitlines()[:1]
    if answer.returncode or not first:
        return Finding("maven", "warn", f"`mvn -v` ended with code {answer.returncode}", "mend the Maven installation")
    return Finding("maven", "ok", first[0])


def check_jars(places: Places) -> Finding:
    """Are the jars there that `make setup` fetches and builds?"""
    missing = missing_jars(places)
    if missing:
        return Finding("jars", "fail", f"missing under {places.jars}: {', '.join(missing)}", "run `make setup`")
    return Finding("jars", "ok", f"{sum(1 for _ in places.jars.glob('*/*.jar'))} under {places.jars}")


def check_ports() -> Finding:
    """Are there free ports to start on?"""
    try:
        ports.free_ports(8)
    except RekindleError as error:
        return Finding("ports", "fail", error.message, "stop what listens there")
    busy = [str(port) for port in (8081, 9092) if not ports.is_free(port)]
    note = f"; taken: {', '.join(busy)} (no matter, unless you ask for them)" if busy else ""
    return Finding("ports", "ok", f"enough free ports at {ports.LOOPBACK}{note}")


def check_memory(available_mb: int) -> Finding:
    """available_mb: free, or held by our own stack."""
    fact, remedy = f"{available_mb} MB available", f"the demo takes up to {MEMORY_MB} MB: close other programs"
    if available_mb >= MEMORY_MB:
        return Finding("memory", "ok", fact)
    return Finding("memory", "warn" if available_mb >= MEMORY_LEAST_MB else "fail", fact, remedy)
