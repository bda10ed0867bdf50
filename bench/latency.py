"""`rekindle bench latency`: from `fired_at` to the HTTP call at the ESP, all five jobs running, without the arbitration window.

Shoppers put one thing into a cart and fall silent. On the quiet topic they are all there is, one every few seconds; on the busy one a
bursty load runs beside them. Gaps are short (OVERRIDES), so that a phase ends in minutes; the rest of the way is as in production.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import ceil

import orjson
import requests
from confluent_kafka import Producer

from bench import load
from bench.arena import Arena, Report, arena
from bench.feed import producer_options, put
from bench.loop_text import iso, millis
from bench.shop_people import Person, profile
from bench.yardstick import records
from jobs.settings import load as load_settings
from rekindle.local.waiting import wait_until

OVERRIDES = ("times.cart_gap=5 s", "times.session_gap=60 s", "times.arbitration=1 s")
JOBS = ("ingest", "quarantine", "evaluate", "gate", "deliver")
AIM = timedelta(seconds=3)
"""Over out_of_orderness, at the 99th percentile."""
QUIET_EVERY, BUSY_EVERY = 2.0, 0.25  # seconds between shoppers
CARRIED_OVER_S = 60.0  # for the last calls


@dataclass(frozen=True)
class Phase:
    """Delays in seconds. missing: shoppers whose call never came."""

    phase: str
    rate: int
    calls: int
    missing: int
    p50: float
    p95: float
    p99: float
    longest: float
    aim: float


def run(state_dir: str, options: Sequence[str], overrides: Sequence[str], *, rate: int, seconds: float, report: Report) -> list[Phase]:
    """The quiet phase, then the busy one, in one stack. Raises RunError."""
    sets = (*overrides, *OVERRIDES)
    with arena(state_dir, options, sets, backend="hashmap", memory_mb=3072, report=lambda _: None) as ground:
        producer = Producer({**producer_options(ground.stack.kafka_servers), "linger.ms": 5})
        people = int(seconds / QUIET_EVERY) + int(seconds / BUSY_EVERY) + 2
        now = int(time.time() * 1000)
        for number in range(people):
            person = Person(f"shopper-{number}", "consented", now)
            put(producer, "profiles", person.person_id, orjson.dumps(profile(person, now)))
        producer.flush()
        ground.submit(JOBS)
        report("all jobs run")
        found, first = [], 0
        for name, pace, beside in (("quiet", QUIET_EVERY, 0), ("busy", BUSY_EVERY, rate)):
            report(f"{name}: {seconds:.0f} s")
            sent = shop(producer, first, pace, beside, seconds)
            found.append(measured(ground, name, beside, sent))
            first += len(sent)
            ground.check()
    return found


def shop(producer: Producer, first: int, pace: float, rate: int, seconds: float) -> set[str]:
    """Send shoppers, and `rate` other events a second beside them, in real time; the shoppers' person_ids."""
    sent: set[str] = set()
    others = _others(rate * ceil(seconds)) if rate else iter(())
    begun, written = time.monotonic(), 0
    while (now := time.monotonic() - begun) < seconds:
        if now >= len(sent) * pace:
            person = f"shopper-{first + len(sent)}"
            sent.add(person)
            put(producer, "events.raw", f"device-{person}", _adds(person))
        while written < rate * now and (line := next(others, None)):
            put(producer, "events.raw", *line)
            written += 1
        producer.poll(0)
        time.sleep(0.01)
    producer.flush()
    return sent


def _adds(person: str) -> bytes:
    now = iso(int(time.time() * 1000))
    item = {"product_id": "p1", "name": "Shoe", "price": 12.5, "quantity": 1, "currency": "EUR"}
    line = {"type": "track", "event": "Product Added", "anonymousId": f"device-{person}", "userId": person, "messageId": f"m-{person}"}
    return orjson.dumps({**line, "timestamp": now, "properties": item})


def _others(events: int) -> Iterator[tuple[str, bytes]]:
    """A bursty load whose lines say the instant they are sent at."""
    for key, line in load.bursty(11, events, max(1000, events // 20), start_ms=0, hours=1.0):
        head, _, rest = line.partition(b'"timestamp":"')
        yield key, head + b'"timestamp":"' + iso(int(time.time() * 1000)).encode() + rest[24:]


def measured(ground: Arena, name: str, rate: int, persons: set[str]) -> Phase:
    """Wait for the shoppers' calls and compare each with the instant its trigger fired at."""
    calls: dict[str, int] = {}

    def all_called() -> bool:
        calls.update({key: at for key, person, at in accepted(ground.stack.esp_url) if person in persons})
        return len(calls) >= len(persons)

    wait_until(all_called, CARRIED_OVER_S, pause=1.0)
    times = load_settings(overrides=OVERRIDES).times
    fired = {row["trigger_id"]: millis(row["fired_at"]) for row in _triggers(ground) if row["person_id"] in persons}
    arbitration = times.arbitration / timedelta(milliseconds=1)
    delays = sorted((calls[key] - fired[key] - arbitration) / 1000 for key in calls.keys() & fired.keys())
    return Phase(
        phase=name,
        rate=rate,
        calls=len(delays),
        missing=len(persons) - len(delays),
        p50=quantile(delays, 0.50),
        p95=quantile(delays, 0.95),
        p99=quantile(delays, 0.99),
        longest=quantile(delays, 1.0),
        aim=(times.out_of_orderness + AIM).total_seconds(),
    )


def accepted(esp_url: str) -> Iterator[tuple[str, str, int]]:
    """(trigger_id, person_id, instant of the first call in epoch ms) of all sends that took effect."""
    after: int | None = 0
    while after is not None:
        page = requests.get(f"{esp_url}/ledger/ids", params={"after": after, "limit": 10_000}, timeout=10).json()
        for row in page["ids"]:
            yield row["trigger_id"], row["person"], millis(row["first_ts"])
        after = page["next"]


def quantile(rising: Sequence[float], share: float) -> float:
    """The value that `share` of all do not exceed (nearest rank); NaN of none."""
    return rising[max(0, ceil(share * len(rising)) - 1)] if rising else float("nan")


def _triggers(ground: Arena) -> Iterator[dict[str, str]]:
    for _, _, key, value in records(ground.stack.kafka_servers, "triggers", ground.partitions):
        if not key.startswith(b"$hb"):
            yield orjson.loads(value)
