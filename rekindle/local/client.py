"""The client side of the local cluster: with which jars this process plans and submits jobs."""

from __future__ import annotations

from jobs.settings import environment, export
from rekindle.local.paths import Places, flink_home

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
