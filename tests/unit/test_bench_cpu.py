"""Reading CPU seconds out of a thread dump, and delays out of a list."""

from __future__ import annotations

from math import isnan

import pytest

from bench.cpu import NATIVE, Reading, by_stage, by_thread, stage
from bench.latency import quantile

DUMP = """2026-11-22 07:35:19
Full thread dump OpenJDK 64-Bit Server VM (17.0.15+6 mixed mode, sharing):

"main" #1 prio=5 os_prio=0 cpu=1250.50ms elapsed=10.00s tid=0x1 nid=0x2 waiting on condition  [0x3]
   java.lang.Thread.State: TIMED_WAITING (sleeping)
"Source: events_raw[1] -> (Calc[2], Calc[6]) (1/1)#0" #77 prio=5 os_prio=0 cpu=2000.00ms elapsed=9.00s tid=0x1 nid=0x4 runnable
"GC Thread#0" os_prio=0 cpu=300.00ms elapsed=10.00s tid=0x1 nid=0x5 runnable
"kafka-producer-network-thread | producer-1" #8 daemon prio=5 os_prio=0 cpu=100.00ms elapsed=1.00s tid=0x1 nid=0x6 runnable
"kafka-producer-network-thread | producer-1" #9 daemon prio=5 os_prio=0 cpu=50.00ms elapsed=1.00s tid=0x1 nid=0x7 runnable
"""


def test_threads_of_one_name_are_added_up() -> None:
    found = by_thread(DUMP)
    assert found["main"] == pytest.approx(1.2505)
    assert found["kafka-producer-network-thread | producer-1"] == pytest.approx(0.15)
    assert len(found) == 4


def test_what_no_java_thread_explains_is_native() -> None:
    before, after = Reading(1.0, {"main": 1.0}), Reading(6.0, by_thread(DUMP))
    assert by_stage(before, after) == pytest.approx(
        {"read events_raw": 2.0, NATIVE: 2.2995, "garbage collection": 0.3, "rest of Flink": 0.2505, "Kafka producers": 0.15}
    )


@pytest.mark.parametrize(
    ("thread", "name"),
    [
        ("Source Data Fetcher for Source: carts_topic[3] -> (Calc[4], Calc[24]) (1/1)#0", "fetch carts_topic"),
        ("ProcessTableFunction[4] -> (Calc[5], Calc[28] -> dead_letters_sink[29]: Writer -> x) (1/1)#0", "dedup"),
        ("ProcessTableFunction[21] -> (Calc[22] -> identities_sink[23]: Writer, Calc[26] -> sessions_sink[27]: Writer) (1/1)#0",
         "write carts, sessions, identities"),
        ("ProcessTableFunction[18] -> Calc[19] (1/1)#0", "device activity"),
        ("TemporalJoin[13] -> Calc[14] (1/1)#0", "join identities and profiles"),
        ("gate: decide candidates -> Filter -> _stream_key_by_map_operator (1/1)#0", "gate: decide candidates"),
        ("ConstraintEnforcer[12] -> TableToDataStream -> gate: who is known, who is not (1/1)#0", "gate: who is known"),
        ("Source: profile_records[13] -> Calc[14] -> TableToDataStream -> gate: read profiles (1/1)#0", "read profile_records"),
        ("decided[19] -> (Calc[20] -> trigger_decisions_sink[21]: Writer) (1/1)#0", "write decisions and triggers"),
        ("C2 CompilerThread0", "just-in-time compiler"),
        ("OutputFlusher for ProcessTableFunction[18] -> Calc[19]", "timers and network"),
    ],
)  # fmt: skip
def test_a_thread_is_put_down_to_a_stage(thread: str, name: str) -> None:
    assert stage(thread) == name


def test_quantiles_are_nearest_ranks() -> None:
    delays = [float(n) for n in range(1, 101)]
    assert (quantile(delays, 0.5), quantile(delays, 0.99), quantile(delays, 1.0)) == (50.0, 99.0, 100.0)
    assert isnan(quantile([], 0.5))
