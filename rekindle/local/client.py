"""The client side of the local cluster: with which jars this process plans and submits jobs."""

from __future__ import annotations

from jobs.settings import export
from rekindle.local.paths import Places, flink_home


def use_jars_of(places: Places) -> None:
    """Points PyFlink's JVM, not started yet, at the cluster's own jars. Does nothing when no local cluster was made here.

    The cluster has them in its lib folder, so they are not shipped with every job, and no class exists twice.
    """
    lib = places.flink / "lib"
    if lib.is_dir():
        export("FLINK_HOME", str(flink_home()))
        export("FLINK_LIB_DIR", str(lib))
        export("FLINK_CONF_DIR", str(places.flink_conf))
