"""Where CPU seconds go: of a process, and inside a JVM by thread."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import psutil

from jobs.errors import RunError
from rekindle.local.java import find_java

_THREAD = re.compile(r'^"(?P<name>.*?)" (?:#|os_prio=).*?\bcpu=(?P<ms>[\d.]+)ms', re.MULTILINE)
NATIVE = "native threads (RocksDB)"
_STAGES = (
    (r"^(GC |Parallel|G1 |VM Thread|Concurrent)", "garbage collection"),
    (r"^C[12] Compiler", "just-in-time compiler"),
    (r"^Source Data Fetcher for Source: (\w+)\[", r"fetch \1"),
    (r"^Source: (\w+)\[", r"read \1"),
    (r"^kafka-producer-network", "Kafka producers"),
    (r"^(AsyncOperations|Checkpoint|flink-taskexecutor-io|jobmanager-io)", "checkpoints"),
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


def by_thread(dump: str) -> dict[str, float]:
    """A thread dump of JDK 11 or newer → CPU seconds by thread name; threads of one name are added up."""
    found: Counter[str] = Counter()
    for match in _THREAD.finditer(dump):
        found[match["name"]] += float(match["ms"]) / 1000
    return dict(found)


def by_stage(before: Reading, after: Reading) -> dict[str, float]:
    """CPU seconds between two readings, by what the threads do, largest first. What no Java thread explains is native."""
    found: Counter[str] = Counter()
    for name, spent in after.threads.items():
        found[stage(name)] += max(0.0, spent - before.threads.get(name, 0.0))
    found[NATIVE] = after.total - before.total - found.total()
    return dict(found.most_common())


def stage(thread: str) -> str:
    """What a TaskManager's thread does. Task threads carry the name of their chain of operators."""
    for pattern, name in _STAGES:
        match = re.search(pattern, thread)
        if match:
            return match.expand(name)
    task = re.match(r"(?P<chain>.+) \(\d+/\d+\)#\d+$", thread)
    return task["chain"] if task else "rest of Flink"
