"""One JVM for all tests of this folder, PyFlink's own with the cluster's jars on its class path, and in it one mini cluster for all jobs.

Left to itself Flink starts a cluster for each job, and each loads the thousands of classes of its RPC system anew: more work than the job.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from py4j.java_gateway import _garbage_collect_object

from jobs.settings import export
from rekindle.local.ports import LOOPBACK
from tests.flink.mini_cluster import MiniCluster

_SLOTS = 8
_CLUSTER = {
    "rest.bind-port": "0",
    "rest.address": LOOPBACK,
    "rest.bind-address": LOOPBACK,
    "taskmanager.memory.managed.size": "512 mb",
    "taskmanager.memory.network.min": "128 mb",
    "taskmanager.memory.network.max": "128 mb",
    "jobstore.max-capacity": "5",  # nobody asks for jobs that are over
}


@pytest.fixture(scope="session")
def flink(jars: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MiniCluster]:
    """Runs statements in this process. The JVM starts with the first test that asks."""
    from pyflink import java_gateway
    from pyflink.find_flink_home import _find_flink_home

    before = dict(os.environ)
    home = Path(_find_flink_home())
    lib = tmp_path_factory.mktemp("lib")
    for jar in (*(home / "lib").glob("*.jar"), *(home / "opt").glob("flink-python-*.jar"), *(jars / "flink").glob("*.jar")):
        (lib / jar.name).symlink_to(jar.resolve())
    export("FLINK_LIB_DIR", str(lib))
    # Python in a thread of the JVM asks the first `python` there is for its library: it has to be this one
    export("PATH", os.pathsep.join((str(Path(sys.executable).parent), before.get("PATH", os.defpath))))
    export("FLINK_LOG_DIR", str(tmp_path_factory.mktemp("log")))
    # Jobs of a second gain nothing from the slow compiler; without it the code cache is 48 MB, which are full after some minutes.
    export("JAVA_TOOL_OPTIONS", "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -Xmx1g")
    assert java_gateway._gateway is None, "a JVM with another class path runs already"
    java_gateway.get_gateway()
    for name in os.environ.keys() - before.keys():  # the JVM has them; later tests start clusters of their own
        os.environ.pop(name)
    os.environ.update(before)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("py4j.java_gateway._garbage_collect_object", _of_this_thread(_garbage_collect_object))
        cluster = _start_cluster(java_gateway.get_gateway().jvm)
        yield MiniCluster(tmp_path_factory.mktemp("data"))
        cluster.close()
    java_gateway.get_gateway().shutdown()  # else what Python still holds of Java's calls into a JVM that is gone, whenever it is collected
    for child in psutil.Process().children():  # it would go by itself, but only some time after this process
        with suppress(psutil.Error):  # of other children only a zombie may be left
            if any("PythonGatewayServer" in word for word in child.cmdline()):
                child.terminate()
                child.wait(240)


def _of_this_thread(collect: Callable[[Any, str], None]) -> Callable[[Any, str], None]:
    """Python's collector runs in whichever thread it is due, and one of pytest-xdist's would take the connection, so the Java thread, on which
    the planner was made: Calcite finds nothing in another's thread locals (FLINK-36298). What dies there stays with Java.
    """
    ours = threading.get_ident()
    return lambda client, target: collect(client, target) if threading.get_ident() == ours else None


def _start_cluster(jvm: Any) -> Any:
    """A mini cluster that every environment of this JVM submits to, as `flink run` would have it. Returns: it, to be closed."""
    options = jvm.org.apache.flink.configuration.Configuration()
    for name, value in _CLUSTER.items():
        options.setString(name, value)
    configuration = jvm.org.apache.flink.runtime.minicluster.MiniClusterConfiguration.Builder()
    cluster = jvm.org.apache.flink.runtime.minicluster.MiniCluster(
        configuration.setConfiguration(options).setNumSlotsPerTaskManager(_SLOTS).build()
    )
    cluster.start()
    address = cluster.getRestAddress().get()
    client = jvm.org.apache.flink.configuration.Configuration()
    for name, value in {"execution.target": "remote", "rest.address": address.getHost(), "rest.port": str(address.getPort())}.items():
        client.setString(name, value)
    jvm.org.apache.flink.client.program.StreamContextEnvironment.setAsContext(
        jvm.org.apache.flink.core.execution.DefaultExecutorServiceLoader(),
        client,
        jvm.Thread.currentThread().getContextClassLoader(),
        False,
        True,
    )
    return cluster
