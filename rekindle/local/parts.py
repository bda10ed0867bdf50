"""How each part is started, and where it logs."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from jobs import settings
from jobs.errors import SettingsError
from rekindle.local import broker, cluster
from rekindle.local.java import find_java
from rekindle.local.layout import Layout
from rekindle.local.paths import Places, flink_home, flink_overlay, missing_jars, package_folder
from rekindle.local.processes import MARK


@dataclass(frozen=True)
class Tools:
    """What must be installed before anything can start."""

    java: Path
    java_home: Path
    flink: Path
    environ: dict[str, str]


def tools(places: Places) -> Tools:
    """Find Java, Flink and the jars. Raises SettingsError with the remedy for the first that is missing."""
    java = find_java().executable
    missing = missing_jars(places)
    if missing:
        raise SettingsError(f"jar missing under {places.jars}: {', '.join(missing)}", "run `make setup`")
    return Tools(java, java.resolve().parent.parent, flink_home(), settings.process_environment())


def mark(places: Places, part: str) -> str:
    """What tells our processes of one part from all others on this machine."""
    return f"{places.root}:{part}"


def output_file(places: Places, part: str) -> Path:
    """What a part prints; its proper log lies beside it."""
    return places.logs / f"{part}.out"


def log_files(places: Places, part: str) -> list[Path]:
    """Logs of a part's last run, the most telling first."""
    if part == "kafka":
        own = [places.logs / "kafka.log"]
    elif part == "esp":
        own = []
    else:
        own = sorted(places.logs.glob(f"flink-{part}-*.log"))
    return [*own, output_file(places, part)]


def make_cluster_folder(places: Places, layout: Layout, tools: Tools) -> None:
    """lib and conf of the Flink cluster. Only while no JobManager runs."""
    options = cluster.local_options(
        rest_port=layout.rest_port,
        rpc_port=layout.rpc_port,
        slots=layout.slots,
        state_backend=layout.state_backend,
        checkpoint_interval_ms=layout.checkpoint_interval_ms,
        checkpoints=places.checkpoints,
        scratch=cluster.scratch(places.flink),
    )
    cluster.prepare(places.flink, home=tools.flink, overlay_file=flink_overlay(), jars=places.jars / "flink", options=options)


def command(places: Places, layout: Layout, tools: Tools, part: str) -> tuple[list[str], dict[str, str]]:
    """argv and environment of a part. Prepares its folder where it needs one."""
    environ = tools.environ | {MARK: mark(places, part)}
    if part == "kafka":
        log = places.logs / "kafka.log"
        jars = places.jars / "kafka"
        return broker.prepare(places.kafka, jars, tools.java, layout.kafka_port, layout.controller_port, log, environ), environ
    if part == "esp":
        places.ledger.parent.mkdir(parents=True, exist_ok=True)
        root = package_folder("connectors").parent  # a checkout need not be installed
        environ["PYTHONPATH"] = f"{root}:{environ.get('PYTHONPATH', '')}".rstrip(":")
        return [sys.executable, "-m", "connectors.esp.fake", "--port", str(layout.esp_port), "--ledger", str(places.ledger)], environ
    script = "jobmanager.sh" if part == "jobmanager" else "taskmanager.sh"
    dynamic = {"metrics.reporter.prom.port": str(layout.metrics_port(part))}
    if part != "jobmanager":
        dynamic["taskmanager.resource-id"] = part  # the name in the web UI; a restarted one takes its predecessor's place
    environ = cluster.environment(environ, folder=places.flink, home=tools.flink, java_home=tools.java_home, logs=places.logs, part=part)
    # start-foreground replaces the shell by Java: one pid, which is ours
    return [
        str(tools.flink / "bin" / script),
        "start-foreground",
        *(word for item in dynamic.items() for word in ("-D", "=".join(item))),
    ], environ
