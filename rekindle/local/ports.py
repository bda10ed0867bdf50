"""Ports of the local stack."""

from __future__ import annotations

import random
import socket
from collections.abc import Container

from jobs.errors import RunError, SettingsError

LOOPBACK = "127.0.0.1"
# Below the range from which systems take the ports of outgoing connections: a client that dials a stopped broker's port again
# and again is otherwise given that very port one day, connects to itself, and the broker cannot come back.
RANGE = range(20_000, 32_000)


def is_free(port: int) -> bool:
    """Nobody listens on `port` at any address of this machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # closed connections still waiting do not count
        try:
            probe.bind(("", port))
        except OSError:
            return False
        return True


def require_free(port: int, option: str) -> int:
    """`port`, or a SettingsError naming it and the option it came from."""
    if not 0 < port < 65_536:
        raise SettingsError(f"{option} {port}: expected a port from 1 to 65535")
    if not is_free(port):
        raise SettingsError(
            f"port {port} ({option}) is taken", f"stop what listens there, give another {option}, or leave it out for a free one"
        )
    return port


def free_ports(count: int, taken: Container[int] = ()) -> list[int]:
    """`count` distinct free ports, none of `taken`. They may be lost to another process until bound."""
    found: list[int] = []
    for port in random.sample(RANGE, len(RANGE)):
        if len(found) == count:
            break
        if port not in taken and is_free(port):
            found.append(port)
    if len(found) < count:
        raise RunError(f"fewer than {count} free ports from {RANGE.start} to {RANGE.stop - 1}")
    return found
