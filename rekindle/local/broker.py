"""One Kafka broker in KRaft mode, run from plain jars."""

from __future__ import annotations

import base64
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path

from jobs.errors import RunError
from rekindle.local.logs import telling_line
from rekindle.local.ports import LOOPBACK

JVM = ("-Xms256m", "-Xmx768m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""One broker for a laptop's traffic: what matters is that it starts soon and leaves the cores to Flink."""


def broker_properties(port: int, controller_port: int, data: Path) -> dict[str, str]:
    """server.properties of a single node, reachable from this machine only."""
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{LOOPBACK}:{controller_port}",
        "listeners": f"PLAINTEXT://{LOOPBACK}:{port},CONTROLLER://{LOOPBACK}:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{port}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        "log.dirs": str(data),
        "auto.create.topics.enable": "false",  # a mistyped topic must fail, not appear with other settings
        "num.partitions": "1",
        "default.replication.factor": "1",
        "min.insync.replicas": "1",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "4",  # default 50: files and start-up time for a handful of groups
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "4",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "group.initial.rebalance.delay.ms": "0",
        "log.cleaner.dedupe.buffer.size": str(16 * 1024 * 1024),  # default 128 MiB, a sixth of the heap
        "num.io.threads": "4",
    }


def logging_properties(log: Path) -> dict[str, str]:
    """log4j2 configuration: one file per run, two earlier ones kept."""
    return {
        "appender.file.type": "RollingFile",
        "appender.file.name": "file",
        "appender.file.fileName": str(log),
        "appender.file.filePattern": f"{log}.%i",
        "appender.file.layout.type": "PatternLayout",
        "appender.file.layout.pattern": "%d %-5p %c{1} %x - %m%n",
        "appender.file.policies.type": "Policies",
        "appender.file.policies.size.type": "SizeBasedTriggeringPolicy",
        "appender.file.policies.size.size": "50MB",
        "appender.file.policies.startup.type": "OnStartupTriggeringPolicy",
        "appender.file.strategy.type": "DefaultRolloverStrategy",
        "appender.file.strategy.max": "2",
        # it calls a busy machine an ERROR, which would be shown as why the broker ended
        "logger.slow.name": "org.apache.kafka.controller.EventPerformanceMonitor",
        "logger.slow.level": "OFF",
        "rootLogger.level": "INFO",
        "rootLogger.appenderRef.file.ref": "file",
    }


def write_properties(path: Path, values: Mapping[str, str]) -> Path:
    """Writes server.properties of a single KRaft broker."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{key}={value}\n" for key, value in values.items()), encoding="utf-8")
    return path


def prepare(folder: Path, jars: Path, java: Path, port: int, controller_port: int, log: Path, environ: Mapping[str, str]) -> list[str]:
    """Write the configuration, format the data folder if it is new; the broker's command line.

    folder: holds configuration and data; an existing data folder keeps its topics. Raises: RunError when formatting fails.
    """
    data = folder / "data"
    config = write_properties(folder / "server.properties", broker_properties(port, controller_port, data))
    logging = write_properties(folder / "log4j2.properties", logging_properties(log))
    classpath = ["-cp", f"{jars}/*"]
    if not (data / "meta.properties").is_file():
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        # with `=`: an id may begin with a dash, and would be taken for an option
        command = [
            str(java),
            *classpath,
            "kafka.tools.StorageTool",
            "format",
            "--ignore-formatted",
            f"--cluster-id={cluster}",
            "-c",
            str(config),
        ]
        answer = subprocess.run(command, capture_output=True, text=True, check=False, env=dict(environ))
        if answer.returncode:
            said = (answer.stdout + answer.stderr).splitlines()
            reason = telling_line(said) or (said[-1] if said else "no message")
            raise RunError(f"Kafka's data folder could not be made: {reason}", f"free disk space or remove {folder}")
    return [str(java), *JVM, f"-Dlog4j2.configurationFile=file:{logging}", *classpath, "kafka.Kafka", str(config)]
