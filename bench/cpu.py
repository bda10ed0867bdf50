"""Where CPU seconds go: of a process, and inside a JVM by thread."""

from __future__ import annotations

import re
import subprocess
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import psutil

from jobs.errors import RunError
from rekindle.local.java import find_java

_THREAD = re.compile(r'^"(?P<name>.*?)" (?:#|os_prio=).*?\bcpu=(?P<ms>[\d.]+)ms', re.MULTILINE)
NATIVE = "native threads (RocksDB)"
COMPILER = "just-in-time compiler"
_STAGES = (
    (r"^(GC |Parallel|G1 |VM Thread|Concurrent)", "garbage collection"),
    (r"^C[12] Compiler", COMPILER),
    (r"^Source Data Fetcher for Source: (\w+)\[", r"fetch \1"),
    (r"^kafka-producer-network", "Kafka producers"),
    (r"^(AsyncOperations|Checkpoint|flink-taskexecutor-io|jobmanager-io)", "checkpoints"),
    (r"^(OutputFlusher|Time Trigger|System Time Trigger|Flink Netty)", "timers and network"),
    (r"^(gate: [\w ]*\w)", r"\1"),
    (r"^_stream_key_by", "gate: keys for Python"),
    (r"-> gate: (who is known)", r"gate: \1"),
    (r"trigger_decisions_sink\[", "write decisions and triggers"),
    # task threads carry the name of their chain of operators
    (r"^Source: (\w+)\[", r"read \1"),
    (r"events_sink\[", "write events"),
    (r"dead_letters_sink\[", "dedup"),
    (r"sessions_sink\[", "write carts, sessions, identities"),
    (r"trigger_candidates_sink\[", "write candidates"),
    (r"^ProcessTableFunction\[", "device activity"),
    (r"^(TemporalJoin|ChangelogNormalize)", "join identities and profiles"),
)


@dataclass(frozen=True)
class Reading:
    """CPU seconds at one moment: of the whole JVM with its children, and by thread name of the JVM's own."""

    total: float
    threads: Mapping[str, float]


def read(pid: int) -> Reading:
    """Ask the JVM `pid`. Raises RunError when jcmd cannot."""
    tool = find_java().executable.resolve().parent / "jcmd"
    answer = subprocess.run([str(tool), str(pid), "Thread.print"], capture_output=True, text=True, timeout=60, check=False)
    if answer.returncode:
        raise RunError(f"jcmd {pid} Thread.print failed: {answer.stderr.strip()}", "run the bench with a whole JDK")
    return Reading(seconds(pid), by_thread(answer.stdout))


def seconds(pid: int) -> float:
    """User and system time of a process and its living descendants."""
    process = psutil.Process(pid)
    return sum(one.cpu_times().user + one.cpu_times().system for one in (process, *process.children(recursive=True)))


def resident_mb(pid: int) -> int:
    """Resident memory of one process, MB."""
    return int(psutil.Process(pid).memory_info().rss) >> 20


def by_thread(dump: str) -> dict[str, float]:
    """A thread dump of JDK 11 or newer → CPU seconds by thread name; threads of one name are added up."""
    found: defaultdict[str, float] = defaultdict(float)
    for match in _THREAD.finditer(dump):
        found[match["name"]] += float(match["ms"]) / 1000
    return dict(found)


def by_stage(before: Reading, after: Reading) -> dict[str, float]:
    """CPU seconds between two readings, by what the threads do, largest first. What no Java thread explains is native."""
    found: defaultdict[str, float] = defaultdict(float)
    for name, spent in after.threads.items():
        found[stage(name)] += max(0.0, spent - before.threads.get(name, 0.0))
    found[NATIVE] = after.total - before.total - sum(found.values())
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def stage(thread: str) -> str:
    """What a TaskManager's thread does."""
    for pattern, name in _STAGES:
        match = re.search(pattern, thread)
        if match:
            return match.expand(name)
    return "rest of Flink"
