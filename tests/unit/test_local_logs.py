"""rekindle.local.logs"""

from __future__ import annotations

from pathlib import Path

from rekindle.local.logs import telling_line, why_ended

STARTED = "2026-03-01 10:00:00,000 INFO  org.apache.flink.Runner [] - started"


def test_the_last_error_is_told() -> None:
    lines = [STARTED, "2026-03-01 10:00:01,000 ERROR o.a.f.A [] - first", "2026-03-01 10:00:02,000 ERROR o.a.f.B [] - second"]
    assert telling_line(lines) == "2026-03-01 10:00:02,000 ERROR o.a.f.B [] - second"


def test_the_root_cause_of_an_error_is_told_without_stack_frames() -> None:
    lines = [
        "2026-03-01 10:00:01,000 ERROR k.KafkaRaftServer - Exiting due to fatal exception",
        "java.lang.RuntimeException: outer",
        "\tat kafka.Kafka.main(Kafka.scala:1)",
        "Caused by: java.net.BindException: Address already in use",
        "\tat sun.nio.ch.Net.bind(Net.java:1)",
        "\t... 5 more",
        STARTED,
    ]
    assert telling_line(lines) == "Caused by: java.net.BindException: Address already in use"


def test_a_warning_with_a_stack_trace_is_not_why_a_part_ended() -> None:
    lines = ["2026-03-01 10:00:01,000 WARN  o.a.f.A [] - retrying", "java.io.IOException: gone", "Caused by: java.io.IOException: inner"]
    assert telling_line(lines) is None


def test_output_without_levels_counts() -> None:
    line = "Error occurred during initialization of VM"
    assert telling_line(["Starting taskexecutor as a console application on host local.", line]) == line


def test_addresses_of_persons_and_objects_are_left_out() -> None:
    line = "2026-03-01 10:00:01,000 ERROR x - row jane.doe+a@shop.example in org.x.Job@5e2c3d1a at flink@127.0.0.1:6123"
    assert telling_line([line]) == "2026-03-01 10:00:01,000 ERROR x - row <address> in org.x.Job at flink@127.0.0.1:6123"


def test_a_part_that_ended_without_a_word_says_where_that_was_looked_for(tmp_path: Path) -> None:
    log = tmp_path / "kafka.log"
    log.write_text(STARTED + "\n")
    assert why_ended([log, tmp_path / "missing.out"]) == "ended without an error in kafka.log: killed from outside, or out of memory"


def test_the_telling_line_names_its_file(tmp_path: Path) -> None:
    out = tmp_path / "esp.out"
    out.write_text("ModuleNotFoundError: No module named 'aiohttp'\n")
    assert why_ended([out]) == "ModuleNotFoundError: No module named 'aiohttp' (esp.out)"
