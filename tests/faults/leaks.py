"""Where something could have leaked to: files, and all that a Flink cluster tells over HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import requests

from rekindle.local.stack import Stack

_OF_A_JOB = (
    "",
    "/plan",
    "/config",
    "/exceptions",
    "/accumulators",
    "/checkpoints",
    "/checkpoints/config",
    "/metrics",
    "/jobmanager/config",
)
_OF_A_VERTEX = ("", "/metrics", "/subtasks/metrics", "/accumulators", "/taskmanagers", "/subtasks/0")


def lines_with(folder: Path, secrets: Sequence[str]) -> Iterator[str]:
    """Files under a folder that hold any of the secrets, as `path: place`. Files that go away meanwhile are passed over."""
    for file in sorted(one for one in folder.rglob("*") if one.is_file() and not one.is_symlink()):
        try:
            held = file.read_bytes()
        except FileNotFoundError:
            continue
        for number, secret in enumerate(secrets):
            if (at := held.find(secret.encode())) >= 0:
                yield f"{file.relative_to(folder)}: byte {at}, secret {number}"


def everything_flink_tells(stack: Stack) -> dict[str, str]:
    """URL → body: the web interface's answers about cluster and jobs, and what Prometheus scrapes."""
    told: dict[str, str] = {}

    def ask(url: str) -> Any:
        answer = requests.get(url, timeout=60)
        told[url] = answer.text
        return answer.json() if answer.ok and answer.text.startswith(("{", "[")) else {}

    flink = stack.flink_url
    for path in ("/config", "/overview", "/jobmanager/config", "/jobmanager/environment", "/jobmanager/metrics", "/jobs/metrics"):
        ask(flink + path)
    for manager in ask(f"{flink}/taskmanagers")["taskmanagers"]:
        for path in ("", "/metrics", "/logs", "/thread-dump"):
            ask(f"{flink}/taskmanagers/{manager['id']}{path}")
    for job in ask(f"{flink}/jobs/overview")["jobs"]:
        base = f"{flink}/jobs/{job['jid']}"
        for path in _OF_A_JOB:
            ask(base + path)
        for vertex in ask(base)["vertices"]:
            for path in _OF_A_VERTEX:
                ask(f"{base}/vertices/{vertex['id']}{path}")
    for port in stack.layout.metrics_ports:
        ask(f"http://127.0.0.1:{port}/metrics")
    return told
