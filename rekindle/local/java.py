"""Which Java runs Kafka and Flink."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from jobs import settings
from jobs.errors import SettingsError

TESTED = 17
ACCEPTED = range(17, 22)  # Kafka 4 needs 17; Flink 2.2 is released for up to 21
_VERSION = re.compile(r'version "(\d+)(?:\.(\d+))?')


@dataclass(frozen=True)
class Java:
    executable: Path
    major: int


def parse_major(text: str) -> int | None:
    """Major version in the output of `java -version`: `17.0.15` → 17, `1.8.0_402` → 8."""
    match = _VERSION.search(text)
    if match is None:
        return None
    return int(match[2]) if match[1] == "1" and match[2] else int(match[1])


def find_java() -> Java:
    """JAVA_HOME's java, else the one on PATH. Raises SettingsError when there is none or its version does not fit."""
    home = settings.environment("JAVA_HOME")
    remedy = f"install JDK {TESTED} and let JAVA_HOME (or PATH) lead to it"
    found = shutil.which(str(Path(home) / "bin" / "java") if home else "java")
    if found is None:
        raise SettingsError(f"JAVA_HOME has no bin/java: {home}" if home else "no java on PATH and JAVA_HOME is not set", remedy)
    try:
        answer = subprocess.run([found, "-version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SettingsError(f"`{found} -version` failed: {error}", remedy) from None
    major = parse_major(answer.stderr + answer.stdout)
    if major is None or major not in ACCEPTED:
        raise SettingsError(f"{found} is Java {major or 'of an unknown version'}, not {TESTED}", remedy)
    return Java(Path(found), major)
