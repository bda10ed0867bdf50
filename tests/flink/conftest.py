"""One JVM for all tests of this folder: PyFlink's own, with the cluster's jars on its class path."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from jobs.settings import export
from tests.flink.mini_cluster import MiniCluster


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
    export("FLINK_LOG_DIR", str(tmp_path_factory.mktemp("log")))
    export("JAVA_TOOL_OPTIONS", "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmx1g")  # jobs of a second gain nothing from the slow compiler
    assert java_gateway._gateway is None, "a JVM with another class path runs already"
    java_gateway.get_gateway()
    for name in os.environ.keys() - before.keys():  # the JVM has them; later tests start clusters of their own
        os.environ.pop(name)
    os.environ.update(before)
    yield MiniCluster(tmp_path_factory.mktemp("data"))
    java_gateway.get_gateway().shutdown()  # else what Python still holds of Java's calls into a JVM that is gone, whenever it is collected
    for child in psutil.Process().children():  # it would go by itself, but only some time after this process
        with suppress(psutil.Error):  # of other children only a zombie may be left
            if any("PythonGatewayServer" in word for word in child.cmdline()):
                child.terminate()
                child.wait(240)
