"""Job `gate`: decides every candidate, once, at its instant D, and writes why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pyflink.common.typeinfo import Types

from connectors.kafka import literal
from jobs import environment, settings
from jobs.definitions import packs
from jobs.definitions.trigger import Trigger
from jobs.environment import StreamEnvironment
from jobs.gate import build_id
from jobs.gate.operator import OUTPUT, DecideCandidates
from jobs.gate.retention import long_enough_for
from jobs.settings import Settings

JOB = "gate"
READ = ("events", "identities", "profiles")
WRITTEN = ("trigger_decisions_sink", "triggers_sink", "dead_letters_text_sink")
OUTPUTS = (("trigger_decisions", "trigger_decisions_sink"), ("triggers", "triggers_sink"), ("dead_letters", "dead_letters_text_sink"))
ALWAYS = "Order Completed"
"""Selected even if no trigger names it, so that the list is never empty."""


def build(env: StreamEnvironment, config: Settings) -> None:
    """Adds the job to `env`."""
    # its own interpreter beside the JVM's threads: 6 to 14 times cheaper than a worker process (flink.md, section 5)
    env.set_option("python.execution-mode", "thread")
    read_tables(env, config.packs)
    for table in WRITTEN:
        env.run_script(f"tables/{table}.sql")
    triggers = packs.active(config.packs, config.packs_dir)
    select_inputs(env, triggers)
    inputs = env.table.to_data_stream(env.table.from_path("gate_inputs"))
    decided = (
        inputs.key_by(lambda row: row[1], key_type=Types.STRING())
        .process(DecideCandidates(long_enough_for(triggers, config), build_id.LOADED), output_type=OUTPUT)
        .uid("gate-decide-candidates")
        .name("gate: decide candidates")
    )
    env.table.create_temporary_view("decided", decided)
    for topic, sink in OUTPUTS:
        env.run(f"INSERT INTO {sink} SELECT key, body FROM decided WHERE topic = '{topic}'")


def read_tables(env: StreamEnvironment, names: Sequence[str]) -> None:
    """Makes what the gate reads, with the view `trigger_candidates_topic` over these packs.

    Each pack has a reader of its own, so that view's clock is that of the pack that is furthest behind.
    """
    for table in READ:
        env.run_script(f"tables/{table}.sql")
    for pack in names:
        env.run_script("tables/trigger_candidates.sql", pack=pack)
    selects = (f"SELECT * FROM trigger_candidates_{pack} WHERE pack = {literal(pack)}" for pack in names)
    env.run("CREATE TEMPORARY VIEW trigger_candidates_topic AS\n" + "\nUNION ALL\n".join(selects))


def select_inputs(env: StreamEnvironment, triggers: Iterable[Trigger]) -> None:
    """Makes the view `gate_inputs` over the tables of `read_tables`. triggers: whose cancel events are selected."""
    env.run_script("gate/inputs.sql", cancel_events=", ".join(literal(event) for event in cancel_events(triggers)))


def cancel_events(triggers: Iterable[Trigger]) -> list[str]:
    """Names of the events that can cancel one of these."""
    return sorted({ALWAYS, *(event for trigger in triggers for event in trigger.header.cancel_on)})


if __name__ == "__main__":  # workers import this module; unguarded they would submit it again
    environment.run(JOB, build, settings.from_arguments())
