"""Rows in, a query, rows out: each run is one bounded job on a mini cluster in PyFlink's JVM."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

from connectors.kafka import Client, sink_options, with_clause
from connectors.topics import TOPICS
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


_RECORD_TIME = re.compile(r"\s+METADATA FROM 'timestamp'(?: VIRTUAL)?")


class OnFiles(StreamEnvironment):
    """A job whose topics are files: connectors change, logic does not. Kafka's record time is a field of the row, a tombstone one that is erased."""

    def run(self, statement: str) -> None:
        if statement.startswith("CREATE TEMPORARY TABLE"):
            statement = _RECORD_TIME.sub("", statement).replace("tombstone BOOLEAN", "erased BOOLEAN, tombstone AS COALESCE(erased, FALSE)")
        super().run(statement)


@dataclass
class MiniCluster:
    """folder: where tables lie."""

    folder: Path
    _numbers: Iterator[int] = field(default_factory=count)

    def environment(self, job: str = "test", settings: Settings | None = None) -> StreamEnvironment:
        """A job of the suite under construction, to run here."""
        settings = settings or load(environ={})
        options = settings.flink.options | OPTIONS
        flink = settings.flink.model_copy(update={"options": options})
        return stream_environment(settings.model_copy(update={"flink": flink}), job)

    def on_files(
        self, job: str, topics: Mapping[str, Iterable[Mapping[str, Any]]], sinks: Iterable[str]
    ) -> tuple[OnFiles, dict[str, Path]]:
        """A job of the suite between files. topics: rows of each that is read. sinks: topics that are written. Returns: (job, where they lie)."""
        env = OnFiles(**vars(self.environment(job)))
        for name, rows in topics.items():
            # versions too: over a connector that makes no watermarks itself, format rekindle-version cannot be planned (2.2.1)
            options = self._file(rows) | {"format": "json", "json.timestamp-format.standard": "ISO-8601"}
            env.values |= dict.fromkeys((f"source_{name}", f"versioned_{name}"), with_clause(options))
        targets = {name: self.path() for name in sinks}
        for name, target in targets.items():
            options = {"connector": "filesystem", "path": target.as_uri(), "format": "json"}
            format_options = {
                option.removeprefix("value."): value
                for option, value in sink_options(TOPICS[name], Client("", job)).items()
                if ".json." in option
            }
            env.values[f"sink_{name}"] = with_clause(options | format_options)
        return env, targets

    def rows(self, query: str, tables: Mapping[str, File], env: StreamEnvironment | None = None) -> list[dict[str, Any]]:
        """What a SELECT over these tables gives, in its order, as JSON objects: bytes as base64."""
        env = env or self.environment()
        env.set_option("pipeline.object-reuse", "true")  # as job ingest runs: what keeps a row it was handed shows here
        for name, table in tables.items():
            self.create(env, name, table)
        target = self.path()
        sink = {"connector": "filesystem", "path": target.as_uri(), "format": "json", "json.encode.decimal-as-plain-number": "true"}
        env.table.execute_sql(f"CREATE TEMPORARY VIEW answer AS\n{query}")  # CREATE TABLE AS cannot take a function over a table itself
        env.table.execute_sql(f"CREATE TABLE found WITH ({with_clause(sink)}) AS SELECT * FROM answer").wait()
        return read(target)

    def create(self, env: StreamEnvironment, name: str, table: File) -> None:
        """Writes the file and makes it a table."""
        options = with_clause({**self._file(table.lines), **table.format})
        env.table.execute_sql(f"CREATE TEMPORARY TABLE {name} ({table.columns}) WITH ({options})")

    def _file(self, lines: Iterable[Mapping[str, Any] | bytes]) -> dict[str, str]:
        source = self.path()
        source.write_bytes(b"".join((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines))
        return {"connector": "filesystem", "path": source.as_uri()}

    def path(self) -> Path:
        """A place nothing is at."""
        return self.folder / str(next(self._numbers))


def read(folder: Path) -> list[dict[str, Any]]:
    """The JSON rows a job wrote into a folder; numbers with a point as Decimal."""
    text = "".join(part.read_bytes().decode() for part in sorted(folder.glob("[!.]*")))
    return [json.loads(line, parse_float=Decimal) for line in text.split("\n") if line]
