"""Job `ingest`: lines of `events.raw` become events, identities, carts and sessions; heartbeats keep every topic's clock going."""

from __future__ import annotations

from connectors.kafka import literal
from connectors.topics import TOPICS
from jobs import environment, settings
from jobs.durations import millis
from jobs.environment import StreamEnvironment
from jobs.settings import Settings

JOB = "ingest"
TABLES = ("events_raw", "events_sink", "identities_sink", "carts_sink", "sessions_sink", "dead_letters_sink")


def build(env: StreamEnvironment, config: Settings) -> None:
    """Adds the job to `env`."""
    # what FIRST_ARRIVAL remembers; the other functions say their own time to live
    env.table.get_config().set("table.exec.state.ttl", f"{millis(config.times.dedup_ttl)} ms")
    # no function of this job keeps a row it was handed; copying rows between chained operators was a quarter of its CPU (bench/README.md)
    env.set_option("pipeline.object-reuse", "true")
    for table in TABLES:
        env.run_script(f"tables/{table}.sql")
    env.run_script("ingest/ingest.sql")
    if config.heartbeats.enabled:
        env.run_script("ingest/heartbeats.sql", **heartbeat_values(config))


def heartbeat_values(config: Settings) -> dict[str, str]:
    """SQL literals for `heartbeats.sql`: which topics have a wall clock, and its pace."""
    topics = [
        f"{topic.name}:{'anonymousId:timestamp' if topic.name == 'events.raw' else f'{topic.key}:at'}:{config.kafka.partitions}"
        for topic in TOPICS.values()
        if topic.clock == "wall"
    ]
    return {
        "servers": literal(config.kafka.servers),
        "topics": literal(",".join(topics)),
        "ticks_per_second": str(max(1, round(1000 / millis(config.heartbeats.interval)))),
        "client_options": literal("\n".join(f"{name}={value}" for name, value in config.kafka.options.items())),
        "interval_ms": str(millis(config.heartbeats.interval)),
        "grace_ms": str(millis(config.heartbeats.grace)),
    }


if __name__ == "__main__":  # workers import this module; unguarded they would submit it again
    environment.run(JOB, build, settings.from_arguments())
