"""The Flink environment of a job: configuration, functions, tables, and how it is submitted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from pyflink.common import Configuration
from pyflink.common.job_client import JobClient
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.java_gateway import get_gateway
from pyflink.table import StatementSet, StreamTableEnvironment

from jobs import operators, scripts, values
from jobs.durations import millis
from jobs.operators import Operator
from jobs.settings import Settings
from udfs import registry

Target = Literal["context", "remote"]
"""`context`: whatever runs this process decides (flink run, application mode, a mini cluster). `remote`: settings.flink.rest_url."""


PLAN = "rekindle.plan"
"""Job parameter that holds the plan's fingerprint."""


@dataclass
class StreamEnvironment:
    """One job under construction. Statements and streams are added; `execute` submits them as one job."""

    stream: StreamExecutionEnvironment
    table: StreamTableEnvironment
    settings: Settings
    job: str
    inserts: StatementSet
    values: dict[str, str]
    _has_inserts: bool = field(default=False)
    _operators: list[Operator] | None = field(default=None)

    def run_script(self, path: str, **extra: str) -> None:
        """Runs the statements of `sql/<path>`: an INSERT joins the job, anything else is executed at once."""
        for statement in scripts.statements(path, self.values | extra):
            self.run(statement)

    def run(self, statement: str) -> None:
        """One statement, as in `run_script`."""
        if statement.lstrip().upper().startswith("INSERT"):
            self.inserts.add_insert_sql(statement)
            self._has_inserts = True
        else:
            self.table.execute_sql(statement)

    def set_option(self, name: str, value: str) -> None:
        """A Flink option this job needs whatever the settings say."""
        config = Configuration()
        config.set_string(name, value)
        self.stream.configure(config)

    def complete(self) -> list[Operator]:
        """Ends the construction: the statements become operators, each with its uid. Returns: them, inputs before readers."""
        if self._operators is None:
            if self._has_inserts:
                self.inserts.attach_as_datastream()
            self._operators = operators.name_all(self.stream._j_stream_execution_environment.getTransformations(), self.job)
        return self._operators

    def execute(self) -> JobClient:
        """Submits the job and returns without waiting for its end."""
        planned = self.complete()
        # in the web UI and in REST, so that `rekindle plan` can tell whether what runs is what pack.lock says
        self.set_option("pipeline.global-job-parameters", f"{PLAN}:{operators.fingerprint(planned)}")
        return self.stream.execute_async(self.job)


def stream_environment(settings: Settings, job: str, target: Target = "context") -> StreamEnvironment:
    """An empty environment with the suite's configuration and functions. job: the job's name, which prefixes its operators' uids."""
    config = Configuration()
    for name, value in configuration(settings, job, target).items():
        config.set_string(name, value)
    stream = _remote(config) if target == "remote" else StreamExecutionEnvironment.get_execution_environment(config)
    table = StreamTableEnvironment.create(stream)
    for name, value in table_configuration(settings).items():
        table.get_config().set(name, value)
    for declaration in registry.declarations():
        table.execute_sql(declaration)
    return StreamEnvironment(stream, table, settings, job, table.create_statement_set(), values.of(settings, job))


def _remote(config: Configuration) -> StreamExecutionEnvironment:
    """`get_execution_environment` outside `flink run` would overwrite the target with `local`."""
    java_class = get_gateway().jvm.org.apache.flink.streaming.api.environment.StreamExecutionEnvironment
    return StreamExecutionEnvironment(java_class(config._j_configuration))


def configuration(settings: Settings, job: str, target: Target = "context") -> dict[str, str]:
    """Flink options of a job. All of it is said here, because a plain Python client does not read the cluster's config.yaml."""
    flink = settings.flink
    options = {
        "pipeline.name": job,
        "parallelism.default": str(flink.parallelism),
        "pipeline.max-parallelism": str(flink.max_parallelism),
        "execution.checkpointing.interval": f"{millis(flink.checkpoint_interval)} ms",
        "execution.checkpointing.mode": "EXACTLY_ONCE",  # of the state, in any case: sinks are another matter
        "execution.checkpointing.timeout": "60 s",
        "execution.checkpointing.tolerable-failed-checkpoints": "10",
        "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
        "execution.checkpointing.incremental": "true",
        "state.backend.type": flink.state_backend,
        "restart-strategy.type": "exponential-delay",
        "restart-strategy.exponential-delay.initial-backoff": "1 s",
        "restart-strategy.exponential-delay.max-backoff": "30 s",
        "restart-strategy.exponential-delay.attempts-before-reset-backoff": "2147483647",
        "pipeline.auto-watermark-interval": "200 ms",
    }
    if flink.checkpoint_dir:
        options["execution.checkpointing.dir"] = flink.checkpoint_dir
    if target == "remote":
        address = urlsplit(flink.rest_url)
        options |= {"execution.target": "remote", "rest.address": address.hostname or "127.0.0.1", "rest.port": str(address.port or 8081)}
    return options | flink.options


def table_configuration(settings: Settings) -> dict[str, str]:
    """Table options of a job."""
    return {
        "table.local-time-zone": "UTC",
        "table.exec.uid.generation": "ALWAYS",
        # replaced by uids that do not count positions, see jobs/operators.py
        "table.exec.uid.format": f"{operators.PLANNED}<id>-<transformation>",
        "table.exec.source.idle-timeout": "0 ms",  # idle partitions are what heartbeats are for
        **{name: value for name, value in settings.flink.options.items() if name.startswith("table.")},
    }


def run(job: str, build: Callable[[StreamEnvironment, Settings], object], settings: Settings) -> None:
    """Builds and submits one job in the surrounding context: what `flink run -pym jobs.<job>.job` does."""
    env = stream_environment(settings, job)
    build(env, settings)
    env.execute()
