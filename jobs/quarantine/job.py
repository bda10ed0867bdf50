"""Job `quarantine`: every line that `ingest` cannot use ends in `dead_letters`, with its reason and its place."""

from __future__ import annotations

from jobs import environment, settings
from jobs.environment import StreamEnvironment
from jobs.settings import Settings

JOB = "quarantine"


def build(env: StreamEnvironment, config: Settings) -> None:
    """Adds the job to `env`."""
    env.run_script("tables/events_raw.sql")
    env.run_script("tables/dead_letters_sink.sql")
    env.run_script("ingest/quarantine.sql")


if __name__ == "__main__":  # workers import this module; unguarded they would submit it again
    environment.run(JOB, build, settings.from_arguments())
