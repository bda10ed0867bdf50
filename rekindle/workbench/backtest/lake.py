"""A lake of events as raw lines again, so that a backtest reads it as it reads any history."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.dataset as ds

from jobs.errors import SettingsError

_CONTEXT = {"locale": "locale", "timezone": "timezone"}


def write_lines(lake: Path, target: Path) -> None:
    """Rows of topic `events` in Parquet (`lake/events/` or `lake` itself; folders like `day=…` are fine) → raw lines in order of time.

    Raises: SettingsError when there are none.
    """
    folder = lake / "events" if (lake / "events").is_dir() else lake
    try:
        dataset = ds.dataset(folder, format="parquet", partitioning="hive", exclude_invalid_files=False)
        missing = {"event_id", "event", "device_id", "event_time"} - set(dataset.schema.names)
        if missing:
            raise SettingsError(f"{folder}: no column {', '.join(sorted(missing))}", "expected rows of topic `events` in Parquet")
        rows = dataset.sort_by("event_time")
        with target.open("wb") as file:
            for batch in rows.to_batches():
                file.writelines(orjson.dumps(line) + b"\n" for line in map(_line, batch.to_pylist()))
    except (pa.ArrowInvalid, FileNotFoundError, OSError) as error:
        raise SettingsError(f"{folder}: no Parquet to read: {str(error).splitlines()[0]}") from None


def versions(lake: Path, topic: str) -> Iterator[dict[str, Any]]:
    """Rows of a compacted topic in the lake (`lake/<topic>/`), none without that folder."""
    if (lake / topic).is_dir():
        for batch in ds.dataset(lake / topic, format="parquet", partitioning="hive").to_batches():
            yield from batch.to_pylist()


def _line(row: dict[str, Any]) -> dict[str, Any]:
    properties = orjson.loads(row["properties"]) if row.get("properties") else {}
    line: dict[str, Any] = {
        "messageId": row["event_id"],
        "type": "track",
        "event": row["event"],
        "timestamp": _text(row["event_time"]),
        "properties": properties,
        "context": {name: row[column] for name, column in _CONTEXT.items() if row.get(column)},
    }
    if row.get("received_at") is not None:
        line["receivedAt"] = _text(row["received_at"])
    if not str(row["device_id"]).startswith("user:"):
        line["anonymousId"] = row["device_id"]
    if row.get("user_id") is not None:
        line["userId"] = row["user_id"]
    return line


def _text(at: Any) -> str:
    if not isinstance(at, datetime):
        return str(at)
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return str(at.isoformat(timespec="milliseconds"))
