"""The client side of the local cluster: with which jars this process plans and submits jobs."""

from __future__ import annotations

from contextlib import suppress

from jobs.errors import SettingsError
from jobs.settings import environment, export
from rekindle.local.cluster import flink_jars
from rekindle.local.paths import Places, flink_home, missing_jars

# It lives for a minute: the second compiler would cost as much again as planning and never pay back (33 → 15 CPU-s for five jobs).
_SHORT_LIVED = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"


def use_jars_of(places: Places) -> None:
    """Points PyFlink's JVM, not started yet, at the cluster's own jars. Does nothing when no local cluster was made here.

    The cluster has them in its lib folder, so they are not shipped with every job, and no class exists twice.
    """
    given = environment("JVM_ARGS")
    if not given.startswith(_SHORT_LIVED):  # a parent process may have been here
        export("JVM_ARGS", f"{_SHORT_LIVED} {given}".strip())
    lib = places.flink / "lib"
    if lib.is_dir():
        export("FLINK_HOME", str(flink_home()))
        export("FLINK_LIB_DIR", str(lib))
        export("FLINK_CONF_DIR", str(places.flink_conf))


def use_planning_jars(places: Places) -> None:
    """Points PyFlink's JVM, not started yet, at the jars that planning needs; no cluster need ever have been started here.

    Raises: SettingsError when they were not fetched.
    """
    use_jars_of(places)
    if (places.flink / "lib").is_dir():
        return
    missing = [name for name in missing_jars(places) if name.startswith("flink/")]
    if missing:
        raise SettingsError(f"jars missing in {places.jars}: {', '.join(missing)}", "run `make setup`, or name the folder with --state-dir")
    lib = places.root / "planning" / "lib"
    lib.mkdir(parents=True, exist_ok=True)
    wanted = {jar.name: jar for jar in (*flink_jars(flink_home()), *(places.jars / "flink").glob("*.jar"))}
    for link in lib.iterdir():
        if link.name not in wanted or link.resolve() != wanted[link.name].resolve():
            link.unlink()
    for name, jar in wanted.items():
        with suppress(FileExistsError):  # made by another check at the same time
            (lib / name).symlink_to(jar.resolve())
    export("FLINK_HOME", str(flink_home()))  # without it PyFlink overwrites the next
    export("FLINK_LIB_DIR", str(lib))
