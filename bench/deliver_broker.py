"""`python -m bench.deliver_broker`: librdkafka's own broker in a process of its own, so that the journal of outcomes speaks to somebody.

It keeps what it is given in memory and does nothing else: what is measured is the side that writes.
"""

from __future__ import annotations

import signal
import sys

from confluent_kafka import Producer


def main() -> int:
    """Prints host:port and waits for the end."""
    broker = Producer({"test.mock.num.brokers": 1, "log_level": 0})
    found = list(broker.list_topics(timeout=30).brokers.values())
    print(f"{found[0].host}:{found[0].port}", flush=True)
    signal.pause()
    return 0


if __name__ == "__main__":
    sys.exit(main())
