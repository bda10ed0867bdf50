"""A Flink standalone cluster from the pip wheel: its configuration, jars and environment."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from rekindle.local.ports import LOOPBACK

_SCRATCH = "tmp"
_LOCAL_METRICS = (
    "-Dcom.sun.net.httpserver.HttpServerProvider=io.rekindle.flink.LoopbackHttpServers "
    "--add-exports=jdk.httpserver/sun.net.httpserver=ALL-UNNAMED"
)
"""JVM options: Flink's Prometheus reporter listens on all addresses and has no option against it."""

_NO_SECRETS = """
# Whenever a Python worker ends, Beam prints how it was started, with all its environment: with every secret that is a variable.
logger.beamworkers.name = org.apache.beam.runners.fnexecution.control.DefaultJobBundleFactory
logger.beamworkers.level = OFF
"""
"""Added to Flink's log4j2 configuration."""


def flatten(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested YAML → dotted keys, the way Flink reads it. Lists stay values."""
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{prefix}{key}.")
        elif value is not None:
            flat[f"{prefix}{key}"] = value
    return flat


def overlay(shipped: Mapping[str, Any], ours: Mapping[str, Any], local: Mapping[str, Any]) -> dict[str, Any]:
    """The wheel's configuration, ours over it, this machine's ports and paths over both."""
    return {**flatten(shipped), **flatten(ours), **local}


def local_options(
    *, rest_port: int, rpc_port: int, slots: int, state_backend: str, checkpoint_interval_ms: int, checkpoints: Path, scratch: Path
) -> dict[str, Any]:
    """Options that only a started stack knows."""
    return {
        "rest.address": LOOPBACK,
        "rest.bind-address": LOOPBACK,
        "rest.port": rest_port,
        "rest.bind-port": str(rest_port),
        "jobmanager.rpc.address": LOOPBACK,
        "jobmanager.rpc.port": rpc_port,
        "jobmanager.bind-host": LOOPBACK,
        "taskmanager.host": LOOPBACK,
        "taskmanager.bind-host": LOOPBACK,
        "env.java.default-opts.jobmanager": _LOCAL_METRICS,
        "env.java.default-opts.taskmanager": _LOCAL_METRICS,
        "taskmanager.numberOfTaskSlots": slots,
        "state.backend.type": state_backend,
        # RocksDB lives in managed memory; state on the heap leaves it to sorts and Python's bundles
        "taskmanager.memory.managed.fraction": 0.4 if state_backend == "rocksdb" else 0.1,
        "execution.checkpointing.interval": f"{checkpoint_interval_ms} ms",
        "execution.checkpointing.dir": checkpoints.as_uri(),
        "execution.checkpointing.savepoint-dir": (checkpoints / "savepoints").as_uri(),
        "io.tmp.dirs": str(scratch),
        # not resolved: the link inside a venv is what makes its packages visible
        "python.executable": sys.executable,
        "python.client.executable": sys.executable,
    }


def prepare(folder: Path, *, home: Path, overlay_file: Path, jars: Path, options: Mapping[str, Any]) -> None:
    """Make `folder`/lib, `folder`/conf and an empty `folder`/tmp anew. No cluster may be using them.

    home: pyflink's folder. jars: connector jars. options: what `local_options` gives.
    """
    for name in ("lib", "conf", _SCRATCH):
        shutil.rmtree(folder / name, ignore_errors=True)
    lib, conf = folder / "lib", folder / "conf"
    shutil.copytree(home / "conf", conf)
    for file in conf.glob("log4j*.properties"):
        file.write_text(file.read_text(encoding="utf-8") + _NO_SECRETS, encoding="utf-8")
    yaml = YAML(typ="safe")
    merged = overlay(yaml.load(home / "conf" / "config.yaml"), yaml.load(overlay_file), options)
    writer = YAML()
    writer.width = 1_000_000  # Flink's shell scripts read this file line by line
    writer.dump(merged, conf / "config.yaml")
    (folder / _SCRATCH).mkdir(parents=True)
    lib.mkdir()
    for jar in (*(home / "lib").glob("*.jar"), *(home / "opt").glob("flink-python-*.jar")):
        (lib / jar.name).symlink_to(jar)
    for jar in jars.glob("*.jar"):
        shutil.copy(jar, lib)  # not a link: a build that rewrites its jar would pull it from under a running JVM


def scratch(folder: Path) -> Path:
    """Where the cluster may leave temporary files."""
    return folder / _SCRATCH


def environment(base: Mapping[str, str], *, folder: Path, home: Path, java_home: Path, logs: Path, part: str) -> dict[str, str]:
    """Environment of one Flink process. base: the caller's, whose own Flink variables are dropped."""
    environ = {key: value for key, value in base.items() if not key.startswith(("FLINK_", "_FLINK_")) and key != "JVM_ARGS"}
    return environ | {
        "FLINK_HOME": str(home),
        "FLINK_LIB_DIR": str(folder / "lib"),
        "FLINK_CONF_DIR": str(folder / "conf"),
        "FLINK_PLUGINS_DIR": str(home / "plugins"),
        "FLINK_LOG_DIR": str(logs),
        "FLINK_PID_DIR": str(folder / "pids" / part),  # its own, else the scripts number the logs
        "FLINK_IDENT_STRING": part,
        "HOSTNAME": "local",  # only part of the log's name
        "JAVA_HOME": str(java_home),
        # thread mode finds its interpreter's packages only so (facts/flink.md, 5)
        "PATH": f"{Path(sys.executable).parent}:{base.get('PATH', '')}",
    }
