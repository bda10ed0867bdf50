"""Job `gate`: decides every candidate, once, at its instant D, and writes why."""

from __future__ import annotations

from pyflink.common.typeinfo import Types
from pyflink.datastream import DataStream
from pyflink.java_gateway import get_gateway

from jobs import environment, settings
from jobs.definitions import packs
from jobs.environment import StreamEnvironment
from jobs.gate import build_id
from jobs.gate.inputs import gate_inputs, read_tables
from jobs.gate.operator import LINKED, OUTPUT, DecideCandidates, DecideTogether
from jobs.gate.retention import long_enough_for
from jobs.settings import Settings

JOB = "gate"
WRITTEN = ("trigger_decisions_sink", "triggers_sink", "dead_letters_text_sink")
OUTPUTS = (("trigger_decisions", "trigger_decisions_sink"), ("triggers", "triggers_sink"), ("dead_letters", "dead_letters_text_sink"))


def build(env: StreamEnvironment, config: Settings) -> None:
    """Adds the job to `env`."""
    # its own interpreter beside the JVM's threads: 6 to 14 times cheaper than a worker process (flink.md, section 5)
    env.set_option("python.execution-mode", "thread")
    read_tables(env, config.packs)
    for table in WRITTEN:
        env.run_script(f"tables/{table}.sql")
    triggers = packs.active(config.packs, config.packs_dir)
    kept = long_enough_for(triggers, config)
    alone = (
        gate_inputs(env, config, triggers)
        .key_by(lambda row: row[1], key_type=Types.STRING())
        .process(DecideCandidates(kept, build_id.LOADED), output_type=OUTPUT)
        .uid("gate-decide-candidates")
        .name("gate: decide candidates")
    )
    linked = DataStream(alone._j_data_stream.filter(get_gateway().jvm.io.rekindle.flink.gate.TopicIs(LINKED)))
    together = (
        linked.key_by(lambda row: "all", key_type=Types.STRING())
        .process(DecideTogether(kept, build_id.LOADED), output_type=OUTPUT)
        .uid("gate-decide-together")
        .name("gate: decide for people who belong together")
        .set_parallelism(1)
    )
    decided = alone.union(together)
    env.table.create_temporary_view("decided", decided)
    for topic, sink in OUTPUTS:
        env.run(f"INSERT INTO {sink} SELECT key, body FROM decided WHERE topic = '{topic}'")


if __name__ == "__main__":  # workers import this module; unguarded they would submit it again
    environment.run(JOB, build, settings.from_arguments())
