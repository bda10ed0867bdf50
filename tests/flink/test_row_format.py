"""Format `rekindle-row`: a value nobody can read is skipped; what operators behind it throw is not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jobs.environment import StreamEnvironment
from jobs.errors import RunError
from jobs.settings import load
from rekindle.workbench.history import logs
from rekindle.workbench.history.environment import environment, offline_settings
from rekindle.workbench.history.logs import Record
from rekindle.workbench.history.running import to_its_end
from tests.flink.mini_cluster import MiniCluster

TABLE = "CREATE TEMPORARY TABLE {name} (amount STRING) WITH ('connector' = 'rekindle-log', 'path' = '{path}', 'value.format' = '{format}')"


def job(folder: Path, values: list[bytes], query: str) -> StreamEnvironment:
    """A job that reads these values and writes what the query gives into `folder/out`."""
    logs.write(folder / "in", (Record(0, None, value) for value in values))
    env = environment(offline_settings(load(environ={})), "rows", folder)
    env.run(TABLE.format(name="given", path=folder / "in", format="rekindle-row"))
    env.run(TABLE.format(name="found", path=folder / "out", format="json"))
    env.run(f"INSERT INTO found SELECT {query} FROM given")
    return env


def test_what_is_no_json_is_skipped_and_the_rest_comes(flink: MiniCluster, tmp_path: Path) -> None:
    to_its_end(job(tmp_path, [b'{"amount":"1"}', b"{", b"", b'{"amount":"2"}'], "amount"))
    assert [json.loads(record.value or b"") for record in logs.read(tmp_path / "out")] == [{"amount": "1"}, {"amount": "2"}]


def test_a_row_a_query_cannot_take_fails_the_job_and_is_not_lost_without_a_word(flink: MiniCluster, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="one"):
        to_its_end(job(tmp_path, [b'{"amount":"1"}', b'{"amount":"one"}'], "CAST(CAST(amount AS INT) AS STRING)"))
