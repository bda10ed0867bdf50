"""PyFlink's JVM in this process, with the suite's jars on its class path."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path

from jobs.errors import SettingsError
from jobs.settings import environment, export
from rekindle.local.paths import Places, flink_home, missing_jars

_QUICK = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""Planning and runs of seconds never pay the second compiler back."""
_STEADY = "-XX:+UseParallelGC"
"""ParallelGC: 6 % less CPU than G1 and 45 % less memory (flink.md, section 8)."""


def start(places: Places, long_runs: bool = False) -> None:
    """Starts the JVM unless it runs. long_runs: minutes of work are ahead. Raises: SettingsError when jars are missing."""
    from pyflink import java_gateway

    if java_gateway._gateway is not None:
        return
    missing = [name for name in missing_jars(places) if name.startswith("flink/")]
    if missing:
        raise SettingsError(f"{missing[0]} is missing in {places.jars.name}/", "run `make setup`, or give its folder with --state-dir")
    home = flink_home()
    folder = Path(tempfile.mkdtemp(prefix="rekindle-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for jar in (*(home / "lib").glob("*.jar"), *(home / "opt").glob("flink-python-*.jar"), *(places.jars / "flink").glob("*.jar")):
        (folder / jar.name).symlink_to(jar.resolve())
    export("FLINK_HOME", str(home))
    export("FLINK_LIB_DIR", str(folder))
    export("FLINK_LOG_DIR", str(folder))
    export("JVM_ARGS", f"{_STEADY if long_runs else _QUICK} {environment('JVM_ARGS')}".strip())
    java_gateway.get_gateway()
