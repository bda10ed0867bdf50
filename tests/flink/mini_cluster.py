"""Rows in, a query, rows out: each run is one bounded job on a mini cluster in PyFlink's JVM."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

from connectors.kafka import with_clause
from jobs.environment import StreamEnvironment, stream_environment
from jobs.settings import Settings, load

OPTIONS = {
    # one by one and in order: the file's rows are the log, and every row's watermark is out before the next row
    "parallelism.default": "1",
    "pipeline.auto-watermark-interval": "0 ms",
    "execution.checkpointing.interval": "1 h",
    "execution.checkpointing.checkpoints-after-tasks-finish.enabled": "false",  # nobody waits for one
    "restart-strategy.type": "none",
}


@dataclass(frozen=True)
class File:
    """A table that is a file of lines. columns: as in CREATE TABLE, watermark included. format: options beside `format` itself."""

    columns: str
    lines: Iterable[Mapping[str, Any] | bytes]
    format: Mapping[str, str] = field(default_factory=lambda: {"format": "json", "json.timestamp-format.standard": "ISO-8601"})


@dataclass
class MiniCluster:
    """folder: where tables lie."""

    folder: Path
    _numbers: Iterable[int] = field(default_factory=count)

    def environment(self, job: str = "test", settings: Settings | None = None) -> StreamEnvironment:
        """A job of the suite under construction, to run here."""
        settings = settings or load(environ={})
        options = settings.flink.options | OPTIONS
        flink = settings.flink.model_copy(update={"options": options})
        return stream_environment(settings.model_copy(update={"flink": flink}), job)

    def rows(self, query: str, tables: Mapping[str, File], env: StreamEnvironment | None = None, **options: str) -> list[dict[str, Any]]:
        """What a SELECT over these tables gives, in its order, as JSON objects: bytes as base64."""
        env = env or self.environment()
        for name, value in options.items():
            env.table.get_config().set(name.replace("_", "."), value)
        for name, table in tables.items():
            self.create(env, name, table)
        target = self.path()
        sink = {"connector": "filesystem", "path": target.as_uri(), "format": "json", "json.encode.decimal-as-plain-number": "true"}
        env.table.execute_sql(f"CREATE TEMPORARY VIEW answer AS\n{query}")  # CREATE TABLE AS cannot take a function over a table itself
        env.table.execute_sql(f"CREATE TABLE found WITH ({with_clause(sink)}) AS SELECT * FROM answer").wait()
        return read(target)

    def create(self, env: StreamEnvironment, name: str, table: File) -> None:
        """Writes the file and makes it a table."""
        source = self.path()
        source.write_bytes(b"".join((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in table.lines))
        options = {"connector": "filesystem", "path": source.as_uri(), **table.format}
        env.table.execute_sql(f"CREATE TEMPORARY TABLE {name} ({table.columns}) WITH ({with_clause(options)})")

    def path(self) -> Path:
        """A place nothing is at."""
        return self.folder / str(next(iter(self._numbers)))


def read(folder: Path) -> list[dict[str, Any]]:
    """The JSON rows a job wrote into a folder; numbers with a point as Decimal."""
    text = "".join(part.read_bytes().decode() for part in sorted(folder.glob("[!.]*")))
    return [json.loads(line, parse_float=Decimal) for line in text.split("\n") if line]
