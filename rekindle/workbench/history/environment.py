"""A job of the suite between folders: connectors change, logic does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from connectors import kafka
from connectors.kafka import with_clause
from connectors.topics import TOPICS
from jobs.durations import millis
from jobs.environment import StreamEnvironment, stream_environment
from jobs.settings import Settings
from udfs import mapping

_OPTIONS = {
    # watermarks come with the rows that move them, never by the wall clock: so a run can be repeated
    "pipeline.auto-watermark-interval": "0 ms",
    "pipeline.object-reuse": "true",
    "execution.checkpointing.interval": "10 d",  # never: a run that fails is run again
    "execution.checkpointing.checkpoints-after-tasks-finish.enabled": "false",
    "restart-strategy.type": "none",
}
_RECEIVED = "COALESCE(sent_received_at, sent_time, TO_TIMESTAMP_LTZ(0, 3))"
"""semantics.md, section 1: in a backtest `received_at` is `receivedAt`, else `t`."""


def offline_settings(settings: Settings, parallelism: int = 1, step: timedelta = timedelta(seconds=1)) -> Settings:
    """Settings of a run over history: one partition a topic, no wall clock, no checkpoints.

    step: of event time between two watermarks. It says how often somebody looks, not what is decided: that rests on times alone.
    """
    flink = settings.flink.model_copy(
        update={"options": settings.flink.options | _OPTIONS, "parallelism": parallelism, "checkpoint_dir": "", "exactly_once": False}
    )
    return settings.model_copy(
        update={
            "flink": flink,
            "kafka": settings.kafka.model_copy(update={"partitions": 1, "options": {}}),
            "heartbeats": settings.heartbeats.model_copy(update={"enabled": False, "step": step}),
        }
    )


def environment(settings: Settings, job: str, folder: Path, raw: Sequence[Path] = ()) -> StreamEnvironment:
    """An empty job whose topics are the folders `folder/<topic>`.

    settings: as of `offline_settings`. raw: files of `events.raw`, in order.
    """
    env = stream_environment(settings, job)
    client = kafka.Client("", job)
    for topic in TOPICS.values():
        name, place = topic.name.replace(".", "_"), str(folder / topic.name)
        env.values[f"source_{name}"] = with_clause(_log(kafka.source_options(topic, client), place))
        env.values[f"records_{name}"] = with_clause(_log(kafka.record_options(topic, client), place))
        env.values[f"sink_{name}"] = with_clause(_log(kafka.sink_options(topic, client), place))
        env.values[f"text_sink_{name}"] = with_clause(_log(kafka.text_sink_options(topic, client), place))
        if topic.compact:
            env.values[f"versioned_{name}"] = with_clause(_log(kafka.versioned_options(topic, client), place))
    options = kafka.raw_event_options(TOPICS["events.raw"], client, mapping.load().as_json(), settings.times.max_line_bytes)
    lines = {"framing": "lines", "value.rekindle-event.needs-time": "true", "watermark-step": str(millis(settings.heartbeats.step))}
    env.values["source_events_raw"] = with_clause(_log(options, "\n".join(str(path.absolute()) for path in raw)) | lines)
    env.values |= {"received_time": _RECEIVED, "received_column": f"AS {_RECEIVED}"}
    return env


def _log(options: Mapping[str, str], place: str) -> dict[str, str]:
    """Options of a Kafka table as those of a log: formats stay."""
    kept = {name: value for name, value in options.items() if name.startswith("value.") and name != "value.fields-include"}
    if "key.fields" in options:
        kept |= {"key.field": options["key.fields"], "key.in-value": str(options["value.fields-include"] == "ALL").lower()}
    return {"connector": "rekindle-log", "path": place, **kept}
